"""`indexer chart`: the candles of a pool in the terminal, or as a picture; without a pool, the most traded ones."""

import argparse
import asyncio
import re
import sys
from collections import Counter
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from indexer.chart_bars import Bar, Chart
from indexer.chart_png import write_png
from indexer.chart_text import draw
from indexer.clickhouse import target_of
from indexer.config import Settings
from indexer.errors import DataError, UsageError
from indexer.message import INTERVALS
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.sql import ask, ends_at_ctrl_c
from indexer.tokens import token_name

EPILOG = """\
examples:
  indexer chart                                the most traded pools
  indexer chart 58oQ...YQo2                    the last 60 one-minute windows of a pool
  indexer chart 58oQ...YQo2 --interval 1h --last 168 --png week.png
  indexer chart 58oQ...YQo2 --pair SOL/USDC    of a pool that trades several; else the most traded one
  CLICKHOUSE_URL=http://user:password@ch:8123/dex indexer chart 58oQ...YQo2

It reads the table the ClickHouse sink fills: `indexer up` runs all of it on this machine. A window closes when the
chain's time has passed it. A yellow candle touches a missing slot.
"""
_PLAIN_WIDTH = 120
_ADDRESS = re.compile(r"[1-9A-HJ-NP-Za-km-z]{1,44}")
_POOLS = 15
_NEAR = 3
_CANDIDATES = 60
# The table of swaps may hold billions: what is read of it is bounded by time or comes from the end of a projection.
# The pools that traded in its last hour, and of those the most traded by the candles of a day.
_MOST_TRADED = f"""SELECT pool, argMax(program, trades) AS program, base_mint, quote_mint, sum(trades) AS swaps,
    uniq(open_time) AS windows FROM candles_final WHERE interval = '1m'
    AND open_time > (SELECT max(open_time) FROM candles) - INTERVAL 1 DAY
    AND pool IN (SELECT pool FROM swaps WHERE block_time > (SELECT max(block_time) FROM swaps) - INTERVAL 1 HOUR
        GROUP BY pool ORDER BY count() DESC, pool LIMIT {_CANDIDATES})
    GROUP BY pool, base_mint, quote_mint ORDER BY swaps DESC, pool LIMIT {_POOLS}"""  # noqa: S608 - constants
_BARS = """SELECT toUnixTimestamp(open_time), open, high, low, close, quote_volume, trades, incomplete,
    program, base_mint, quote_mint, decimals
    FROM candles_final LEFT JOIN (
        SELECT quote_mint AS mint, any(quote_decimals) AS decimals
        FROM newest_trades_of_pool(pool = '{pool}', n = 100) GROUP BY mint
    ) AS known ON mint = quote_mint
    WHERE pool = '{pool}' AND interval = '{interval}' AND open_time >
    (SELECT max(open_time) FROM candles WHERE pool = '{pool}' AND interval = '{interval}') - toIntervalSecond({seconds})
    ORDER BY open_time"""
_NEAREST = """SELECT DISTINCT pool FROM
    (SELECT pool FROM last_prices UNION ALL SELECT pool FROM (SELECT pool FROM swaps WHERE pool = '{pool}' LIMIT 1))
    ORDER BY startsWith(pool, '{pool}') DESC, editDistance(pool, '{pool}'), pool LIMIT {most}"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own flags."""
    parser.add_argument("pool", nargs="?", metavar="POOL", help="address of a pool; without one, the most traded")
    parser.add_argument("--interval", choices=tuple(INTERVALS), default="1m", help="length of a window (%(default)s)")
    parser.add_argument("--last", type=int, default=60, metavar="N", help="windows, up to the last one (%(default)s)")
    parser.add_argument("--pair", metavar="BASE/QUOTE", help="as a chart's title has it (the most traded one)")
    parser.add_argument("--png", type=Path, metavar="FILE", help="write a picture there instead")
    add_settings_flags(parser)
    parser.set_defaults(run=chart_command)


