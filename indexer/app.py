"""The commands as processes: settings in, signals as a stop, a summary and an exit code out."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import AsyncExitStack

import structlog
import uvloop

from decoders import PROGRAMS
from indexer import log
from indexer.board import Board
from indexer.config import Settings
from indexer.coverage import Range
from indexer.daemon import Done, Task, connected, run_daemon
from indexer.errors import DataError, UsageError
from indexer.metrics import Metrics
from indexer.programs import select_programs
from indexer.repair import open_slots, repair
from indexer.settings_flags import load_settings
from indexer.settle import Totals
from indexer.start import check_start, parse_slot
from indexer.stopping import Stopped, stop_on_signals, unless_stopped
from indexer.summary import resume_command, summary
from indexer.up import up

_log = structlog.get_logger()


def run_command(args: argparse.Namespace) -> int:
    """`indexer run`."""
    log.configure()
    settings, task = _checked(args)
    if not settings.rpc_urls():
        raise UsageError(
            "SOLANA_RPC_URL is not set",
            hint="name one or more RPC endpoints, or try `indexer up`, which brings a chain of its own",
        )
    return uvloop.run(_to_the_end(args, task, lambda stop, done: run_daemon(settings, task, Board(), stop, done)))


def up_command(args: argparse.Namespace) -> int:
    """`indexer up`."""
    settings, task = _checked(args)
    return uvloop.run(_to_the_end(args, task, lambda stop, done: up(settings, task, args, stop, done)))


def repair_command(args: argparse.Namespace) -> int:
    """`indexer repair`: 0 when nothing is missing any more, 4 when something still is."""
    log.configure()
    settings = load_settings(args)
    if not settings.rpc_urls():
        raise UsageError("SOLANA_RPC_URL is not set", hint="name one or more RPC endpoints")
    try:
        return uvloop.run(_repair(settings, args.first, args.last))
    except Stopped:
        return 0


def _checked(args: argparse.Namespace) -> tuple[Settings, Task]:
    """Settings and task, with everything refused that can be known to be wrong before anything is started."""
    settings, task = load_settings(args), task_of(args)
    select_programs(settings.programs, PROGRAMS)
    check_start(settings.start)
    if args.for_seconds is not None and not args.for_seconds > 0:
        raise UsageError(f"--for takes seconds above 0, not {args.for_seconds:g}", hint="for example --for 60")
    return settings, task


def task_of(args: argparse.Namespace) -> Task:
    """What the flags of `run` and `up` ask for. Raises UsageError."""
    replay = parse_slot("--replay-from-slot", args.replay_from_slot)
    to_slot = parse_slot("--to-slot", args.to_slot)
    if args.republish and replay is None:
        raise UsageError("--republish needs --replay-from-slot")
    if replay is not None and to_slot is not None and to_slot < replay:
        raise UsageError(f"--to-slot {to_slot} is before --replay-from-slot {replay}")
    return Task(replay_from_slot=replay, to_slot=to_slot, republish=args.republish)


async def _to_the_end(
    args: argparse.Namespace, task: Task, work: Callable[[asyncio.Event, Done], Awaitable[None]]
) -> int:
    """Run ``work`` until its end or a signal; whatever ends it, say what was done."""
    done, started = Done(), time.monotonic()
    try:
        async with stop_on_signals(args.for_seconds) as stop:
            await work(stop, done)
    except Stopped:
        if not done.began:
            sys.stdout.write("stopped before the first slot; nothing was published\n")
    finally:
        if done.began:
            _say(args, task, done, time.monotonic() - started)
    return 0


def _say(args: argparse.Namespace, task: Task, done: Done, seconds: float) -> None:
    sys.stdout.write(f"{summary(done, task, seconds)}\n")
    if (command := resume_command(args.argv, done, task)) is not None:
        sys.stdout.write(f"resume with: {command}\n")
    sys.stdout.flush()
    for sentence in done.left:
        sys.stderr.write(f"indexer: {sentence}\n")


async def _repair(settings: Settings, first: int | None, last: int | None) -> int:
    metrics, totals = Metrics(), Totals()
    async with AsyncExitStack() as stack:
        stop = await stack.enter_async_context(stop_on_signals(None))
        async with unless_stopped(stop):
            parts = await stack.enter_async_context(connected(settings, metrics, Board(), subscribe=False))
        position = await parts.publisher.position()
        if position.slot is None or position.first_slot is None:
            raise DataError("the stream holds no slots yet", hint="`indexer run` fills it")
        begin = position.first_slot if first is None else first
        end = position.slot if last is None else last
        if begin > end:
            raise UsageError(f"--from {begin} is after --to {end}", hint=f"the stream's last slot is {position.slot}")
        if end > position.slot:
            raise DataError(f"--to {end} is beyond the stream's last slot {position.slot}")
        holes = (await open_slots(parts, begin, end)).open
        _log.info("missing slots", ranges=len(holes), slots=sum(map(len, holes)), first=begin, last=end)
        await repair(parts, holes, stop, totals=totals)
        left = (await open_slots(parts, begin, end)).open if totals.missing or stop.is_set() else ()
    sys.stdout.write(f"repaired {totals.slots:,} slots with {totals.swaps:,} swaps\n")
    if stop.is_set():
        sys.stdout.write(f"stopped early with {sum(map(len, left)):,} slots to go; the same command goes on there\n")
    elif left:
        raise DataError(f"still missing: {_describe(left)}", hint="an archive endpoint in SOLANA_RPC_URL may have them")
    return 0


def _describe(holes: Iterable[Range]) -> str:
    return ", ".join(f"{hole.first}-{hole.last}" if len(hole) > 1 else str(hole.first) for hole in holes)
