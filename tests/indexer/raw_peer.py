"""A TCP peer that speaks HTTP badly on purpose: it reads a request and writes the exact bytes a test wants."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

GENESIS = "RawPeerGenesis1111111111111111111111111111"

#: From the decoded JSON-RPC request to the raw bytes of the HTTP response; None hangs up, nothing is silence.
Answer = Callable[[Any], bytes | None]


@dataclass(kw_only=True)
class RawPeer:
    """``url`` to ask it; ``requests`` are what it was asked, decoded; ``headers`` of the last one."""

    url: str
    requests: list[Any] = field(default_factory=list)
    headers: str = ""


def http(body: bytes, *, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    """An HTTP response; ``length`` lies about the body's."""
    size = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Length: {size}\r\n{headers}\r\n"
    return head.encode() + body


def result(request: Any, value: Any, *, packed: bool = False) -> bytes:
    """A good JSON-RPC answer."""
    body = json.dumps({"jsonrpc": "2.0", "result": value, "id": request["id"]}).encode()
    kind = "Content-Type: application/json\r\n"
    return (
        http(gzip.compress(body), headers=kind + "Content-Encoding: gzip\r\n") if packed else http(body, headers=kind)
    )


def refusal(request: Any, code: int, message: str, *, status: str = "200 OK") -> bytes:
    """A JSON-RPC error."""
    body = {"jsonrpc": "2.0", "error": {"code": code, "message": message}, "id": request["id"]}
    return http(json.dumps(body).encode(), status=status)


@asynccontextmanager
async def raw_peer(answer: Answer, *, path: str = "") -> AsyncIterator[RawPeer]:
    """Serve ``answer`` on loopback; a request for the genesis hash is answered well before it is asked."""
    peer = RawPeer(url="")
    open_writers: set[asyncio.StreamWriter] = set()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        open_writers.add(writer)
        try:
            while (written := await _turn(peer, reader, answer)) is not None:
                writer.write(written)
                await writer.drain()
                if b"Connection: close" in written:
                    break
        except (OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            open_writers.discard(writer)
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    peer.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}{path}"
    try:
        yield peer
    finally:
        server.close()
        for writer in list(open_writers):
            writer.close()
        await server.wait_closed()


async def _turn(peer: RawPeer, reader: asyncio.StreamReader, answer: Answer) -> bytes | None:
    head = (await reader.readuntil(b"\r\n\r\n")).decode()
    length = next(int(line.split(":")[1]) for line in head.lower().split("\r\n") if line.startswith("content-length"))
    request = json.loads(await reader.readexactly(length))
    peer.headers = head
    peer.requests.append(request)
    if isinstance(request, dict) and request["method"] == "getGenesisHash":
        said = answer(request) if getattr(answer, "tells_genesis", False) else None
        return said if said is not None else result(request, GENESIS)
    return answer(request)
