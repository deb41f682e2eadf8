"""Several nats-servers as one cluster on loopback."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import nats
import orjson
from nats.errors import Error as NatsError

from indexer.embedded import NatsServer

_ASK_SECONDS = 2
_MEET_SECONDS = 60
_HELD: list[socket.socket] = []


def free_ports(count: int) -> list[int]:
    """So many ports for who is told them: the system gives them to nobody else while this process lives."""
    for _ in range(count):
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # with it, another may listen where we only stand
        held.bind(("127.0.0.1", 0))
        _HELD.append(held)
    return [int(each.getsockname()[1]) for each in _HELD[len(_HELD) - count :]]


@asynccontextmanager
async def cluster(
    folder: Path, *, nodes: int = 3, sync: str = "2m", extra: str = ""
) -> AsyncIterator[list[NatsServer]]:
    """Nodes that have met; a node's name is that of its folder, ``extra`` goes into the configuration of each."""
    ports = free_ports(nodes)
    routes = ", ".join(f"nats://127.0.0.1:{port}" for port in ports)
    async with AsyncExitStack() as stack:
        servers = [
            NatsServer(
                store_dir=folder / f"n{port}",
                name=f"n{port}",
                sync=sync,
                extra=f'{extra}cluster {{ name: c, listen: "127.0.0.1:{port}", routes: [{routes}] }}',
            )
            for port in ports
        ]
        await asyncio.gather(*(stack.enter_async_context(server) for server in servers))
        async with asyncio.timeout(_MEET_SECONDS):
            for server in servers:
                while not await _knows(server, nodes):
                    await asyncio.sleep(0.02)
        yield servers


async def _knows(server: NatsServer, nodes: int) -> bool:
    """Whether who connects is told of all the others."""
    client = await nats.connect(server.url)
    try:
        return len(client.servers) == nodes
    finally:
        await client.close()


async def leader(servers: Sequence[NatsServer], stream: str = "dex-swaps") -> NatsServer | None:
    """The node that leads a stream now; None while there is none."""
    state = (await _info(servers, stream)).get("cluster", {})
    return next((server for server in servers if server.running and server.store_dir.name == state.get("leader")), None)


async def replicas_agree(servers: Sequence[NatsServer], stream: str = "dex-swaps") -> bool:
    """Whether the stream's leader knows every replica as up to date."""
    state = (await _info(servers, stream)).get("cluster", {})
    others = state.get("replicas", [])
    return len(others) == len(servers) - 1 and all(
        one["current"] and not one.get("offline") and not one.get("lag") for one in others
    )


async def _info(servers: Sequence[NatsServer], stream: str) -> dict[str, Any]:
    """STREAM.INFO from whoever answers; empty when nobody does."""
    urls = [server.url for server in servers if server.running]
    try:
        client = await nats.connect(urls, connect_timeout=_ASK_SECONDS, allow_reconnect=False)
    except (OSError, TimeoutError, NatsError):
        return {}
    try:
        answer = await client.request(f"$JS.API.STREAM.INFO.{stream}", b"", timeout=_ASK_SECONDS)
        return dict(orjson.loads(answer.data))
    except (TimeoutError, NatsError):
        return {}
    finally:
        await client.close()
