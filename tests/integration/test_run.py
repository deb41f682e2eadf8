"""`indexer run` from its start to its end: signals, the clock, replays and how they resume, and what it counted."""

import asyncio
import re
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import pytest_asyncio

from indexer.embedded import NatsServer
from tests.chaos.arena import Localnet
from tests.chaos.audit import audit, read_truth
from tests.integration import terminal
from tests.integration.chains import peers, standing
from tests.integration.forked import indexer, started
from tests.integration.streams import markers, read_stream, swaps
from tests.integration.terminal import said, scraped, scraped_at, shell, until

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
    daemon = terminal.started(tmp_path, "run", **peers(chain, stream))
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
    daemon = terminal.started(tmp_path, "run", NATS_URL=f"nats://{NOWHERE}", **peers(chain))
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


async def test_the_counters_add_up(chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path) -> None:
    begin = await chain.tip()
    daemon = started(tmp_path, "run", "--start", str(begin), **peers(chain, stream))
    await said(daemon, "estimated")
    await chain.control("/produce", {"blocks": 10})
    end = await chain.tip()
    metrics, stored = await scraped_at(daemon, end), await read_stream(stream.url)
    assert audit(stored, read_truth(truth), first_slot=begin, last_slot=end).problems == []
    by_program = {body["program"] for body in (message.body for message in stored) if "program" in body}
    for program in by_program:
        expected = [swap for swap in read_truth(truth).values() if swap["program"] == program]
        count = len([swap for swap in expected if begin <= swap["slot"] <= end])
        assert metrics("swaps_total", program=program) == count
    assert metrics("swaps_total") == len(swaps(stored)) == sum(body["swaps"] for body in markers(stored))
    assert metrics("slots_total", status="complete") == len(markers(stored))
    assert metrics("slots_total") == end - begin + 1
    assert metrics("transactions_failed_total") == sum(body["failed_txs"] for body in markers(stored))
    assert metrics("settled_slot") == metrics("tip_slot") == end
    assert metrics("slot_lag") == metrics("duplicates_total") == metrics("dead_letters_total") == 0
    assert metrics("stage_seconds_count", stage="publish") == len(markers(stored))
    assert metrics("stage_seconds_count", stage="hydrate") >= len(markers(stored))
    assert metrics("rpc_requests_total", method="getBlock", outcome="ok") >= len(markers(stored))
    assert metrics("notifications_missed_total") == 0
    assert metrics("connected", peer="nats") == metrics("connected", peer="pubsub") == metrics("build_info") == 1
    assert metrics("publish_blocked") == metrics("missing_slots") == metrics("fence_lost_total") == 0
    first_lag = metrics("lag_seconds")

    async def grown() -> bool:
        return (await scraped(daemon))("lag_seconds") > first_lag

    await until(grown, daemon)  # while nothing comes
    assert await daemon.end(signal.SIGTERM) == 0


async def _repaired(stream: NatsServer) -> int:
    return len(markers(await read_stream(stream.url), "dex.sol.slots.repair"))


async def _stored(stream: NatsServer) -> bool:
    return bool(await read_stream(stream.url))
