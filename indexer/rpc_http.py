"""One JSON-RPC exchange over HTTP with one endpoint: what goes wrong becomes a typed error without the URL in it."""

import asyncio
import json
import time
import zlib
from typing import Any

import aiohttp
import msgspec

from indexer.config import Settings
from indexer.endpoints import Endpoint, retry_after
from indexer.metrics import Metrics
from indexer.rpc_errors import (
    BodyTooLarge,
    EndpointDown,
    ErrorObject,
    Garbage,
    RateLimited,
    RpcError,
    Unauthorized,
    UnsupportedVersion,
    typed_error,
)

#: From this size on a compressed body is unpacked in a thread: zlib releases the interpreter lock meanwhile.
_THREAD_BYTES = 64 * 1024
#: An error's body is read no further than this.
_ERROR_BODY_BYTES = 64 * 1024
#: A single large answer in the order nodes write it is cut out without reading it: its reader sees if it is not whole.
_SLICED_BYTES = 64 * 1024
_HEAD, _TAIL = b'{"jsonrpc":"2.0","result":', b',"id":0}'
_READ_BUFFER_BYTES = 1024 * 1024
_SAID_CHARACTERS = 300
_KEEPALIVE_SECONDS = 30
_OK = 200


class Reply(msgspec.Struct, gc=False):
    """One JSON-RPC answer; ``result`` stays text, so that a block of many megabytes is only sliced here."""

    id: int | str | None = None
    result: msgspec.Raw = msgspec.Raw(b"")
    error: ErrorObject | None = None


_ONE = msgspec.json.Decoder(Reply)
_MANY = msgspec.json.Decoder(list[Reply])

Calls = list[tuple[str, list[Any]]]
#: JSON text; a view where the result is most of a body of megabytes, which a copy would cost a millisecond
Text = bytes | memoryview


