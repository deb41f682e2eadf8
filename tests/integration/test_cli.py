"""The command line as a person meets it: exit codes, and the words on the terminal."""

import asyncio
import re
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from indexer.embedded import NatsServer
from tests.chaos.arena import Localnet
from tests.chaos.audit import audit, read_truth
from tests.integration.chains import peers, standing
from tests.integration.forked import each
from tests.integration.streams import change, config_of, markers, read_stream, swaps
from tests.integration.terminal import indexer, said, scraped, shell, started, until

FIRST = 5000
NOWHERE = "127.0.0.1:1"  # nothing listens there


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("truth") / "truth.jsonl"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chain(truth: Path) -> AsyncIterator[Localnet]:
    """A chain with some history that stands still until it is told to go on."""
    async with standing(truth, "--slot-milliseconds", "60", first_slot=FIRST, blocks=40) as net:
        yield net


@asynccontextmanager
async def slow(chain: Localnet, seconds: float) -> AsyncIterator[None]:
    """Blocks take so long."""
    await chain.control("/faults", {"block_delay_seconds": seconds})
    try:
        yield
    finally:
        await chain.control("/faults", {"block_delay_seconds": 0.0})


async def test_every_help_teaches_by_example(tmp_path: Path) -> None:
    top = await indexer("--help", cwd=tmp_path)
    assert (top.code, top.err) == (0, "")
    assert "start here:" in top.out
    assert "exit codes: 0 done, 1 bug, 2 usage" in top.out
    commands = [[name] for name in re.findall(r"^    ([a-z]+)\b", top.out, re.MULTILINE)]
    assert ["up"] in commands
    commands += [["jetstream", verb] for verb in ("init", "check", "backup", "restore", "peek", "tail")]
    helps = await each([([*words, "--help"], {}) for words in commands], cwd=tmp_path)
    for words, help_text in zip(commands, helps, strict=True):
        assert (help_text.code, help_text.err) == (0, ""), words
        assert f"indexer {' '.join(words)}" in help_text.out.partition("examples:")[2], words


