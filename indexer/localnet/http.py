"""The node's HTTP side: JSON-RPC 2.0 with batches and gzip, and a control path for its faults."""

import asyncio
import zlib
from contextlib import suppress
from typing import Any

import msgspec
import orjson
from aiohttp import web

from indexer.localnet.control import add_control
from indexer.localnet.faults import Faults
from indexer.localnet.methods import Methods, Result
from indexer.localnet.refusal import Refusal

_REQUEST_BYTES = 50 * 1024
#: smaller answers are not worth compressing
_GZIP_BYTES = 1024
_HTML = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
_FALSE = {
    "false_not_available": Refusal.not_available,
    "false_skipped": Refusal.skipped,
    "false_long_term_skipped": Refusal.long_term_skipped,
    "false_not_yet": Refusal.not_yet,
}


class _Call(msgspec.Struct):
    jsonrpc: Any = None
    method: Any = None
    params: Any = None
    id: msgspec.Raw = msgspec.Raw()


_BODY = msgspec.json.Decoder(msgspec.Raw)
_BATCH = msgspec.json.Decoder(list[msgspec.Raw])
_CALL = msgspec.json.Decoder(_Call)


class Http:
    """Answers POST / from ``methods``, with ``faults``; counts calls by method in ``calls``."""

    def __init__(self, methods: Methods, faults: Faults) -> None:
        self.calls: dict[str, int] = {}
        self._methods, self._faults = methods, faults

    def application(self, control: Any) -> web.Application:
        """The routes; ``control`` is the node that the control path steers."""
        application = web.Application(client_max_size=_REQUEST_BYTES)
        application.router.add_post("/", self._post)
        application.router.add_get("/health", self._health)
        add_control(application, control)
        return application

    async def _health(self, _: web.Request) -> web.Response:
        return web.Response(text="behind" if self._faults.stale_slots else "ok")

    async def _post(self, request: web.Request) -> web.StreamResponse:
        if request.content_type != "application/json":
            refused = "Supplied content type is not allowed. Content-Type: application/json is required"
            return web.Response(status=415, text=refused)
        broken = self._broken()
        if broken is not None:
            return broken
        body = await request.read()
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        text, encoding = await self._answer(body, packed=packed)
        headers = {"Content-Encoding": encoding} if encoding else {}
        response = web.Response(body=text, content_type="application/json", headers=headers)
        if self._faults.happens(self._faults.truncated_body):
            return await _cut(request, response, text)
        return response

    def _broken(self) -> web.Response | None:
        faults = self._faults
        if faults.happens(faults.too_many_requests):
            error = b'{"jsonrpc":"2.0","error":{"code":429,"message":"Too many requests"},"id":null}'
            after = {"Retry-After": f"{faults.retry_after_seconds:g}"}
            return web.Response(status=429, body=error, content_type="application/json", headers=after)
        if faults.happens(faults.server_error):
            return web.Response(status=502, body=_HTML, content_type="text/html")
        if faults.happens(faults.garbage_body):
            return web.Response(body=_HTML, content_type="text/html")
        return None

    async def _answer(self, body: bytes, *, packed: bool) -> tuple[bytes, str]:
        """The text of the answer and its content encoding."""
        try:
            whole = bytes(_BODY.decode(body)).strip()
        except msgspec.DecodeError:
            return _refused(Refusal.parse_error(), b"null"), ""
        if not whole.startswith(b"["):
            return await self._one(whole, packed=packed)
        calls = _BATCH.decode(whole)
        if not calls:
            return _refused(Refusal.invalid_request(), b"null"), ""
        answers = [(await self._one(bytes(call), packed=False))[0] for call in calls]
        text = b"[" + b",".join(filter(None, answers)) + b"]"
        return _compressed(text) if packed else (text, "")

    async def _one(self, raw: bytes, *, packed: bool) -> tuple[bytes, str]:
        identity = b"null"
        try:
            call = _CALL.decode(raw)
            identity = bytes(call.id)
            if not identity:
                return b"", ""  # a notification is not answered
            result = await self._called(call)
        except msgspec.ValidationError:
            return _refused(Refusal.invalid_request(), identity), ""
        except Refusal as refusal:
            return _refused(refusal, identity), ""
        end = b',"id":' + identity + b"}"
        if not isinstance(result, bytes):
            return (result.gzip_answer(end), "gzip") if packed else (result.answer(end), "")
        text = b'{"jsonrpc":"2.0","result":' + result + end
        return _compressed(text) if packed else (text, "")

    async def _called(self, call: _Call) -> Result:
        if call.jsonrpc != "2.0":
            raise Refusal.invalid_request("Unsupported JSON-RPC protocol version")
        if not isinstance(call.method, str):
            raise Refusal.invalid_request()
        try:
            method = self._methods[call.method]
        except KeyError:
            raise Refusal.method_not_found() from None
        self.calls[call.method] = self.calls.get(call.method, 0) + 1
        return await self._lied(call) or method(call.params)

    async def _lied(self, call: _Call) -> bytes | None:
        """What a fault answers in place of the method. Raises Refusal for a false one."""
        faults = self._faults
        if faults.happens(faults.false_unhealthy):
            raise Refusal.unhealthy(faults.stale_slots or None)
        if call.method == "getBlock":
            await asyncio.sleep(faults.block_delay_seconds)
            slot = call.params[0] if isinstance(call.params, list) and call.params else 0
            for name, refusal in _FALSE.items():
                if faults.happens(getattr(faults, name)):
                    raise refusal(slot)
            return b"null" if faults.happens(faults.null_block) else None
        if call.method == "getTransaction":
            await asyncio.sleep(faults.transaction_delay_seconds)
            return b"null" if faults.happens(faults.null_transaction) else None
        return None


async def _cut(request: web.Request, response: web.Response, text: bytes) -> web.StreamResponse:
    """Send half of what the header promises, then hang up."""
    half = web.StreamResponse(headers=response.headers)
    half.content_length = len(text)
    with suppress(ConnectionError):  # the client may be gone already
        await half.prepare(request)
        await half.write(text[: len(text) // 2])
    if request.transport is not None:
        request.transport.close()
    return half


def _refused(refusal: Refusal, identity: bytes) -> bytes:
    return b'{"jsonrpc":"2.0","error":' + orjson.dumps(refusal.value()) + b',"id":' + identity + b"}"


def _compressed(text: bytes) -> tuple[bytes, str]:
    if len(text) < _GZIP_BYTES:
        return text, ""
    return zlib.compress(text, 1, zlib.MAX_WBITS | 16), "gzip"