class RpcHttp:
    """The HTTP session of all endpoints. Retries nothing and waits no longer than the timeout."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings = settings
        self._metrics = metrics
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEPALIVE_SECONDS),
            timeout=aiohttp.ClientTimeout(total=settings.rpc_timeout_seconds),
            headers={"Content-Type": "application/json"},
            auto_decompress=False,
            read_bufsize=_READ_BUFFER_BYTES,
        )

    async def close(self) -> None:
        """Close every connection."""
        await self._session.close()

    async def exchange(self, endpoint: Endpoint, calls: Calls) -> list[Text]:
        """Send one call, or several as a batch; the ``result`` of each as JSON text, in order.

        Raises a RpcError or UnsupportedVersion for the first call that has no result.
        """
        requests = [
            {"jsonrpc": "2.0", "id": index, "method": method, "params": params}
            for index, (method, params) in enumerate(calls)
        ]
        sent = json.dumps(requests[0] if len(calls) == 1 else requests).encode()
        try:
            body = await self._post(endpoint, sent)
        except TimeoutError:
            raise EndpointDown(f"no answer in {self._settings.rpc_timeout_seconds:g} s") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            # not chained: these exceptions hold the URL, and with it the key
            raise EndpointDown(endpoint.scrub(error) or type(error).__name__) from None
        return self._results(endpoint, body, len(calls))

    async def _post(self, endpoint: Endpoint, sent: bytes) -> bytes:
        wanted = {"Accept-Encoding": "gzip" if self._wants_gzip(endpoint) else "identity"}
        async with self._session.post(endpoint.url, data=sent, headers=wanted, allow_redirects=False) as response:
            if response.status != _OK:
                raise await self._http_error(endpoint, response)
            packed = await self._read(response, self._settings.rpc_body_bytes)
            body = await self._unpack(packed, response.headers.get("Content-Encoding", "identity").lower())
            self._metrics.rpc_bytes.inc(len(body))
            if not body[:64].lstrip().startswith((b"{", b"[")):
                kind = response.headers.get("Content-Type", "no content type").partition(";")[0]
                raise Garbage(f"answered {len(body)} bytes of {kind}, not JSON")
            return body

    def _wants_gzip(self, endpoint: Endpoint) -> bool:
        return self._settings.rpc_gzip == "yes" or (self._settings.rpc_gzip == "auto" and not endpoint.is_loopback)

    async def _read(self, response: aiohttp.ClientResponse, limit: int) -> bytes:
        chunks, size = [], 0
        async for chunk, _ in response.content.iter_chunks():  # iter_any would join what has piled up, and we again
            chunks.append(chunk)
            size += len(chunk)
            if size > limit:
                raise self._too_large(limit)
        return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _unpack(self, packed: bytes, encoding: str) -> bytes:
        if encoding == "identity":
            return packed
        if encoding != "gzip":
            raise Garbage(f"answered with content encoding {encoding[:20]!r}, which was not asked for")
        limit = self._settings.rpc_body_bytes
        try:
            unpacked = (
                _gunzip(packed, limit)
                if len(packed) < _THREAD_BYTES
                else await asyncio.to_thread(_gunzip, packed, limit)
            )
        except zlib.error as error:
            raise Garbage(f"broken gzip body: {error}") from error
        if len(unpacked) > limit:
            raise self._too_large(limit)
        return unpacked

    def _too_large(self, limit: int) -> BodyTooLarge:
        return BodyTooLarge(f"the answer is larger than {limit} bytes (INDEXER_RPC_BODY_BYTES)")

    async def _http_error(self, endpoint: Endpoint, response: aiohttp.ClientResponse) -> Exception:
        status, pause = response.status, retry_after(response.headers.get("Retry-After"), now=time.time())
        if status == 429:  # noqa: PLR2004 - HTTP status codes are their own names
            return RateLimited("too many requests (HTTP 429)", retry_after_seconds=pause)
        if status in (401, 403):
            return Unauthorized(f"the endpoint refuses us (HTTP {status}): is the API key right?")
        if 300 <= status < 400:  # noqa: PLR2004
            return EndpointDown(f"the endpoint redirects elsewhere (HTTP {status}): is the URL right?")
        try:
            packed = await self._read(response, _ERROR_BODY_BYTES)
            body = await self._unpack(packed, response.headers.get("Content-Encoding", "identity").lower())
            error = _ONE.decode(body).error
        except (RpcError, msgspec.MsgspecError, UnicodeDecodeError):
            error = None
        if error is not None:
            return self._typed(endpoint, error)
        return EndpointDown(f"HTTP {status}", retry_after_seconds=pause)

    def _results(self, endpoint: Endpoint, body: bytes, calls: int) -> list[Text]:
        if calls == 1 and len(body) > _SLICED_BYTES and body.startswith(_HEAD) and body.endswith(_TAIL):
            return [memoryview(body)[len(_HEAD) : -len(_TAIL)]]
        try:
            replies = [_ONE.decode(body)] if body[:64].lstrip().startswith(b"{") else _MANY.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Garbage(f"answered {len(body)} bytes that are not JSON-RPC: {error}") from error
        for reply in replies:
            if reply.error is not None:
                raise self._typed(endpoint, reply.error)
        by_id = {reply.id: bytes(reply.result) for reply in replies}
        results: list[Text] = [by_id.get(index, b"") for index in range(calls)]
        if not all(results):
            raise Garbage(f"{results.count(b'')} of {calls} calls have no result")
        return results

    def _typed(self, endpoint: Endpoint, error: ErrorObject) -> RpcError | UnsupportedVersion:
        said = ErrorObject(code=error.code, message=endpoint.scrub(error.message)[:_SAID_CHARACTERS], data=error.data)
        return typed_error(said, max_tx_version=self._settings.max_tx_version)


def _gunzip(packed: bytes, limit: int) -> bytes:
    """The unpacked body; one byte more than ``limit`` when it is larger. Raises zlib.error."""
    unpacker = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    unpacked = unpacker.decompress(packed, limit + 1)
    if not unpacker.eof and len(unpacked) <= limit:
        raise zlib.error("it ends early")
    return unpacked
