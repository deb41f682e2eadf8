"""`indexer localnet`: flags, start, what is printed, stop."""

import argparse
import asyncio
import contextlib
import signal
import sys
from contextlib import AsyncExitStack
from dataclasses import fields
from pathlib import Path
from typing import Any

import orjson
import uvloop

from indexer.errors import UsageError
from indexer.localnet.chain import Chain
from indexer.localnet.faults import Faults
from indexer.localnet.node import HOST, Localnet
from indexer.localnet.sources import chain_of
from indexer.settings_flags import load_settings

EPILOG = """\
examples:
  indexer localnet                                    generated blocks, one every 300 ms
  indexer localnet --http-port 8899                   PubSub is on the port after it, 8900
  indexer localnet --transactions 1300 --vote-share 0.7 --truth truth.jsonl
  indexer localnet --record ../recorded               recorded blocks and transactions, all there at once
  indexer localnet --record ../recorded --generate    the record as history, then generated blocks
  indexer localnet --record ../recorded --repeat 332254908 --copies 300
                                                      a dense block over and over, under new slots
  indexer localnet --null-block 0.1 --too-many-requests 0.05 --lost-notifications 0.1
  indexer localnet --nodes 2 --stale-slots 20         one good node and one that lags
  indexer localnet --host 0.0.0.0 --http-port 8899 --unless-rpc-url
                                                      a compose service that steps aside for a real chain

while it runs (PORT is its HTTP port):
  curl -s localhost:PORT -H 'Content-Type: application/json' -d '{"jsonrpc":"2.0","id":1,"method":"getSlot"}'
  curl -s localhost:PORT/localnet                     tip, history and faults
  curl -s localhost:PORT/localnet/faults -d '{"server_error": 0.5, "missing_slots": [450000007]}'
  curl -s localhost:PORT/localnet/produce -d '{"blocks": 10}'
  curl -s -X POST localhost:PORT/localnet/pause       and /localnet/continue, /localnet/close-sockets
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Give ``parser`` the flags of `indexer localnet`."""
    _add_source(parser)
    _add_node(parser)
    group = parser.add_argument_group("faults (a share is from 0 to 1)")
    for one in fields(Faults):
        if one.name.startswith("_") or one.name == "seed":
            continue
        options: dict[str, Any] = {"help": str(one.metadata["help"])}
        if isinstance(one.default, bool):
            options["action"] = "store_true"
        elif isinstance(one.default, frozenset):
            options |= {"type": _slots, "metavar": "SLOT,…", "default": one.default}
        else:
            options |= {"type": type(one.default), "metavar": _metavar(one.name, one.default), "default": one.default}
        group.add_argument("--" + one.name.replace("_", "-"), **options)
    parser.set_defaults(run=run_command)


def run_command(args: argparse.Namespace) -> int:
    """`run` on an event loop of its own."""
    if args.unless_rpc_url and load_settings(args).rpc_urls():
        sys.stdout.write("SOLANA_RPC_URL is set: localnet is not needed\n")
        return 0
    return uvloop.run(run(args))


async def run(args: argparse.Namespace) -> int:
    """Serve until SIGINT, SIGTERM or --for ends it, and give exit code 0. Raises FatalError."""
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, stopping.set)
    chain = chain_of(args)
    chain.paused = args.paused
    async with AsyncExitStack() as stack:
        nodes = [await _entered(stack, node) for node in _started(args, chain)]
        sys.stdout.write(_as_json(nodes) if args.json else _as_text(nodes))
        sys.stdout.flush()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(args.for_seconds):
                await stopping.wait()
    return 0


def _started(args: argparse.Namespace, chain: Chain) -> list[Localnet]:
    """The nodes; faults are the last one's."""
    wanted = {one.name: getattr(args, one.name) for one in fields(Faults) if hasattr(args, one.name)}
    try:
        faults = Faults(**wanted)
    except (TypeError, ValueError) as error:
        raise UsageError(str(error)) from error
    last = args.nodes - 1
    return [
        Localnet(
            chain,
            host=args.host,
            http_port=args.http_port and args.http_port + 2 * number,
            ws_port=args.ws_port and args.ws_port + 2 * number,
            faults=faults if number == last else None,
            confirmed_lag_slots=args.confirmed_lag_slots,
            finalized_lag_slots=args.finalized_lag_slots,
        )
        for number in range(args.nodes)
    ]


async def _entered(stack: AsyncExitStack, node: Localnet) -> Localnet:
    try:
        return await stack.enter_async_context(node)
    except OSError as error:
        raise UsageError(
            f"localnet cannot listen on {error.strerror}", hint="--http-port 0 takes a free port and prints it"
        ) from error


