"""`indexer run`, and what it shares with `indexer up`: settings in, signals as a stop, a summary out."""

import argparse
import asyncio
import sys
import time
from collections.abc import Awaitable, Callable

import uvloop

from decoders.programs import PROGRAMS
from indexer import log
from indexer.board import Board
from indexer.config import Settings
from indexer.daemon import Done, Task, run_daemon
from indexer.errors import UsageError
from indexer.programs import select_programs
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.start import check_start, parse_slot
from indexer.stopping import Stopped, stop_on_signals
from indexer.summary import resume_command, summary

EPILOG = """\
examples:
  SOLANA_RPC_URL=https://a.example,https://b.example NATS_URL=nats://nats:4222 indexer run
  indexer run --start latest                   ignore the last marker; start at the tip
  indexer run --replay-from-slot 370000000 --to-slot 370010000
  indexer run --programs raydium_amm_v4,orca_whirlpool
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `run` takes."""
    add_run_flags(parser)
    parser.set_defaults(run=run_command)


def add_run_flags(parser: argparse.ArgumentParser) -> None:
    """What `run` and `up` take."""
    parser.add_argument("--replay-from-slot", metavar="SLOT", help="publish from this slot on, skipping what is there")
    parser.add_argument("--to-slot", metavar="SLOT", help="stop after this slot")
    parser.add_argument("--republish", action="store_true", help="publish settled slots again, marked as repair")
    parser.add_argument("--for", dest="for_seconds", type=float, metavar="SECONDS", help="stop by itself")
    add_settings_flags(parser)


def run_command(args: argparse.Namespace) -> int:
    """`indexer run`."""
    log.configure()
    settings, task = checked(args)
    if not settings.rpc_urls():
        raise UsageError(
            "SOLANA_RPC_URL is not set",
            hint="name one or more RPC endpoints, or try `indexer up`, which brings a chain of its own",
        )
    return uvloop.run(to_the_end(args, task, lambda stop, done: run_daemon(settings, task, Board(), stop, done)))


def checked(args: argparse.Namespace) -> tuple[Settings, Task]:
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


async def to_the_end(
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
