"""The commands as processes: settings in, signals as a stop, a summary and an exit code out."""

import argparse
import asyncio
import contextlib
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterable

import structlog
import uvloop
from rich.console import Console
from rich.table import Table

from indexer import jetstream, log
from indexer.board import Board
from indexer.config import Settings
from indexer.coverage import Range
from indexer.daemon import Done, Task, connected, run_daemon
from indexer.errors import CheckError, DataError, UsageError
from indexer.metrics import Metrics
from indexer.nats_connection import connected as nats_connected
from indexer.progress import duration
from indexer.repair import open_slots, repair
from indexer.settings_flags import load_settings
from indexer.settle import Totals
from indexer.start import parse_slot
from indexer.up import up

_log = structlog.get_logger()


def run_command(args: argparse.Namespace) -> int:
    """`indexer run`."""
    log.configure()
    settings, task = load_settings(args), task_of(args)
    if not settings.rpc_urls():
        raise UsageError(
            "SOLANA_RPC_URL is not set",
            hint="name one or more RPC endpoints, or try `indexer up`, which brings a chain of its own",
        )
    return uvloop.run(_run(settings, task, args.for_seconds))


def up_command(args: argparse.Namespace) -> int:
    """`indexer up`."""
    settings, task = load_settings(args), task_of(args)
    return uvloop.run(_up(settings, task, args))


def repair_command(args: argparse.Namespace) -> int:
    """`indexer repair`: 0 when nothing is missing any more, 4 when something still is."""
    log.configure()
    settings = load_settings(args)
    if not settings.rpc_urls():
        raise UsageError("SOLANA_RPC_URL is not set", hint="name one or more RPC endpoints")
    return uvloop.run(_repair(settings, args.first, args.last))


def jetstream_init_command(args: argparse.Namespace) -> int:
    """`indexer jetstream init`."""
    log.configure()
    return uvloop.run(_jetstream_init(load_settings(args), args.replicas))


def task_of(args: argparse.Namespace) -> Task:
    """What the flags of `run` and `up` ask for. Raises UsageError."""
    replay = parse_slot("--replay-from-slot", args.replay_from_slot)
    to_slot = parse_slot("--to-slot", args.to_slot)
    if args.republish and replay is None:
        raise UsageError("--republish needs --replay-from-slot")
    if replay is not None and to_slot is not None and to_slot < replay:
        raise UsageError(f"--to-slot {to_slot} is before --replay-from-slot {replay}")
    return Task(replay_from_slot=replay, to_slot=to_slot, republish=args.republish)


async def _run(settings: Settings, task: Task, for_seconds: float | None) -> int:
    board = Board()
    async with stop_on_signals(for_seconds) as stop:
        done = await run_daemon(settings, task, board, stop)
    summarise(done, task, time.monotonic() - board.started)
    return 0


async def _up(settings: Settings, task: Task, args: argparse.Namespace) -> int:
    async with stop_on_signals(args.for_seconds) as stop:
        started = time.monotonic()
        done = await up(settings, task, args, stop)
    summarise(done, task, time.monotonic() - started)
    return 0


async def _repair(settings: Settings, first: int | None, last: int | None) -> int:
    metrics, totals = Metrics(), Totals()
    async with stop_on_signals(None) as stop, connected(settings, metrics, Board(), subscribe=False) as parts:
        position = await parts.publisher.position()
        if position.slot is None or position.first_slot is None:
            raise DataError("the stream holds no slots yet", hint="`indexer run` fills it")
        begin = position.first_slot if first is None else first
        end = position.slot if last is None else last
        if end > position.slot:
            raise DataError(f"--to {end} is beyond the stream's last slot {position.slot}")
        holes = (await open_slots(parts, begin, end)).open
        _log.info("missing slots", ranges=len(holes), slots=sum(map(len, holes)), first=begin, last=end)
        await repair(parts, holes, stop, totals=totals)
        left = (await open_slots(parts, begin, end)).open if totals.missing else ()
    sys.stdout.write(f"repaired {totals.slots:,} slots with {totals.swaps:,} swaps\n")
    if left:
        raise DataError(f"still missing: {_describe(left)}", hint="an archive endpoint in SOLANA_RPC_URL may have them")
    return 0


async def _jetstream_init(settings: Settings, replicas: int | None) -> int:
    async with nats_connected(settings, Metrics()) as nats:
        changes = await jetstream.init(nats, replicas=replicas)
    table = Table("kind", "name", "result", box=None, header_style="bold")
    for change in changes:
        table.add_row(change.kind, change.name, change.result)
        for line in change.differences:
            table.add_row("", "", f"[yellow]{line}[/]")
    Console().print(table)
    if any(change.differences for change in changes):
        raise CheckError("what exists differs from deploy/jetstream", hint="nothing was changed")
    return 0


@contextlib.asynccontextmanager
async def stop_on_signals(for_seconds: float | None) -> AsyncIterator[asyncio.Event]:
    """An event set by SIGINT, SIGTERM or the clock; a second signal ends the process at once."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def ask() -> None:
        if stop.is_set():
            sys.stderr.write("indexer: stopped at once; the next start goes on after the last marker\n")
            signal.raise_signal(signal.SIGKILL)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ask)
    timer = loop.call_later(for_seconds, stop.set) if for_seconds is not None else None
    try:
        yield stop
    finally:
        if timer is not None:
            timer.cancel()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def summarise(done: Done, task: Task, seconds: float) -> None:
    """One line of what was done, and how to go on where a bounded run stopped early."""
    main, repaired = done.main, done.repaired
    parts = [f"{main.swaps + repaired.swaps:,} swaps in {main.slots + repaired.slots:,} slots"]
    if main.first_slot is not None:
        parts.append(f"slots {main.first_slot} to {main.last_slot}")
    if task.replay_from_slot is not None:
        parts.append(f"{done.already_there:,} slots were already there")
    for count, name in (
        (main.missing + repaired.missing, "slots missing"),
        (main.dead + repaired.dead, "dead letters"),
        (main.overtaken, "slots another writer published first"),
    ):
        if count:
            parts.append(f"{count:,} {name}")
    sys.stdout.write(f"published {'; '.join(parts)}; {duration(seconds)}\n")
    if task.replay_from_slot is not None and not done.finished:
        to_slot = f" --to-slot {task.to_slot}" if task.to_slot is not None else ""
        sys.stdout.write(f"resume with: indexer run --replay-from-slot {task.replay_from_slot}{to_slot}\n")


def _describe(holes: Iterable[Range]) -> str:
    return ", ".join(f"{hole.first}-{hole.last}" if len(hole) > 1 else str(hole.first) for hole in holes)
