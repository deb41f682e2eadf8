"""A query and its answer: by the database itself, or over loopback by the process that has the engine's directory.

That process is asked with the standard library: of a short command's time the other client would be a third.
"""

import asyncio
import json
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from indexer.clickhouse import ClickHouse, QueryError, Target
from indexer.config import Settings
from indexer.errors import PeerError, UsageError
from indexer.sql_query import checked, hint_of, limits, plain

HOST = "127.0.0.1"
PATH = "/query"
LIMITS = ("seconds", "rows", "answer_bytes", "memory_bytes")
_FORBIDDEN, _UNAVAILABLE = 403, 503


async def answer(database: ClickHouse, settings: Settings, query: str) -> dict[str, Any]:
    """Names and rows of a query, or its error and what to do next. Raises TransientError."""
    try:
        statement = checked(query, at_most_bytes=settings.sql_query_bytes)
        names, rows = await database.table(statement)
    except UsageError as error:
        return {"error": str(error), "hint": error.hint}
    except QueryError as error:
        tables = ", ".join(name for (name,) in await database.rows("SHOW TABLES"))
        return {"error": str(error), "hint": hint_of(error.code, tables)}
    return {"columns": names, "rows": [[plain(value) for value in row] for row in rows]}


async def over_loopback(target: Target, settings: Settings, query: str) -> dict[str, Any] | None:
    """The answer of the process that has the directory; None when none does. Raises PeerError."""
    try:
        place = json.loads(port_file(target).read_text())
        port, token = int(place["port"]), str(place["token"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    try:
        got = await asyncio.to_thread(_posted, port, token, settings, query)
        if got is None or got[0] == _FORBIDDEN:  # another process has taken a dead one's port
            return None
        body: dict[str, Any] = json.loads(got[1])
    except (OSError, HTTPException, ValueError, OverflowError) as error:
        raise PeerError(f"the process that has {target.directory} does not answer: {type(error).__name__}") from error
    if got[0] == _UNAVAILABLE:  # it says why
        raise PeerError(body["error"])
    return body


def _posted(port: int, token: str, settings: Settings, query: str) -> tuple[int, bytes] | None:
    """Status and body; None when nobody listens."""
    # queries wait for each other there
    limit = 2 * settings.sql_seconds + settings.clickhouse_connect_seconds
    said = {name: getattr(settings, f"sql_{name}") for name in LIMITS}  # who asks says them, not who answers
    with closing(HTTPConnection(HOST, port, timeout=limit)) as connection:
        try:
            connection.connect()
        except ConnectionError:
            return None
        headers = {"Authorization": f"Bearer {token}"}
        connection.request("POST", f"{PATH}?{urlencode(said)}", body=query.encode(), headers=headers)
        response = connection.getresponse()
        return response.status, response.read()


def port_file(target: Target) -> Path:
    """Where the process that has the directory says how to ask it."""
    directory = target.directory or Path()
    return directory.with_name(f"{directory.name}.sql.json")


def session_limits(settings: Settings) -> dict[str, int | str]:
    """The limits of one query, as ClickHouse has them."""
    return limits(
        seconds=settings.sql_seconds,
        rows=settings.sql_rows,
        answer_bytes=settings.sql_answer_bytes,
        memory_bytes=settings.sql_memory_bytes,
    )
