"""`indexer jetstream tail`: what is stored from now on, without a consumer of ours in the streams."""

import argparse

from indexer.peek import Looker
from indexer.peek_command import add_filters, head, number, quietly, write

_TAIL = 10
EPILOG = """\
examples:
  indexer jetstream tail                                swaps as they are stored; Ctrl-C ends it
  indexer jetstream tail --last 0 --markers             with each slot's marker behind its swaps
  indexer jetstream tail --user 7fUA --json             payloads as they are, one per line

In order, each once, over reconnects and restarts of the server; no consumer is made and none is moved.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `tail` takes."""
    parser.add_argument("--last", type=number, default=_TAIL, metavar="N", help=f"begin with so many ({_TAIL})")
    add_filters(parser)
    parser.set_defaults(run=tail_command)


def tail_command(args: argparse.Namespace) -> int:
    """`indexer jetstream tail`."""
    return quietly(args, _tail)


async def _tail(args: argparse.Namespace, looker: Looker) -> None:
    _, end = await looker.ends()
    before = await looker.last(args.last)
    head(args)
    write(args, before)
    async for message in looker.follow(max(end, before[-1].sequence if before else 0) + 1):
        write(args, [message])
