"""One daemon: connect everything, decide where to begin, run the loop and its repairs, say what was done."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Coroutine, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, TypeVar

import structlog

from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from indexer.board import Board
from indexer.collector import calm_the_collector
from indexer.config import Settings
from indexer.cost import say_cost
from indexer.coverage import Range
from indexer.drift import Drift
from indexer.errors import PeerError, TransientError
from indexer.health import serve_health
from indexer.metrics import Metrics
from indexer.nats_connection import connected as nats_connected
from indexer.parts import Parts
from indexer.plan import Cursor, Missing, Plan
from indexer.prepare import Prepared
from indexer.probes import Probes
from indexer.programs import select_programs
from indexer.progress import Progress
from indexer.publisher import Publisher, Rewound
from indexer.repair import BackgroundRepair, open_slots, repair
from indexer.rpc import Rpc
from indexer.settle import Totals
from indexer.start import Ledger, begin, check_end, check_slot
from indexer.stopping import unless_stopped
from indexer.stream_metrics import StreamMetrics
from indexer.subscribe import Witness

log = structlog.get_logger()
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What one run was asked to do beyond its settings."""

    replay_from_slot: int | None = None
    to_slot: int | None = None
    republish: bool = False


@dataclass(slots=True, kw_only=True)
class Done:
    """What one run did: the main loop's totals, the repairs', slots that were there before, and what ran beside it.

    ``left`` are sentences on what ran beside it and had no time to finish.
    """

    main: Totals = field(default_factory=Totals)
    repaired: Totals = field(default_factory=Totals)
    already_there: int = 0
    beside: dict[str, int] = field(default_factory=dict)
    left: list[str] = field(default_factory=list)
    began: bool = False
    finished: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Beginning:
    """The main loop's cursor, a range left out on purpose before it, and older ranges to fill beside it."""

    cursor: Cursor
    left_out: Missing | None = None
    older: tuple[Range, ...] = ()


@asynccontextmanager
async def connected(settings: Settings, metrics: Metrics, board: Board, *, subscribe: bool) -> AsyncIterator[Parts]:
    """Every part, connected and checked: programs, chain, NATS, streams, genesis hash. Raises FatalError."""
    registry = Registry(PROGRAMS, ROUTERS)
    wanted = select_programs(settings.programs, registry.programs)
    build = version("solana-liquidity-indexer")
    metrics.build.labels(build, registry.programs_hash).set(1)
    metrics.rpc_budget_calls_per_day.set(settings.rpc_budget_calls_per_day)
    async with AsyncExitStack() as stack:
        rpc = await stack.enter_async_context(Rpc(settings, metrics))
        genesis_hash = await answered(rpc.genesis_hash())
        nats = await stack.enter_async_context(nats_connected(settings, metrics))
        publisher = Publisher(nats, settings, metrics, genesis_hash=genesis_hash)
        await publisher.open()
        witness = None
        if subscribe:
            addresses = {program.address: program.name for program in PROGRAMS if program.name in wanted}
            witness = await stack.enter_async_context(Witness(settings, metrics, addresses))
        yield Parts(
            settings=settings,
            metrics=metrics,
            board=board,
            drift=Drift(seconds=settings.drift_log_seconds),
            registry=registry,
            wanted=wanted,
            rpc=rpc,
            nats=nats,
            witness=witness,
            publisher=publisher,
            build=build,
        )


async def run_daemon(settings: Settings, task: Task, board: Board, stop: asyncio.Event, done: Done) -> None:
    """Run until ``stop``, ``task.to_slot`` or a FatalError, counting into ``done``. Raises Stopped during the start."""
    calm_the_collector()
    metrics = Metrics()
    probes = Probes(settings=settings, metrics=metrics, board=board)
    async with AsyncExitStack() as stack:
        async with unless_stopped(stop):
            health = serve_health(settings.metrics_addr, metrics, healthy=probes.healthy, ready=probes.ready)
            url = await stack.enter_async_context(health)
            board.metrics_url = f"{url}/metrics"
            log.info("serving metrics", url=board.metrics_url)
            parts = await stack.enter_async_context(connected(settings, metrics, board, subscribe=True))
        figures = StreamMetrics(connection=parts.nats, settings=settings, metrics=metrics)
        for beside in (probes.keep_current(parts.witness), figures.run(), _say_stopping(parts, stop)):
            stack.callback(asyncio.create_task(beside).cancel)
        while True:
            try:
                return await _run(parts, task, probes, stop, done)
            except Rewound as error:
                log.warning("going on after the last marker the server still has", reason=str(error))


async def answered(call: Awaitable[Answer]) -> Answer:
    """A call at start: what would be retried later is a peer that cannot be reached now. Raises PeerError."""
    try:
        return await call
    except TransientError as error:
        raise PeerError(str(error), hint="check SOLANA_RPC_URL and the endpoints' status") from error


