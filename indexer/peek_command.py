"""`indexer jetstream peek`, and what `tail` shares: what is in the streams, without a consumer of ours in them."""

import argparse
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager

import uvloop

from decoders.programs import PROGRAMS
from indexer import log
from indexer.config import Settings
from indexer.errors import DataError, PeerError, TransientError, UsageError
from indexer.genesis import described
from indexer.jetstream_api import STREAM_NOT_FOUND, ApiError
from indexer.jetstream_require import missing_stream
from indexer.message import DEAD, DEAD_STREAM, STREAM, SWAPS
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.pages import Read
from indexer.peek import Looker
from indexer.programs import select_programs
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.standing import stream_info
from indexer.stopping import Stopped, stop_on_signals, unless_stopped
from indexer.swap_rows import HEADER, Filters, line

_PEEK = 20
EPILOG = """\
examples:
  indexer jetstream peek                                the last 20 swaps
  indexer jetstream peek --first                        the oldest the stream still has
  indexer jetstream peek --seq 4711                     one message, whatever it is
  indexer jetstream peek --last 50 --program orca-whirlpool --mint USDC
  indexer jetstream peek --last 5 --markers --json | jq .slot
  indexer jetstream peek --dead                         dead letters, with the reason

Reads by direct gets: no consumer is made and none is moved. Addresses may be given by their beginning.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `peek` takes."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--seq", type=number, metavar="N", help="the message with this sequence")
    which.add_argument("--first", type=number, nargs="?", const=_PEEK, metavar="N", help=f"the first N ({_PEEK})")
    which.add_argument("--last", type=number, default=_PEEK, metavar="N", help=f"the last N (default {_PEEK})")
    add_filters(parser)
    parser.set_defaults(run=peek_command)


def add_filters(parser: argparse.ArgumentParser) -> None:
    """Flags of both: which messages, and how they are written."""
    parser.add_argument("--program", default="", metavar="SLUG", help="swaps of this program (`indexer programs`)")
    parser.add_argument("--pool", default="", metavar="ADDRESS", help="swaps of this pool")
    parser.add_argument("--mint", default="", metavar="ADDRESS|NAME", help="swaps that pay or receive it: USDC, SOL, …")
    parser.add_argument("--user", default="", metavar="ADDRESS", help="swaps of this user or fee payer")
    parser.add_argument("--markers", action="store_true", help="slot markers too")
    parser.add_argument("--dead", action="store_true", help="dead letters in place of swaps")
    parser.add_argument("--json", action="store_true", help="payloads exactly as stored, one per line")
    add_settings_flags(parser)


def number(text: str) -> int:
    """A flag's value. Raises ArgumentTypeError."""
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r} is not a number")
    return int(text)


def peek_command(args: argparse.Namespace) -> int:
    """`indexer jetstream peek`."""
    return quietly(args, _peek)


def quietly(args: argparse.Namespace, work: "Work") -> int:
    """Run it; a reader that closed the pipe, and Ctrl-C, are ends like any other."""
    log.configure()
    settings = load_settings(args)
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr] # a terminal without UTF-8
    try:
        uvloop.run(_to_the_end(args, settings, work))
        sys.stdout.flush()
    except Stopped:
        return 0
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the interpreter flushes once more at its end
    return 0


async def _to_the_end(args: argparse.Namespace, settings: Settings, work: "Work") -> None:
    async with stop_on_signals(None) as stop, unless_stopped(stop), _looker(args, settings) as looker:
        try:
            await work(args, looker)
        except (TransientError, ApiError) as error:
            raise PeerError(str(error), hint="is the server up? `indexer jetstream init` makes the stream") from error


@asynccontextmanager
async def _looker(args: argparse.Namespace, settings: Settings) -> AsyncIterator[Looker]:
    filters = _filters(args)
    stream = DEAD_STREAM if args.dead else STREAM
    subject = f"{DEAD}.>" if args.dead else "dex.sol.>" if args.markers else SWAPS
    async with connected(settings, Metrics(), name="indexer peek") as connection:
        try:
            metadata = (await stream_info(connection, STREAM))["config"].get("metadata") or {}
            await stream_info(connection, stream)
        except ApiError as error:
            if error.code == STREAM_NOT_FOUND:
                raise missing_stream(stream) from None
            raise
        if (told := described(metadata)) and not args.json:
            sys.stdout.write(f"{told}\n")
        yield Looker(connection=connection, settings=settings, stream=stream, subject=subject, filters=filters)


def _filters(args: argparse.Namespace) -> Filters:
    if args.dead and (args.pool or args.mint or args.user or args.markers):
        raise UsageError("--dead goes with --program alone", hint="a dead letter has no pool, mint or user")
    slugs = [args.program.replace("-", "_")] if args.program else []
    return Filters(programs=select_programs(slugs, PROGRAMS), pool=args.pool, mint=args.mint, user=args.user)


async def _peek(args: argparse.Namespace, looker: Looker) -> None:
    if args.seq is not None:
        found = await looker.one(args.seq)
    elif args.first is not None:
        found = await looker.first(args.first)
    else:
        found = await looker.last(args.last)
    if not found:
        raise DataError(f"nothing in {looker.stream} that was asked for", hint=await _range(looker))
    head(args)
    write(args, found)
    _gave_up(looker)


async def _range(looker: Looker) -> str:
    first, last = await looker.ends()
    if looker.scanned_to is not None:
        return f"looked as far as sequence {looker.scanned_to:,}; INDEXER_PEEK_SCAN_MESSAGES reaches further"
    return f"it holds sequences {first:,} to {last:,}" if last >= first else "it is empty"


def head(args: argparse.Namespace) -> None:
    """The columns' names, for people."""
    if not args.json:
        sys.stdout.write(f"{HEADER}\n")


def write(args: argparse.Namespace, messages: Iterable[Read]) -> None:
    """A line each, at once."""
    for message in messages:
        if args.json:
            sys.stdout.buffer.write(message.payload + b"\n")
        else:
            sys.stdout.write(f"{line(message)}\n")
    sys.stdout.flush()


def _gave_up(looker: Looker) -> None:
    if looker.scanned_to is not None:
        sys.stderr.write(
            f"indexer: looked as far as sequence {looker.scanned_to:,}; INDEXER_PEEK_SCAN_MESSAGES reaches further\n"
        )


#: What one of the two does with the stream
Work = Callable[[argparse.Namespace, Looker], Awaitable[None]]
