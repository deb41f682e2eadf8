"""Go-betweens: a host that stands between the daemon and the localnet and changes what passes, or guards a key."""

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from http import HTTPStatus
from typing import Any

import aiohttp
import orjson
from aiohttp import web
from websockets.asyncio.client import ClientConnection, connect
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response

#: From a request and the result of its answer to another result
Change = Callable[[dict[str, Any], Any], Any]


@asynccontextmanager
async def rpc_between(url: str, *, key: str = "", change: Change = lambda _, result: result) -> AsyncIterator[str]:
    """Forward JSON-RPC calls to ``url``; who asks without ``key`` in path or query gets a 401 that repeats the URL."""

    async def pass_on(request: web.Request) -> web.Response:
        if key not in request.path_qs:
            return web.Response(status=401, text=f"who are you? {request.url} is not for you")
        call = orjson.loads(await request.read())
        async with session.post(url, json=call) as answer:
            told = orjson.loads(await answer.read())
        if "result" in told:
            told["result"] = change(call, told["result"])
        return web.Response(body=orjson.dumps(told), content_type="application/json")

    application = web.Application()
    application.router.add_post("/{anything:.*}", pass_on)
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    async with aiohttp.ClientSession() as session:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}"
        finally:
            await runner.cleanup()


@asynccontextmanager
async def pubsub_between(url: str, *, key: str = "", garbage: Sequence[str | bytes] = ()) -> AsyncIterator[str]:
    """Forward frames both ways, each of the node's followed by the next piece of ``garbage``."""

    def guard(connection: ServerConnection, request: Request) -> Response | None:
        if key in request.path:
            return None
        return connection.respond(HTTPStatus.UNAUTHORIZED, f"who are you? {request.path} is not for you\n")

    async def pass_on(connection: ServerConnection) -> None:
        async with connect(url, max_size=None) as node:
            ways = (
                asyncio.create_task(_upwards(connection, node)),
                asyncio.create_task(_downwards(connection, node, garbage)),
            )
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)

    async with serve(pass_on, "127.0.0.1", 0, process_request=guard) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        yield f"ws://127.0.0.1:{port}"


async def _upwards(connection: ServerConnection, node: ClientConnection) -> None:
    with contextlib.suppress(ConnectionClosed):
        async for frame in connection:
            await node.send(frame)


async def _downwards(connection: ServerConnection, node: ClientConnection, garbage: Sequence[str | bytes]) -> None:
    with contextlib.suppress(ConnectionClosed):
        for turn in itertools.count():
            await connection.send(await node.recv())
            if garbage:
                await connection.send(garbage[turn % len(garbage)])
