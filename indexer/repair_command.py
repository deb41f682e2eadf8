"""`indexer repair`: missing slots published now; its exit code says whether any is left."""

import argparse
import sys
from collections.abc import Iterable
from contextlib import AsyncExitStack

import structlog
import uvloop

from indexer import log
from indexer.board import Board
from indexer.config import Settings
from indexer.coverage import Range
from indexer.daemon import connected
from indexer.errors import DataError, UsageError
from indexer.metrics import Metrics
from indexer.repair import open_slots, repair
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.settle import Totals
from indexer.stopping import Stopped, stop_on_signals, unless_stopped

EPILOG = """\
examples:
  indexer repair                               every missing slot of the stream
  indexer repair --from 370000000 --to 370000500
"""
_log = structlog.get_logger()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `repair` takes."""
    parser.add_argument("--from", dest="first", type=int, metavar="SLOT", help="first slot (default: of the stream)")
    parser.add_argument("--to", dest="last", type=int, metavar="SLOT", help="last slot (default: of the stream)")
    add_settings_flags(parser)
    parser.set_defaults(run=repair_command)


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
