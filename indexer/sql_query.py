"""What `indexer sql` lets through, and values as text and JSON. Pure. The database reads only, too."""

import difflib
import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from indexer.errors import UsageError

_COMMENT = r"--[^\n]*|#[^\n]*|/\*.*?\*/"
_NOT_CODE = re.compile(
    rf"(?P<text>'(?:[^'\\]|\\.|'')*'|\"(?:[^\"\\]|\\.)*\"|`(?:[^`\\]|\\.)*`|\$(\w*)\$.*?\$\2\$)|{_COMMENT}",
    re.DOTALL,
)
_READS = ("SELECT", "WITH", "SHOW", "DESCRIBE", "DESC", "EXPLAIN", "EXISTS")
#: in readonly mode too the embedded engine writes files; so the word is refused wherever it stands
_OUTFILE = re.compile(r"\bOUTFILE\b", re.IGNORECASE)
_FORMAT = re.compile(r"\bFORMAT\s+\w+\s*$", re.IGNORECASE)
_NEAR = 0.75
_SYNTAX, _UNKNOWN_TABLE, _UNKNOWN_NAME, _TOO_LONG, _MEMORY, _TOO_LARGE = 62, 60, 47, 159, 241, 396


def checked(query: str, *, at_most_bytes: int) -> str:
    """The one statement of ``query``, without its semicolon. Raises UsageError for anything that does not only read."""
    if len(query.encode()) > at_most_bytes:
        raise UsageError(f"a query of more than {at_most_bytes} bytes", hint="INDEXER_SQL_QUERY_BYTES is the limit")
    code = _NOT_CODE.sub(lambda found: " '' " if found["text"] else " ", query).strip()
    code = code.removesuffix(";").rstrip()
    words = code.lstrip(" (\n\t").split(None, 1)
    if not words:
        raise UsageError("an empty query", hint='for example: indexer sql "SHOW TABLES"')
    if words[0].upper() not in _READS:
        near = difflib.get_close_matches(words[0].upper(), _READS, n=1, cutoff=_NEAR)
        raise UsageError(
            f"{words[0].upper()} is not let through: this reads only ({', '.join(_READS)})",
            hint=f"did you mean {near[0]}?" if near else 'for example: indexer sql "SELECT count() FROM swaps"',
        )
    if ";" in code:
        raise UsageError("more than one statement", hint="one query at a time")
    if _OUTFILE.search(query):
        raise UsageError("INTO OUTFILE is not let through", hint="--csv and --json write to standard output")
    if _FORMAT.search(code):
        raise UsageError("FORMAT is chosen by flags", hint="--json or --csv")
    return query.strip().removesuffix(";").rstrip()


def limits(*, seconds: float, rows: int, answer_bytes: int, memory_bytes: int) -> dict[str, int | str]:
    """The settings of a session that only reads; one row more than is shown, to know of it."""
    return {
        "max_execution_time": math.ceil(seconds),
        "limit": rows + 1,
        "max_result_bytes": answer_bytes,
        "max_memory_usage": memory_bytes,
        "readonly": 1,
    }


def hint_of(code: int | None, tables: str) -> str:
    """What to do next after the database's error ``code``."""
    return {
        _SYNTAX: "the column is where ClickHouse's SQL could not go on",
        _UNKNOWN_TABLE: f"there are: {tables}",
        _UNKNOWN_NAME: 'the columns of a table: indexer sql "DESCRIBE swaps"',
        _TOO_LONG: "narrow it by slot or block_time, or raise INDEXER_SQL_SECONDS",
        _MEMORY: "narrow it by slot or block_time, or raise INDEXER_SQL_MEMORY_BYTES",
        _TOO_LARGE: "select fewer columns or rows, or raise INDEXER_SQL_ANSWER_BYTES",
    }.get(code or 0, 'indexer sql "SHOW TABLES" says what there is')


def plain(value: Any) -> Any:
    """A value as JSON has it: times as text, what no number can say as null; whole numbers stay whole."""
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, str | bool | int) else _worded(value)


def _worded(value: Any) -> str:
    if isinstance(value, datetime):
        return value.replace(tzinfo=None).isoformat(" ")
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
