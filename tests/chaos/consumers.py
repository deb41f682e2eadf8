"""A campaign on the readers: a daemon publishes, builder and sink read, and builder, sink and server die. Seeded."""

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from nats.errors import Error as NatsError

from tests.chaos.arena import Arena, Daemon, arena
from tests.chaos.audit import Stored, audit, read_stream, read_truth
from tests.chaos.holes import Holes, first_time, misjudged, unsettled
from tests.integration.candle_rows import compared
from tests.integration.sinking import QUICK, change_consumer, ids
from tests.integration.streams import ask

_SETTLE_SECONDS = 180
_CANDLES = ("dex-candles-1m", "dex-candles-5m", "dex-candles-1h")
_VICTIMS = ("candles", "sink", "server")
_HOUR = 3600
_ENV = QUICK | {
    "INDEXER_BLOCK_WAIT_SECONDS": "1",
    "INDEXER_REPAIR_SECONDS": "0.5",
    "INDEXER_REPAIR_ATTEMPTS": "100000",
    "INDEXER_ACK_SECONDS": "3",
    "INDEXER_CANDLE_SNAPSHOT_SECONDS": "1",
    "INDEXER_NATS_CONNECT_SECONDS": "20",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``kills`` fall on builder, sink and server in turn, in random order; a slot is ``slot_seconds`` of block time.

    Meanwhile the node leaves out some slots ``holes`` times, ``left`` of them for good; the daemon repairs the others.
    """

    name: str
    seed: int = 1
    kills: int = 30
    gap_seconds: tuple[float, float] = (0.3, 3.0)
    slot_seconds: int = 10
    pause_seconds: float = 0.1
    transactions: int = 60
    holes: int = 12
    left: int = 3


@dataclass(slots=True, kw_only=True)
class Result:
    """Figures of one campaign. ``problems`` is empty when swaps and candles are there once and right.

    ``incomplete`` candles are so in the end, ``mended`` ones were at first.
    """

    plan: Plan
    seconds: float = 0
    kills: Counter[str] = field(default_factory=Counter)
    slots: int = 0
    swaps: int = 0
    candles: int = 0
    revisions: int = 0
    missing: int = 0
    repaired: int = 0
    incomplete: int = 0
    mended: int = 0
    problems: list[str] = field(default_factory=list)


async def run(plan: Plan, folder: Path) -> Result:
    """Run a campaign in ``folder``."""
    truth, result, began = folder / "truth.jsonl", Result(plan=plan), time.monotonic()
    flags = [
        "--generate", "--paused", "--seed", str(plan.seed), "--slot-milliseconds", str(1000 * plan.slot_seconds),
        "--preload-blocks", "8", "--transactions", str(plan.transactions), "--skip-share", "0.1", "--truth", str(truth),
    ]  # fmt: skip
    async with arena(folder, *flags, env=_ENV) as place:
        await _quick_redelivery(place.nats_url)
        first = place.net.first_slot
        daemon = place.daemon("--start", str(first))
        readers = {"candles": place.daemon(name="candles", command="candles")}
        readers["sink"] = place.daemon("run", name="sink", command="clickhouse")
        async with _kept_running(daemon, *readers.values()):
            holes = Holes(count=plan.holes, left=plan.left, seed=plan.seed, gap_seconds=plan.gap_seconds)
            async with _growing(place, plan):
                await asyncio.gather(_hurt(place, readers, plan, result), holes.make(place))
            await place.net.control("/produce", {"blocks": _HOUR // plan.slot_seconds})
            await holes.repaired(place)
            tip = await place.net.tip()
            await _read_up(place)
        for one in (daemon, *readers.values()):
            if (code := await one.end(signal.SIGTERM)) != 0:
                result.problems.append(f"{one.log.name}: exit code {code} after SIGTERM")
        stored = await read_stream(place.nats_url)
        away = {slot for one in unsettled(stored) for slot in one.slots} & holes.for_good
        given = {name: swap for name, swap in read_truth(truth).items() if swap["slot"] not in away}
        findings = audit(stored, given, first_slot=first, last_slot=tip)
        result.missing, result.repaired = findings.missing_slots, findings.repaired
        result.problems += findings.problems
        await _judge(place, stored, result)
    result.slots, result.seconds = tip - first + 1, time.monotonic() - began
    return result


async def _quick_redelivery(url: str) -> None:
    """What a killed sink had on its way comes again after so many seconds: the blows are that close together."""
    for stream in ("dex-swaps", *_CANDLES):
        await change_consumer(url, stream, ack_wait=3 * 10**9)


async def _judge(place: Arena, stored: list[Stored], result: Result) -> None:
    """Every swap of the stream once, nothing set aside, and every candle once per revision and right."""
    streamed = Counter(one.body["id"] for one in stored if one.subject == "dex.sol.swaps")
    inserted = Counter(await ids(place.folder))
    result.swaps = inserted.total()
    if streamed != inserted:
        result.problems.append(f"swaps in the stream alone {streamed - inserted}, in ClickHouse {inserted - streamed}")
    if (dead := (await ask(place.nats_url, "STREAM.INFO.dex-dead"))["state"]["last_seq"]) != 0:
        result.problems.append(f"{dead} dead letters")
    found = await compared(place.folder, place.nats_url)
    result.candles, result.revisions = len(found.revisions), found.stored
    wrong, result.incomplete, result.mended = misjudged(unsettled(stored), first_time(stored), found.revisions.values())
    result.problems += found.problems + wrong


async def _hurt(place: Arena, readers: dict[str, Daemon], plan: Plan, result: Result) -> None:
    """Kill after kill, at random moments; whoever was killed is started again by its keeper."""
    dice = random.Random(plan.seed)
    victims = [_VICTIMS[index % len(_VICTIMS)] for index in range(plan.kills)]
    dice.shuffle(victims)
    for victim in victims:
        await asyncio.sleep(dice.uniform(*plan.gap_seconds))
        if victim == "server":
            await place.server.kill()
            await asyncio.sleep(dice.uniform(0, 1))
            await place.server.start()
        else:
            await _alive(readers[victim])
            readers[victim].send(signal.SIGKILL)
        result.kills[victim] += 1


async def _alive(daemon: Daemon) -> None:
    """Until it runs: what is dead already cannot be killed."""
    async with asyncio.timeout(_SETTLE_SECONDS):
        while not daemon.running:
            await asyncio.sleep(0.02)


@asynccontextmanager
async def _kept_running(*daemons: Daemon) -> AsyncIterator[None]:
    """Whoever ends is started again, as a service manager does."""

    async def keep() -> None:
        while True:
            for daemon in daemons:
                if not daemon.running:
                    daemon.start()
            await asyncio.sleep(0.1)

    async with _meanwhile(keep):
        yield


@asynccontextmanager
async def _growing(place: Arena, plan: Plan) -> AsyncIterator[None]:
    """A chain that goes on, a block at a time."""

    async def grow() -> None:
        while True:
            await place.net.control("/produce", {"blocks": 1})
            await asyncio.sleep(plan.pause_seconds)

    async with _meanwhile(grow):
        yield


@asynccontextmanager
async def _meanwhile(work: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        task = group.create_task(work())
        yield
        task.cancel()


async def _read_up(place: Arena) -> None:
    """Until both have read all: the builder the swaps, then the sink everything. Raises TimeoutError."""
    consumers = [f"dex-swaps.{name}" for name in ("candle-builder", "clickhouse-sink")]
    consumers += [f"{stream}.clickhouse-sink" for stream in _CANDLES]
    deadline = time.monotonic() + _SETTLE_SECONDS
    for consumer in consumers:
        while not await _idle(place.nats_url, consumer):
            if time.monotonic() > deadline:
                words = "\n".join(f"{one.log.name}: {one.tail()}" for one in place.daemons)
                raise TimeoutError(f"{consumer} does not get to its end\n{words}")
            await asyncio.sleep(0.2)


async def _idle(url: str, consumer: str) -> bool:
    try:
        told = await ask(url, f"CONSUMER.INFO.{consumer}")
    except (OSError, TimeoutError, NatsError):
        return False
    return not told["num_pending"] and not told["num_ack_pending"]
