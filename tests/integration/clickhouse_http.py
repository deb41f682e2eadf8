"""ClickHouse's HTTP interface over the embedded engine, for want of a server to install: what our client needs of it.

As a process: `python -m tests.integration.clickhouse_http DIRECTORY` prints its port. The database a request names is
used; users, passwords and settings are not looked at.
"""

import asyncio
import re
import sys
import tempfile
from pathlib import Path

import chdb
import lz4.frame  # type: ignore[import-untyped]
from aiohttp import web

_CODE = re.compile(r"Code: (\d+)\.")
_INSERT = re.compile(rb"\s*(INSERT INTO [^;]*?)\s+FORMAT\s+Native\s*\n", re.IGNORECASE)


class Server:
    """One connection of the engine, one request at a time."""

    def __init__(self, directory: str) -> None:
        self.connection = chdb.connect(directory)
        self.turn = asyncio.Lock()

    async def answer(self, request: web.Request) -> web.Response:
        """A query, a command or an insert of native blocks."""
        body = await request.read()
        if request.headers.get("Content-Encoding") == "lz4":
            body = lz4.frame.decompress(body)
        sent = request.query.get("query", "").encode() + body
        insert = _INSERT.match(sent)
        query, blocks = (insert[1], sent[insert.end() :]) if insert else (sent, b"")
        async with self.turn:
            try:
                done = await asyncio.to_thread(
                    self.run, request.query.get("database", "default"), query.decode(), blocks
                )
            except RuntimeError as error:
                code = _CODE.search(str(error))
                headers = {"X-ClickHouse-Exception-Code": code[1] if code else "1"}
                return web.Response(status=500, text=str(error), headers=headers)
        return web.Response(body=done, headers={"X-ClickHouse-Summary": "{}"})

    def run(self, database: str, query: str, blocks: bytes) -> bytes:
        """The answer's bytes. Raises RuntimeError as the engine does."""
        self.connection.query(f"USE `{database}`")
        if not blocks:
            return bytes(self.connection.query(query, "TabSeparated").bytes() or b"")
        with tempfile.NamedTemporaryFile(suffix=".native") as file:
            file.write(blocks)
            file.flush()
            self.connection.query(f"{query} SELECT * FROM file('{file.name}', Native)")  # noqa: S608 - a test's own
        return b""


async def main(directory: Path) -> None:
    """Serve on a free port of loopback, until killed."""
    server = Server(str(directory))
    app = web.Application(client_max_size=2**30)
    app.router.add_route("*", "/", server.answer)
    app.router.add_get("/ping", lambda _: asyncio.sleep(0, web.Response(text="Ok.\n")))
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201 - what the test waits for
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
