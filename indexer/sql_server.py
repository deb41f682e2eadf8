"""Read-only queries for other processes of this machine: the embedded engine's directory belongs to one process.

On loopback, to who can read the port file beside the directory (mode 600): it has the port and a token.
"""

import asyncio
import hmac
import json
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from aiohttp import web

from indexer.clickhouse import ClickHouse, QueryError, Target
from indexer.config import Settings
from indexer.errors import TransientError
from indexer.sql_answer import HOST, LIMITS, PATH, answer, port_file, session_limits

_MOST = 2**63


@asynccontextmanager
async def serve_sql(target: Target, settings: Settings) -> AsyncIterator[None]:
    """Answer queries while inside; the port file is there as long."""
    token = secrets.token_urlsafe(32)
    app = web.Application(client_max_size=settings.sql_query_bytes)
    app.router.add_post(PATH, _handler(target, settings, token))
    runner = web.AppRunner(app, access_log=None, handler_cancellation=True, shutdown_timeout=1)
    await runner.setup()
    path = port_file(target)
    try:
        await web.TCPSite(runner, HOST, 0).start()
        _write(path, {"port": runner.addresses[0][1], "token": token})
        yield
    finally:
        with suppress(OSError):
            path.unlink()
        await runner.cleanup()


def _handler(target: Target, settings: Settings, token: str) -> Any:
    one_at_a_time = asyncio.Lock()

    async def handle(request: web.Request) -> web.Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(given.encode(), token.encode()):
            return web.json_response({"error": "not with this token"}, status=403)
        try:
            asked = _asked(request.query, settings)
        except ValueError as error:
            return web.json_response({"error": f"no such limits: {error}", "hint": ""}, status=400)
        query = (await request.read()).decode(errors="replace")
        async with one_at_a_time, ClickHouse(target, asked, limits=session_limits(asked)) as database:
            try:
                body = await answer(database, asked, query)
            except asyncio.CancelledError:  # who asked is gone, or we end: the engine would work on for nobody
                await _end_query(target, settings)
                raise
            except TransientError as error:
                return web.json_response({"error": str(error), "hint": ""}, status=503)
        return web.json_response(body, status=400 if "error" in body else 200)

    return handle


async def _end_query(target: Target, settings: Settings) -> None:
    """End the one query that only reads: all others of this process write."""
    async with ClickHouse(target, settings) as database:
        with suppress(TransientError, QueryError):
            await database.rows("KILL QUERY WHERE Settings['readonly'] = '1'")


def _asked(given: Mapping[str, str], settings: Settings) -> Settings:
    """With the limits of who asks; our own where none is said. Raises ValueError."""
    said = {f"sql_{name}": (float if name == "seconds" else int)(given[name]) for name in LIMITS if name in given}
    if not all(0 < value < _MOST for value in said.values()):
        raise ValueError(f"above 0 and below {_MOST}")
    return settings.model_copy(update=said)


def _write(path: Path, content: dict[str, Any]) -> None:
    """Whole or not at all, for nobody else's eyes."""
    new = path.with_suffix(".new")
    with suppress(FileNotFoundError):
        new.unlink()
    descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file)
    new.replace(path)
