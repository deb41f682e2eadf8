"""`make bench`: measures and prints; it never fails for being slow. Writes bench.json beside it."""

import argparse
import asyncio
import os
import platform
import sys
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from tests.bench import candles, decoding, embedded, running, sinking

_ROOT = Path(__file__).resolve().parents[2]
_PARTS = ("decode", "recorded", "generated", "latency", "candles", "sink", "embedded")
_WIDTH = 140  # of a table that goes to a file
_DENSE = 332254908
_GENERATED = ("--generate", "--transactions", "1300", "--vote-share", "0.7", "--swap-share", "0.074")  # some 150 swaps
_PACED = ("--slot-milliseconds", "300", "--ahead-blocks", "200")
_REAL_TIME_BLOCKS_A_SECOND = 3.3


def main() -> int:
    """Run what is asked for and print it."""
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--only", choices=_PARTS, help="one part alone")
    parser.add_argument("--blocks", type=int, default=200, help="blocks of a catch-up (%(default)s)")
    parser.add_argument("--seconds", type=float, default=60, help="length of the runs at a pace (%(default)s)")
    parser.add_argument("--rate", type=float, default=5000, help="swaps a second, everything embedded (%(default)s)")
    parser.add_argument("--rows", type=int, default=300_000, help="swaps into the sink (%(default)s)")
    parser.add_argument("--json", type=Path, default=_ROOT / "bench.json", help="where the figures go (%(default)s)")
    args = parser.parse_args()
    results: dict[str, Any] = {
        "machine": f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    }
    asyncio.run(_measure(args, results))
    args.json.write_bytes(orjson.dumps(results, option=orjson.OPT_INDENT_2))
    return 0


async def _measure(args: argparse.Namespace, results: dict[str, Any]) -> None:
    corpus = (_ROOT / os.environ.get("INDEXER_CORPUS", "../shared/corpus")).resolve()
    recorded = corpus.is_dir()
    wanted = [args.only] if args.only else list(_PARTS)
    console = Console(width=None if sys.stdout.isatty() else _WIDTH)
    console.print(results["machine"])
    if "decode" in wanted:
        results["programs"] = decoding.by_program(corpus, _ROOT / "tests" / "decoders" / "goldens")
        _print(
            console,
            "a transaction of each program: JSON text to call trace, call trace to swaps; decoding to other times",
            results["programs"],
        )
    if "decode" in wanted and recorded:
        results["transactions"] = decoding.transactions(corpus)
        _print(console, "recorded transactions, JSON text to swaps", [results["transactions"]])
        results["blocks"] = decoding.blocks(corpus)
        _print(console, "recorded blocks, JSON text to encoded messages", results["blocks"])
    if "recorded" in wanted and recorded:
        record = ("--record", str(corpus), "--repeat", str(_DENSE), "--copies", str(args.blocks))
        results["catch_up_recorded"] = await running.catch_up(*record, blocks=args.blocks)
        _catch_up(console, f"catch-up, block {_DENSE} under {args.blocks} slots", results["catch_up_recorded"])
    if "generated" in wanted:
        ahead = (*_GENERATED, "--slot-milliseconds", "300", "--paused", "--preload-blocks", str(args.blocks))
        results["catch_up_generated"] = await running.catch_up(*ahead, blocks=args.blocks)
        _catch_up(console, "catch-up, generated: 1,300 transactions, 70 % votes", results["catch_up_generated"])
    if "latency" in wanted:
        results["latency"] = await running.latency(*_GENERATED, *_PACED, seconds=args.seconds)
        _print(console, "first notification to ack at real time, generated blocks", [results["latency"]])
    if "sink" in wanted:
        results["sink"] = await sinking.sink_rate(args.rows)
        _print(console, "the sink alone: swaps and markers into embedded ClickHouse", [results["sink"]])
    if "embedded" in wanted:
        results["embedded"] = found = await embedded.embedded(rate=args.rate, seconds=args.seconds)
        _print(console, f"everything embedded at {args.rate:,g} swaps/s, each in ClickHouse once", found["run"])
        _print(console, "how far each consumer was behind the stream", found["lag"])
        _print(console, "share of one core, and memory", found["processes"])
    if "candles" in wanted:
        results["candles"] = [candles.alone(), await candles.process(), await candles.many_pools()]
        _print(console, "candles: payloads to payloads; from stream to streams with snapshots", results["candles"])
        results["candles_memory"] = await candles.memory_of_its_own()
        _print(console, "candles: every pool active in every minute, three intervals", [results["candles_memory"]])


def _catch_up(console: Console, title: str, row: dict[str, float]) -> None:
    row["times_real_time"] = row["blocks_per_second"] / _REAL_TIME_BLOCKS_A_SECOND
    _print(console, title, [row])


def _print(console: Console, title: str, rows: list[dict[str, Any]]) -> None:
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = Table(*names, title=title, title_justify="left", header_style="bold")
    for row in rows:
        cells = [row.get(name, "") for name in names]
        table.add_row(*(f"{value:,.2f}" if isinstance(value, float) else f"{value}" for value in cells))
    console.print(table)


if __name__ == "__main__":
    sys.exit(main())