async def test_config_shows_values_where_they_came_from_and_no_secret(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INDEXER_LISTING_SLOTS=30\nINDEXER_DRAIN_SECONDS=7\n")
    secrets = {
        "NATS_PASSWORD": "hunter1",
        "SOLANA_RPC_URL": "https://node.example/hunter2?api-key=hunter3,http://10.0.0.7:8899",
        "NATS_URL": "nats://me:hunter4@nats.example:4222",
    }
    shown = await indexer("config", "--commitment", "finalized", cwd=tmp_path, INDEXER_DRAIN_SECONDS="8", **secrets)
    assert shown.code == 0
    assert "hunter" not in shown.said
    rows = {row[0]: row[1:] for line in shown.out.splitlines() if len(row := line.split()) > 2}
    assert rows["commitment"] == ["finalized", "flag", "INDEXER_COMMITMENT"]
    assert rows["drain_seconds"] == ["8.0", "environment", "INDEXER_DRAIN_SECONDS"]
    assert rows["listing_slots"] == ["30", ".env", "INDEXER_LISTING_SLOTS"]
    assert rows["programs"][:2] == ["all", "default"]
    assert rows["solana_rpc_url"][0] == "https://node.example/…,http://10.0.0.7:8899"
    assert rows["nats_url"][0] == "nats://********@nats.example:4222"


WRONG: dict[str, tuple[list[str], dict[str, str], list[str]]] = {
    "no endpoint": (["run"], {}, ["SOLANA_RPC_URL is not set", "indexer up"]),
    "no command": ([], {}, ["required: COMMAND"]),
    "unknown flag": (["run", "--replay", "5"], {}, ["unrecognized arguments: --replay"]),
    "unknown variable": (["run"], {"INDEXER_COMITMENT": "finalized"}, [
        "unknown setting INDEXER_COMITMENT in the environment", "did you mean INDEXER_COMMITMENT?",
    ]),
    "unknown program": (["run", "--programs", "raydium-amm-v3,pumpswap"], {}, [
        "there is no program 'raydium_amm_v3'", "did you mean raydium_amm_v4",
    ]),
    "wrong value": (["run"], {"INDEXER_COMMITMENT": "processed"}, [
        "--commitment (INDEXER_COMMITMENT)", "'confirmed' or 'finalized'",
    ]),
    "replay from no number": (["run", "--replay-from-slot", "yesterday"], {}, [
        "--replay-from-slot takes a slot number, not 'yesterday'", "--replay-from-slot 370000000",
    ]),
    "end before the beginning": (["run", "--replay-from-slot", "9", "--to-slot", "5"], {}, [
        "--to-slot 5 is before --replay-from-slot 9",
    ]),
    "republish of nothing": (["run", "--republish"], {}, ["--republish needs --replay-from-slot"]),
    "start nowhere": (["run", "--start", "now"], {}, ["--start takes resume, latest or a slot, not 'now'"]),
    "no time": (["run", "--for", "-5"], {}, ["--for takes seconds above 0, not -5"]),
    "no address": (["run"], {"SOLANA_RPC_URL": "node.example"}, ["is not an http or https URL", "https://host"]),
    "no credentials": (["jetstream", "init"], {"NATS_CREDS": "no.creds"}, ["NATS_CREDS: cannot read no.creds"]),
}  # fmt: skip


async def test_usage_errors_say_what_is_wrong_and_what_would_be_right(tmp_path: Path) -> None:
    anywhere = {"SOLANA_RPC_URL": f"http://{NOWHERE}"}
    cases = [
        (words, settings if case == "no endpoint" else anywhere | settings)
        for case, (words, settings, _) in WRONG.items()
    ]
    for (case, (_, _, parts)), ended in zip(WRONG.items(), await each(cases, cwd=tmp_path), strict=True):
        assert (ended.code, ended.out) == (2, ""), f"{case}: {ended.said}"
        for part in parts:
            assert part in ended.err, case
        assert "Traceback" not in ended.err, case


async def test_a_start_of_its_own_ends_on_a_usage_error_too(tmp_path: Path) -> None:
    ended = await indexer("run", cwd=tmp_path)
    assert (ended.code, ended.out, "SOLANA_RPC_URL is not set" in ended.err) == (2, "", True)


async def test_an_unknown_variable_in_dotenv_is_refused_too(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("INDEXER_LISTING_SLOT=30\n")
    ended = await indexer("config", cwd=tmp_path)
    assert (ended.code, "unknown setting INDEXER_LISTING_SLOT in .env" in ended.err) == (2, True)
    assert "did you mean INDEXER_LISTING_SLOTS?" in ended.err


async def test_a_taken_metrics_port_is_named(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = await indexer(
            "run", cwd=tmp_path, SOLANA_RPC_URL=f"http://{NOWHERE}", INDEXER_METRICS_ADDR=f"127.0.0.1:{port}"
        )
    assert ended.code == 2
    assert f"port {port} for metrics is taken" in ended.err
    assert "--metrics-addr" in ended.err


async def test_slots_the_chain_cannot_give_are_refused_with_those_it_can(
    chain: Localnet, stream: NatsServer, tmp_path: Path
) -> None:
    tip = await chain.tip()

    async def run(*words: str) -> str:
        ended = await indexer("run", *words, cwd=tmp_path, **peers(chain, stream))
        return f"{ended.code} {ended.err}"

    future, old, early = await asyncio.gather(
        run("--replay-from-slot", "999999999"), run("--replay-from-slot", "7"), run("--to-slot", str(FIRST))
    )
    assert future.startswith("4 ")
    assert f"--replay-from-slot 999999999 is in the future: the tip is slot {tip}" in future
    assert f"possible now: {chain.first_slot} to {tip}" in future
    assert old.startswith("4 ")
    assert f"older than the endpoints' history, which begins at slot {chain.first_slot}" in old
    assert "archive endpoint" in old
    assert early.startswith("2 ")
    assert f"--to-slot {FIRST} is before slot {tip}, where this run would begin" in early
    assert f"--replay-from-slot SLOT --to-slot {FIRST}" in early
    assert await read_stream(stream.url) == []


async def test_jetstream_init_creates_then_finds_all_equal_then_reports_drift_and_changes_nothing(
    tmp_path: Path,
) -> None:
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as server:
        first = await indexer("jetstream", "init", cwd=tmp_path, NATS_URL=server.url)
        second = await indexer("jetstream", "init", cwd=tmp_path, NATS_URL=server.url)
        await change(server.url, max_age=3600 * 10**9, duplicate_window=60 * 10**9)
        before = await config_of(server.url)
        third = await indexer("jetstream", "init", "--nats-url", server.url, cwd=tmp_path)
        after = await config_of(server.url)
    assert (first.code, second.code, third.code) == (0, 0, 5)
    assert [line.split()[-1] for line in first.out.splitlines()[1:]] == ["created"] * 12
    assert [line.split()[-1] for line in second.out.splitlines()[1:]] == ["equal"] * 12
    assert re.search(r"stream +dex-swaps +differs", third.out)
    assert re.search(r"dex-swaps +max_age +168h +1h +changes", third.out)
    assert "differs from deploy/jetstream" in third.err
    assert "nothing was changed" in third.err
    assert before == after


async def test_a_peer_that_cannot_be_reached_is_exit_code_3(tmp_path: Path) -> None:
    chainless, natsless = await asyncio.gather(
        indexer("run", cwd=tmp_path, SOLANA_RPC_URL=f"http://{NOWHERE}"),
        indexer("jetstream", "init", "--nats-connect-seconds", "1", cwd=tmp_path, NATS_URL=f"nats://{NOWHERE}"),
    )
    assert (chainless.code, natsless.code) == (3, 3)
    assert f"no Solana RPC endpoint can be used: http://{NOWHERE}" in chainless.err
    assert "check SOLANA_RPC_URL" in chainless.err
    assert f"cannot reach NATS at {NOWHERE}" in natsless.err


async def test_signals_and_the_clock_drain_with_a_summary_and_lose_nothing(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    await chain.control("/continue", {})
    line = ""
    for end, seconds in ((signal.SIGINT, ""), (signal.SIGTERM, ""), (None, "3"), (None, "60")):
        if seconds == "60" and "nothing" not in line:
            continue  # that is for a machine so busy that a start takes three seconds
        flags = ("--for", seconds) if seconds else ()
        daemon = started(tmp_path, "run", *flags, name=f"until-{end}{seconds}", **peers(chain, stream))
        before = len(markers(await read_stream(stream.url)))

        async def settled(at_least: int = before + 8) -> bool:
            return len(markers(await read_stream(stream.url))) >= at_least

        if end is not None:
            await until(settled, daemon)
            daemon.send(end)
        assert await daemon.wait(seconds=90) == 0, daemon.tail()
        last = markers(await read_stream(stream.url))[-1]["slot"]
        line = daemon.tail(1)
        if seconds == "3" and "nothing" in line:
            continue
        assert re.fullmatch(rf"published [\d,]+ swaps in \d+ slots; slots \d+ to {last}; \d+ s", line), daemon.tail()
    await chain.control("/pause", {})
    stored = await read_stream(stream.url)
    first, last = markers(stored)[0]["slot"], markers(stored)[-1]["slot"]
    assert audit(stored, read_truth(truth), first_slot=first, last_slot=last).problems == []


async def test_a_second_signal_ends_at_once(chain: Localnet, stream: NatsServer, tmp_path: Path) -> None:
    daemon = started(tmp_path, "run", **peers(chain, stream))
    await said(daemon, "estimated")
    await until(lambda: _stored(stream), daemon)
    async with slow(chain, 15):  # both signals come meanwhile
        await chain.control("/produce", {"blocks": 1})

        async def in_flight() -> bool:
            return (await scraped(daemon))("in_flight_slots") > 0

        await until(in_flight, daemon)
        daemon.send(signal.SIGINT)
        assert "a second signal" in await said(daemon, "stopping")
        assert daemon.running
        daemon.send(signal.SIGINT)
        assert await daemon.wait(seconds=90) == -signal.SIGKILL
    assert "stopped at once; the next start goes on after the last marker" in daemon.tail()


async def test_a_signal_during_the_start_does_not_wait_for_the_peers(chain: Localnet, tmp_path: Path) -> None:
    daemon = started(tmp_path, "run", NATS_URL=f"nats://{NOWHERE}", **peers(chain))
    await said(daemon, "serving metrics")
    await asyncio.sleep(0.3)
    assert await daemon.end(signal.SIGTERM, seconds=15) == 0
    assert "nothing was published" in daemon.tail()


async def test_a_replay_tells_what_was_there_and_a_second_one_publishes_nothing(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    last = FIRST + 30
    replay = ("run", "--replay-from-slot", f"{FIRST:_}", "--to-slot", str(last))
    first = await indexer(*replay, cwd=tmp_path, **peers(chain, stream))
    stored = await read_stream(stream.url)
    blocks, count = len(markers(stored)), len(swaps(stored))
    assert (first.code, first.out.count("\n")) == (0, 1)
    assert f"published {count:,} swaps in {blocks} slots; slots {FIRST} to" in first.out
    assert "0 slots were already there" in first.out
    assert audit(stored, read_truth(truth), first_slot=FIRST, last_slot=last).problems == []

    again = await indexer(*replay, cwd=tmp_path, **peers(chain, stream))
    assert again.code == 0
    assert f"published nothing; {blocks} slots were already there" in again.out
    bounded = await indexer("run", "--to-slot", str(FIRST + 5), cwd=tmp_path, **peers(chain, stream))
    assert bounded.code == 0
    assert f"nothing to do: the stream is at slot {last}, --to-slot was {FIRST + 5}" in bounded.err
    assert len(await read_stream(stream.url)) == len(stored)

    end = markers(stored)[4]["slot"]
    republish = ("run", "--replay-from-slot", str(FIRST), "--to-slot", str(end), "--republish")
    twice = await indexer(*republish, cwd=tmp_path, **peers(chain, stream))
    assert twice.code == 0
    assert "stored twice" in twice.err
    assert "5 of the slots in repair mode" in twice.out
    added = (await read_stream(stream.url))[len(stored) :]
    assert {message.mode for message in added} == {"repair"}
    assert [body["slot"] for body in markers(added, "dex.sol.slots.repair")] == [
        body["slot"] for body in markers(stored)[:5]
    ]
    assert swaps(added) == [name for name in swaps(stored) if int(name.split(":")[1]) <= end]


async def test_a_replay_that_stops_early_prints_the_command_that_does_the_rest(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    last = FIRST + 30
    flags = ("--to-slot", str(last), "--lookahead-slots", "1", "--nats-url", stream.url)
    begin = ("run", "--replay-from-slot", str(FIRST + 15), *flags)
    assert (await indexer(*begin, cwd=tmp_path, **peers(chain))).code == 0  # the newer half is there

    async with slow(chain, 2):
        older = ("run", "--replay-from-slot", str(FIRST), *flags, "--for", "60")
        daemon = started(tmp_path, *older, **peers(chain))
        await until(lambda: _repaired(stream), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
    command = daemon.tail(1).removeprefix("resume with: ")
    assert command == f"indexer run --replay-from-slot {FIRST} {' '.join(flags)}"
    done = await _repaired(stream)
    assert 0 < done < 12

    rest = await shell(command, cwd=tmp_path, **peers(chain))
    assert rest.code == 0
    assert "resume with" not in rest.out
    stored = await read_stream(stream.url)
    assert f"{len(markers(stored)) + done} slots were already there" in rest.out
    truths = {name for name, swap in read_truth(truth).items() if FIRST <= swap["slot"] <= last}
    assert sorted(swaps(stored)) == sorted(truths)


async def test_a_replay_into_an_empty_stream_resumes_too(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    last = FIRST + 30
    async with slow(chain, 1):
        daemon = started(
            tmp_path, "run", f"--replay-from-slot={FIRST}", "--to-slot", str(last), "--lookahead-slots=1",
            **peers(chain, stream),
        )  # fmt: skip
        await until(lambda: _stored(stream), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
    command = daemon.tail(1).removeprefix("resume with: ")
    assert command == f"indexer run --replay-from-slot {FIRST} --to-slot {last} --lookahead-slots=1"
    assert (await shell(command, cwd=tmp_path, **peers(chain, stream))).code == 0
    stored = await read_stream(stream.url)
    assert audit(stored, read_truth(truth), first_slot=FIRST, last_slot=last).problems == []


async def _repaired(stream: NatsServer) -> int:
    return len(markers(await read_stream(stream.url), "dex.sol.slots.repair"))


async def _stored(stream: NatsServer) -> bool:
    return bool(await read_stream(stream.url))