def _as_json(nodes: list[Localnet]) -> str:
    first = nodes[0]
    told = {
        "label": first.label,
        "rpc_url": first.rpc_url,
        "ws_url": first.ws_url,
        "genesis_hash": first.genesis_hash,
        "first_slot": first.chain.first,
        "tip_slot": first.tip,
        "nodes": [{"rpc_url": node.rpc_url, "ws_url": node.ws_url} for node in nodes],
    }
    return orjson.dumps(told).decode() + "\n"


def _as_text(nodes: list[Localnet]) -> str:
    chain = nodes[0].chain
    lines = [f"LOCALNET, {chain.kind}: a Solana node on this machine; nothing here is mainnet's."]
    for node in nodes:
        lines += [f"  RPC      {node.rpc_url}", f"  PubSub   {node.ws_url}"]
    pace = f"a block every {chain.slot_milliseconds:g} ms" if chain.slot_milliseconds else "new ones when asked to"
    urls = ",".join(node.rpc_url for node in nodes)
    lines += [
        f"  genesis  {chain.genesis_hash}",
        f"  slots    {chain.first} to {chain.tip}, {pace}",
        f"  use it   SOLANA_RPC_URL={urls} indexer run",
        f"  faults   curl -s {nodes[-1].rpc_url}/localnet/faults -d '{{\"null_block\": 0.1}}'",
        "Ctrl-C stops it.",
    ]
    return "\n".join(lines) + "\n"


def _add_source(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what it serves")
    add = group.add_argument
    add("--record", action="append", metavar="DIR", help="recorded results: DIR/blocks, DIR/transactions")
    add("--repeat", action="append", type=int, metavar="SLOT", help="serve copies of this recorded block alone")
    add("--copies", type=_positive, default=100, metavar="N", help="how many copies (%(default)s)")
    add("--generate", action="store_true", help="generated blocks, after those of --record (the default without it)")
    add("--seed", type=int, default=1, metavar="N", help="the same seed is the same chain (%(default)s)")
    add("--first-slot", type=int, metavar="SLOT", help="first generated or repeated slot (default: that of the clock)")
    add("--transactions", type=_positive, default=60, metavar="N", help="transactions of a block (%(default)s)")
    add("--swap-share", type=float, default=0.4, metavar="SHARE", help="… that hold a swap (%(default)s)")
    add("--vote-share", type=float, default=0.4, metavar="SHARE", help="… that are votes (%(default)s)")
    add("--version-1-share", type=float, default=0.0, metavar="SHARE", help="… that have version 1 (%(default)s)")
    add("--skip-share", type=float, default=0.02, metavar="SHARE", help="slots without a block (%(default)s)")
    add("--truth", type=Path, metavar="FILE", help="write one JSON line per generated swap: what must come out")


def _add_node(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("how it serves")
    add = group.add_argument
    add("--slot-milliseconds", type=float, metavar="MS", help="slot time (300; with --record 0: all at once)")
    add("--preload-blocks", type=_positive, metavar="N", help="blocks that are there at the start (32, or the record)")
    add("--ahead-blocks", type=_count, default=0, metavar="N", help="blocks made before the start, for measurements")
    add("--paused", action="store_true", help="produce nothing until /localnet/continue or /localnet/produce")
    add("--ledger-slots", type=_positive, default=10_000, metavar="N", help="blocks kept (%(default)s)")
    add("--ledger-megabytes", type=_positive, default=1024, metavar="MB", help="memory their texts take (%(default)s)")
    add("--confirmed-lag-slots", type=_count, default=0, metavar="N", help="confirmed behind processed (%(default)s)")
    add("--finalized-lag-slots", type=_count, default=0, metavar="N", help="finalized behind processed (%(default)s)")
    add("--nodes", type=_positive, default=1, metavar="N", help="nodes over one chain; the faults are the last one's")
    add("--host", default=HOST, metavar="ADDRESS", help="listen here (%(default)s); in a container 0.0.0.0")
    add("--http-port", type=_count, default=0, metavar="PORT", help="RPC (0: a free one)")
    add("--ws-port", type=_count, default=0, metavar="PORT", help="PubSub (0: the one after RPC's)")
    add("--unless-rpc-url", action="store_true", help="serve nothing and end with 0 when SOLANA_RPC_URL is set")
    add("--for", dest="for_seconds", type=float, metavar="SECONDS", help="stop by itself")
    add("--json", action="store_true", help="print URLs, genesis hash and slots as one line of JSON")


def _slots(text: str) -> frozenset[int]:
    return frozenset(int(part) for part in text.split(","))


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError(f"{text} is below 0")
    return number


def _positive(text: str) -> int:
    number = int(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text} is not above 0")
    return number


def _metavar(name: str, default: Any) -> str:
    if name.endswith("_seconds"):
        return "SECONDS"
    return "N" if isinstance(default, int) else "SHARE"