def chart_command(args: argparse.Namespace) -> int:
    """0; 2 for what is no pool's address, 3 when the database cannot be had, 4 when it has no such candles."""
    ends_at_ctrl_c()
    settings = load_settings(args)
    if not 0 < args.last <= settings.sql_rows:
        raise UsageError(
            f"--last takes 1 to {settings.sql_rows}, not {args.last}", hint="INDEXER_SQL_ROWS is the limit"
        )
    if args.pool is None:
        _print_pools(_rows(settings, _MOST_TRADED))
        return 0
    if not _ADDRESS.fullmatch(args.pool):
        raise UsageError(f"{args.pool!r} is no address", hint="`indexer chart` alone lists the most traded pools")
    _check_target(args.png)
    chart, others = _chart(settings, args)
    if args.png is not None:
        write_png(chart, args.png)
        sys.stdout.write(f"{chart.title}\n{chart.summary()}\nwrote {args.png}\n")
    else:
        console = Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH, highlight=False)
        console.print(draw(chart, console.width), soft_wrap=True, end="")
    if others:
        sys.stderr.write(f"this pool traded other pairs too, shown with --pair: {', '.join(others)}\n")
    return 0


def _chart(settings: Settings, args: argparse.Namespace) -> tuple[Chart, list[str]]:
    """The pair asked for, or the most traded, and the names of the pool's other pairs. Raises DataError."""
    seconds = INTERVALS[args.interval]
    query = _BARS.format(pool=args.pool, interval=args.interval, seconds=args.last * seconds)
    rows = _rows(settings, query)
    if not rows:
        raise _no_candles(settings, args)
    traded: Counter[tuple[str, str]] = Counter()
    for row in rows:
        traded[row[9], row[10]] += row[6]
    pairs = {_name(*pair): pair for pair, _ in traded.most_common()}
    shown = args.pair or next(iter(pairs))
    if shown not in pairs:
        raise DataError(f"no {shown} in these windows of pool {args.pool}", hint=f"there is {', '.join(pairs)}")
    base, quote = pairs.pop(shown)
    own = [row for row in rows if (row[9], row[10]) == (base, quote)]
    names = ("time", "open", "high", "low", "close", "volume", "trades", "incomplete")
    chart = Chart(
        pool=args.pool, program=own[-1][8], base_mint=base, quote_mint=quote, interval=args.interval, seconds=seconds,
        quote_decimals=own[-1][11], bars=tuple(Bar(**dict(zip(names, row, strict=False))) for row in own),
    )  # fmt: skip
    return chart, list(pairs)


def _name(base: str, quote: str) -> str:
    return f"{token_name(base)}/{token_name(quote)}"


def _check_target(path: Path | None) -> None:
    """Before anything is asked: a picture that cannot be written, or would not be one."""
    if path is not None and path.suffix.lower() != ".png":
        raise UsageError(f"--png writes a PNG, not {path.name!r}", hint=f"--png {path.with_suffix('.png')}")


def _no_candles(settings: Settings, args: argparse.Namespace) -> DataError:
    near = [name for (name,) in _rows(settings, _NEAREST.format(pool=args.pool, most=_NEAR))]
    if args.pool in near:
        return DataError(
            f"pool {args.pool} has no closed {args.interval} candle yet",
            hint="a window closes when the chain's time has passed its end, and `indexer candles` runs",
        )
    hint = f"near it: {', '.join(near)}" if near else "nothing is stored yet; `indexer up` fills it"
    return DataError(f"no swap of a pool {args.pool} is stored", hint=hint)


def _rows(settings: Settings, query: str) -> list[list[Any]]:
    """Ask as `indexer sql` does. Raises PeerError, DataError, UsageError."""
    body = asyncio.run(ask(target_of(settings), settings, query))
    if "error" in body:
        raise UsageError(body["error"], hint=body.get("hint", ""))
    return list(body["rows"][: settings.sql_rows])


def _print_pools(rows: list[list[Any]]) -> None:
    if not rows:
        raise DataError(
            "no candle is stored yet", hint="`indexer up`, or `indexer candles` and `indexer clickhouse run`, make them"
        )
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name in ("pool", "program", "pair"):
        table.add_column(name, overflow="fold")
    table.add_column("swaps", justify="right")
    table.add_column("1m candles", justify="right")
    for pool, program, base, quote, swaps, windows in rows:
        table.add_row(pool, program, _name(base, quote), f"{swaps:,}", f"{windows:,}")
    Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH).print(table)
