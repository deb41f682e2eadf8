"""`indexer up`: its flags, and the way of `indexer run` through it."""

import argparse

import uvloop

from indexer.run_command import add_run_flags, checked, to_the_end
from indexer.up import up

EPILOG = """\
examples:
  indexer up                                   embedded NATS and the built-in localnet (generated data)
  indexer up --record ../recorded              localnet serves recorded blocks instead of generated ones
  SOLANA_RPC_URL=https://... indexer up        embedded NATS, real chain
  NATS_URL=nats://nats:4222 indexer up         your NATS in place of the embedded one
  CLICKHOUSE_URL=http://user:password@ch:8123/dex indexer up    your ClickHouse; its tables are made
  indexer up --without clickhouse              swaps and candles, no database
  indexer sql "SELECT * FROM top_pools"        in another terminal, while it runs or after

On a NATS of your own the candle builder is left out while another reads there, since a second one stops the first; the
sink while another reads there, or once its consumer was read: each message goes to one reader. --with runs them anyway.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `up` takes."""
    parser.add_argument(
        "--nats-port", type=int, default=0, metavar="PORT", help="port of the embedded NATS (0: a free one)"
    )
    parser.add_argument("--record", action="append", metavar="DIR", help="localnet serves the recorded blocks of DIR")
    parser.add_argument(
        "--slot-milliseconds", type=int, metavar="MS", help="slot time of localnet (300; with --record all at once)"
    )
    parser.add_argument(
        "--transactions", type=int, metavar="N", help="transactions of a block of localnet's generated chain (60)"
    )
    parser.add_argument(
        "--without",
        action="append",
        choices=("candles", "clickhouse"),
        default=[],
        help="leave out candles or database",
    )
    parser.add_argument(
        "--with",
        dest="also",
        action="append",
        choices=("candles", "clickhouse"),
        default=[],
        help="with NATS_URL: run it though another does there; a second candle builder stops the first",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of localnet's generated chain")
    add_run_flags(parser)
    parser.set_defaults(run=up_command)


def up_command(args: argparse.Namespace) -> int:
    """`indexer up`."""
    settings, task = checked(args)
    return uvloop.run(to_the_end(args, task, lambda stop, done: up(settings, task, args, stop, done)))
