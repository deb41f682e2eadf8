"""`indexer sql`: one read-only query, as a table, JSON lines or CSV."""

import argparse
import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from indexer.clickhouse import ClickHouse, QueryError, Target, in_use, installed, target_of
from indexer.clickhouse_server import hint_of
from indexer.config import Settings
from indexer.errors import DataError, PeerError, TransientError, UsageError
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.sql_answer import answer, over_loopback, session_limits
from indexer.sql_query import checked

EPILOG = """\
examples:
  indexer sql "SELECT * FROM top_pools WHERE rank <= 5"
  indexer sql "SELECT hour, program, swaps, volume FROM volume_by_program ORDER BY hour DESC, swaps DESC"
  indexer sql --json "SELECT * FROM newest_trades_of_pool(pool = '58oQ...YQo2', n = 10)"
  indexer sql --csv --sql-rows 1000000 "SELECT * FROM candles_final WHERE interval = '1h'" > hours.csv
  indexer sql "SHOW TABLES"                    and "DESCRIBE swaps" for the columns
  CLICKHOUSE_URL=http://user:password@ch:8123/dex indexer sql "SELECT count() FROM swaps FINAL"

ClickHouse's SQL. A table that is wider than the terminal is shown row by row, a column a line. JSON has integers of any
size in full (amounts pass 53 bits), decimals and times as text. NULL is \\N in CSV, as ClickHouse has it, and an empty
text is ""; in JSON they are null and "". At most INDEXER_SQL_ROWS rows (--sql-rows).
"""
_CSV_NULL = "\\N"
_CSV_SPECIAL = frozenset(',"\r\n')
_UNBOUNDED = 1_000_000  # columns of what is no terminal: a pipe has no width
_MORE_TIMES = 100
_PAUSE_SECONDS = 0.2
_AWAY = ("is it starting or stopping just now? Try again in a moment", "is it running? CLICKHOUSE_URL names another")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The command's own flags."""
    parser.add_argument("query", metavar="QUERY", help="SELECT, SHOW, DESCRIBE, EXPLAIN or EXISTS")
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--json", action="store_true", help="a JSON object a row")
    shape.add_argument("--csv", action="store_true", help="comma separated, with the names first; NULL is \\N")
    add_settings_flags(parser)
    parser.set_defaults(run=sql_command)


def sql_command(args: argparse.Namespace) -> int:
    """0; 2 for a query that is wrong or not let through, 3 when the database cannot be had, 4 when there is none."""
    ends_at_ctrl_c()
    settings = load_settings(args)
    target = target_of(settings)
    checked(args.query, at_most_bytes=settings.sql_query_bytes)
    body = asyncio.run(ask(target, settings, args.query))
    if "error" in body:
        raise UsageError(body["error"], hint=body.get("hint", ""))
    names, rows = body["columns"], body["rows"]
    _print(args, names, rows[: settings.sql_rows])
    if len(rows) > settings.sql_rows:
        more = settings.sql_rows * _MORE_TIMES
        sys.stderr.write(f"the first {settings.sql_rows:,} rows of more; --sql-rows {more} allows so many\n")
    return 0


def ends_at_ctrl_c() -> None:
    """A command that only reads has nothing to put away, and the embedded engine does not let go of a query."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


async def ask(target: Target, settings: Settings, query: str) -> dict[str, Any]:
    """Ask the process that has the directory, or else the database itself. Raises PeerError, DataError."""
    deadline = time.monotonic() + settings.clickhouse_connect_seconds
    while True:
        if target.directory is not None:
            body = await _from_its_process(target, target.directory, settings, query, deadline)
            if body is not None:
                return body
        installed(target)
        try:
            async with ClickHouse(target, settings, limits=session_limits(settings)) as database:
                return await answer(database, settings, query)
        except QueryError as error:
            raise PeerError(f"{target}: {error}", hint=hint_of(error.code)) from error
        except TransientError as error:
            taken = target.directory is not None and in_use(target.directory)  # by one that has just started
            if not taken or time.monotonic() > deadline:
                raise PeerError(str(error), hint=_AWAY[target.directory is None]) from error


async def _from_its_process(
    target: Target, directory: Path, settings: Settings, query: str, deadline: float
) -> dict[str, Any] | None:
    """Of a process that has the directory, which may be starting or ending just now; None when none has it."""
    while (body := await over_loopback(target, settings, query)) is None and in_use(directory):
        if time.monotonic() > deadline:
            raise PeerError(
                f"{target} is in use by a process that answers no queries",
                hint="`indexer clickhouse run` and `indexer up` answer them; what else has it open?",
            )
        await asyncio.sleep(_PAUSE_SECONDS)
    if body is None and not target.is_there:
        raise DataError(
            f"there is no database in {directory}",
            hint="`indexer up` and `indexer clickhouse run` fill one; INDEXER_DATA_DIR or CLICKHOUSE_URL names it",
        )
    return body


def _print(args: argparse.Namespace, names: list[str], rows: list[list[Any]]) -> None:
    if args.json:
        for row in rows:
            sys.stdout.write(json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False) + "\n")
    elif args.csv:
        for row in (names, *rows):
            sys.stdout.write(",".join(map(_field, row)) + "\n")
    else:
        _table(names, rows)


def _field(value: Any) -> str:
    """A field of CSV. Quotes tell an empty text from none, and a text that looks like NULL; `csv` has no such rule."""
    if value is None:
        return _CSV_NULL
    text = _text(value)
    plain = text and text != _CSV_NULL and text == text.strip() and not _CSV_SPECIAL.intersection(text)
    return text if plain else '"' + text.replace('"', '""') + '"'


def _table(names: list[str], rows: list[list[Any]]) -> None:
    """Rows under their names where they fit the terminal, else a column a line: nothing is cut or broken in two."""
    table = Table(box=None, pad_edge=False)
    for index, name in enumerate(names):
        numbers = all(isinstance(row[index], int | float) for row in rows if row[index] is not None)
        table.add_column(Text(_printable(name), "bold"), justify="right" if numbers and rows else "left", no_wrap=True)
    for row in rows:
        table.add_row(*map(_cell, row))
    console = Console(width=None if sys.stdout.isatty() else _UNBOUNDED)
    wide = console.measure(table, options=console.options.update(max_width=_UNBOUNDED)).maximum
    if wide <= console.width:
        console.print(table)
        return
    left = max(map(len, names))
    for number, row in enumerate(rows, 1):
        console.rule(f"row {number}", align="left", style="dim")
        for name, value in zip(names, row, strict=True):
            line = Text(f"{_printable(name):>{left}}  ", "bold").append_text(_cell(value))
            console.print(line, soft_wrap=True)


def _cell(value: Any) -> Text:
    return Text("null", "dim") if value is None else Text(_printable(value), "")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return json.dumps(value, ensure_ascii=False) if isinstance(value, list | dict) else str(value)


def _printable(value: Any) -> str:
    """Names and texts of a chain come from anybody: no control character of them reaches a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in _text(value))
