"""Ports and clusters of real servers for tests."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from indexer.embedded import NatsServer

MONITORED = 'http: "127.0.0.1:-1"\n'


def free_ports(count: int) -> list[int]:
    """Ports nobody listens on now."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(each.getsockname()[1]) for each in sockets]
    for each in sockets:
        each.close()
    return ports


def monitoring_of(server: NatsServer) -> str:
    """The monitoring address of a server that was started with ``MONITORED``."""
    (path,) = (server.store_dir / "ports").glob("*.ports")
    return str(json.loads(path.read_text())["monitoring"][0])


@asynccontextmanager
async def cluster(folder: Path, size: int = 3) -> AsyncIterator[list[NatsServer]]:
    """A cluster of real servers with monitoring, each with a store in ``folder``."""
    ports = free_ports(size)
    routes = ", ".join(f"nats://127.0.0.1:{port}" for port in ports)
    async with AsyncExitStack() as stack:
        servers = [
            NatsServer(
                store_dir=folder / f"n{port}",
                name=f"n{port}",
                sync="2m",
                extra=f'{MONITORED}cluster {{ name: c, listen: "127.0.0.1:{port}", routes: [{routes}] }}',
            )
            for port in ports
        ]
        await asyncio.gather(*(stack.enter_async_context(server) for server in servers))
        yield servers
