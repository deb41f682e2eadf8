"""The last words of a run, above all the command that goes on."""

from indexer.daemon import Done, Task
from indexer.settle import Totals
from indexer.summary import resume_command, summary

REPLAY = Task(replay_from_slot=100, to_slot=200)


def test_the_line_counts_what_was_published_what_was_there_and_what_is_wrong() -> None:
    done = Done(
        main=Totals(swaps=1200, slots=10, missing=2, dead=3, overtaken=4, first_slot=101, last_slot=120),
        repaired=Totals(swaps=34, slots=5),
        already_there=7,
    )
    assert summary(done, REPLAY, 61) == (
        "published 1,234 swaps in 15 slots; slots 101 to 120; 5 of the slots in repair mode; "
        "7 slots were already there; 2 slots missing; 3 dead letters; 4 slots another writer published first; 61 s"
    )
    assert summary(Done(), Task(), 1) == "published nothing; 1 s"


def test_the_command_repeats_what_was_given_but_the_clock() -> None:
    words = ["run", "--replay-from-slot", "100", "--for", "9", "--to-slot=200", "--for=3", "--programs", "a,b", "--x y"]
    assert resume_command(words, Done(), REPLAY) == (
        "indexer run --replay-from-slot 100 --to-slot=200 --programs a,b '--x y'"
    )


def test_a_finished_replay_and_a_run_that_replays_nothing_have_nothing_to_resume() -> None:
    assert resume_command(["run"], Done(), Task()) is None
    assert resume_command(["run"], Done(finished=True), REPLAY) is None


def test_a_republish_goes_on_where_it_stopped_since_it_skips_nothing() -> None:
    done = Done(repaired=Totals(last_slot=150))
    words = ["run", "--replay-from-slot=100", "--to-slot", "200", "--republish"]
    task = Task(replay_from_slot=100, to_slot=200, republish=True)
    assert resume_command(words, done, task) == "indexer run --replay-from-slot 151 --to-slot 200 --republish"


def test_keys_are_not_repeated() -> None:
    words = [
        "run", "--solana-rpc-url", "https://node.example/?api-key=hunter2", "--nats-url=nats://me:hunter3@h:4222",
        "--nats-token", "hunter4", "--solana-ws-url", "ws://127.0.0.1:8900", "--replay-from-slot", "100",
    ]  # fmt: skip
    assert resume_command(words, Done(), Task(replay_from_slot=100)) == (
        'indexer run --solana-rpc-url "$SOLANA_RPC_URL" --nats-url "$NATS_URL" --nats-token "$NATS_TOKEN" '
        "--solana-ws-url ws://127.0.0.1:8900 --replay-from-slot 100"
    )