async def _run(parts: Parts, task: Task, probes: Probes, stop: asyncio.Event, done: Done) -> None:
    async with unless_stopped(stop):
        ledger = Ledger(
            first_available=await answered(parts.rpc.first_available_block()), tip=await answered(parts.rpc.slot())
        )
        start = await _begin(parts, task, ledger, done)
        parts.board.notice = await say_cost(parts.rpc, ledger)
    done.began = True
    holes = BackgroundRepair(parts=parts)
    settle = parts.settle(totals=done.main, on_missing=holes.add)
    cursor = start.cursor
    if start.left_out is not None:
        cursor = await settle.publish(start.left_out) or cursor
    pipeline = probes.pipeline = parts.pipeline(cursor, settle=settle, to_slot=task.to_slot)
    work: list[Coroutine[Any, Any, bool | None]] = [
        pipeline.run(stop),
        repair(parts, start.older, stop, totals=done.repaired, again=task.republish),
    ]
    if task.to_slot is None:
        work.append(holes.run(stop))
    reports = [_progress(pipeline.plan), *_progress_of(start.older, done.repaired)] if task.replay_from_slot else []
    ended = await _side_by_side(work, [progress.report(stop) for progress in reports])
    done.finished = bool(ended) and not (start.older and stop.is_set())


async def _side_by_side(
    work: list[Coroutine[Any, Any, bool | None]], beside: list[Coroutine[Any, Any, None]]
) -> bool | None:
    """Wait for all the work, whose first failure ends everything, and give the first one's result."""
    tasks = [asyncio.create_task(one) for one in work]
    helpers = [asyncio.create_task(one) for one in beside]
    try:
        return (await asyncio.gather(*tasks))[0]
    finally:
        for task in (*tasks, *helpers):
            task.cancel()
        await asyncio.gather(*tasks, *helpers, return_exceptions=True)


async def _begin(parts: Parts, task: Task, ledger: Ledger, done: Done) -> Beginning:
    last = (await parts.publisher.position()).cursor()
    if task.replay_from_slot is not None:
        return await _begin_replay(parts, task, task.replay_from_slot, last, ledger, done)
    start = begin(parts.settings.start, last, ledger)
    passed = "" if task.to_slot is None else check_end(task.to_slot, start, last)
    log.info(passed or start.note)
    if passed:
        return Beginning(cursor=last or start.cursor)
    if start.skipped is None or last is None:
        return Beginning(cursor=start.cursor)
    left_out = Missing(slot=start.skipped.first, to_slot=start.skipped.last, parent_slot=last.block)
    return Beginning(cursor=start.cursor, left_out=left_out)


async def _begin_replay(
    parts: Parts, task: Task, first: int, last: Cursor | None, ledger: Ledger, done: Done
) -> Beginning:
    flag = "--replay-from-slot"
    if last is None:
        check_slot(flag, first, ledger)
        return Beginning(cursor=Cursor(slot=first - 1))
    if first > last.slot:
        if first > ledger.tip:
            check_slot(flag, first, ledger)
        log.info("the stream ends before that slot: going on after its end, so that no hole is left", end=last.slot)
        return Beginning(cursor=last)
    end = last.slot if task.to_slot is None else min(last.slot, task.to_slot)
    if task.republish:
        log.warning("republishing: ids that are in the stream will be stored twice", first=first, last=end)
        check_slot(flag, first, ledger)
        return Beginning(cursor=last, older=(Range(first, end),))
    there = await open_slots(parts, first, end)
    done.already_there = there.settled
    if there.open:
        check_slot(flag, there.open[0].first, ledger)
        log.info("filling slots the stream does not have", slots=sum(map(len, there.open)), already_there=there.settled)
    return Beginning(cursor=last, older=there.open)


async def _say_stopping(parts: Parts, stop: asyncio.Event) -> None:
    await stop.wait()
    parts.board.notice = "stopping: publishing what is in flight"
    log.info(parts.board.notice, at_most_seconds=parts.settings.drain_seconds, at_once="a second signal")


def _progress_of(older: Sequence[Range], totals: Totals) -> Iterator[Progress]:
    if older:
        before = older[0].first - 1
        yield Progress(
            what="filling older slots",
            first=before,
            last=lambda: older[-1].last,
            position=lambda: totals.last_slot or before,
        )


def _progress(plan: Plan[Prepared]) -> Progress:
    return Progress(
        what="replaying",
        first=plan.cursor.slot,
        last=lambda: plan.tip if plan.to_slot is None else plan.to_slot,
        position=lambda: plan.cursor.slot,
    )
