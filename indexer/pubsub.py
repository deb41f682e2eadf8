"""One PubSub socket: subscribe, read frames fast, notice silence. It ends by raising; `subscribe` opens the next."""

import asyncio
import json
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from indexer.config import Settings
from indexer.errors import TransientError

#: The library logs request lines, keys included, at debug level: never.
_LOG = logging.getLogger("indexer.pubsub.websockets")
_LOG.setLevel(logging.WARNING)
_CLOSE_SECONDS = 2
#: Frames handled before other tasks get their turn.
_FRAMES_A_TURN = 200
_SAID_CHARACTERS = 300


class SubscriptionRefused(TransientError):
    """The node understood a subscription and said no."""


class Silence(TransientError):
    """The socket is open and the chain does not move on it."""


class _Context(msgspec.Struct, gc=False):
    slot: int


class _Value(msgspec.Struct, gc=False):
    signature: str
    err: Any = None


class _Result(msgspec.Struct, gc=False):
    """Of a logsNotification (context and value) or a slotNotification (slot). The logs are never built."""

    context: _Context | None = None
    value: _Value | None = None
    slot: int | None = None


class _Params(msgspec.Struct, gc=False):
    result: _Result
    subscription: int


class _Refusal(msgspec.Struct, gc=False):
    code: int = 0
    message: str = ""


class Frame(msgspec.Struct, gc=False):
    """A notification (``params``) or the answer to a request (``id`` with ``result`` or ``error``)."""

    params: _Params | None = None
    id: int | None = None
    result: int | None = None
    error: _Refusal | None = None


parse_frame = msgspec.json.Decoder(Frame).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Listener:
    """Where a socket's news goes. ``program`` is None for what no single program notified."""

    succeeded: Callable[[int, str, str | None], None]
    failed: Callable[[int, str | None], None]
    progressed: Callable[[int], None]
    subscribed: Callable[[], None]
    garbage: Callable[[], None]


class Socket:
    """One connection with its logs subscriptions (by program, or one for all) and a slot subscription."""

    def __init__(self, settings: Settings, programs: Mapping[str, str] | None, listener: Listener) -> None:
        self._settings = settings
        self._programs = programs
        self._listener = listener
        self._asked: dict[int, str | None] = {}
        self._names: dict[int, str | None] = {}
        self._slot = -1
        self._progress = 0.0

    async def run(self, url: str) -> None:
        """Connect, subscribe, and read until something goes wrong, which is raised. New ids at every connection."""
        settings = self._settings
        self._asked, self._names, self._slot, self._progress = {}, {}, -1, time.monotonic()
        async with connect(
            url,
            compression=None,
            proxy=None,
            open_timeout=settings.ws_ping_seconds,
            ping_interval=settings.ws_ping_seconds,
            ping_timeout=settings.ws_ping_seconds,
            close_timeout=_CLOSE_SECONDS,
            max_size=settings.ws_message_bytes,
            max_queue=settings.ws_queue_messages,
            logger=_LOG,
        ) as connection:
            watchdog = asyncio.create_task(self._watch(connection))
            try:
                for request in self._requests():
                    await connection.send(request)
                await self._read(connection)
            except ConnectionClosed:
                if watchdog.done():
                    raise Silence(watchdog.result()) from None
                raise
            finally:
                watchdog.cancel()

    def _requests(self) -> list[str]:
        """One request a frame: nodes refuse client frames over 4,096 bytes."""
        commitment = {"commitment": self._settings.commitment}
        wanted: list[tuple[str | None, str, list[Any]]] = [(None, "slotSubscribe", [])]
        if self._programs is None:
            wanted.append((None, "logsSubscribe", ["all", commitment]))
        else:
            wanted += [
                (name, "logsSubscribe", [{"mentions": [address]}, commitment])
                for address, name in self._programs.items()
            ]
        self._asked = {index: name for index, (name, _, _) in enumerate(wanted)}
        return [
            json.dumps({"jsonrpc": "2.0", "id": index, "method": method, "params": params})
            for index, (_, method, params) in enumerate(wanted)
        ]

    async def _read(self, connection: ClientConnection) -> None:
        while True:
            for _ in range(_FRAMES_A_TURN):
                self.on_frame(await connection.recv(decode=False))
            await asyncio.sleep(0)  # a full queue never suspends recv

    def on_frame(self, data: bytes) -> None:
        """Handle one frame. Raises SubscriptionRefused."""
        try:
            frame = parse_frame(data)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            self._listener.garbage()
            return
        params = frame.params
        if params is None:
            self._on_answer(frame)
            return
        result = params.result
        if result.value is not None and result.context is not None:
            name = self._names.get(params.subscription)
            if result.value.err is None:
                self._listener.succeeded(result.context.slot, result.value.signature, name)
            else:
                self._listener.failed(result.context.slot, name)
        elif result.slot is not None:
            self._on_progress(result.slot)
        else:
            self._listener.garbage()

    def _on_progress(self, slot: int) -> None:
        if slot > self._slot:
            self._slot = slot
            self._progress = time.monotonic()
            self._listener.progressed(slot)

    def _on_answer(self, frame: Frame) -> None:
        name = self._asked.get(frame.id) if frame.id is not None else None
        if frame.error is not None:
            what = f"logsSubscribe for {name}" if name else "a subscription"
            said = frame.error.message[:_SAID_CHARACTERS] or "no message"
            raise SubscriptionRefused(f"{what} was refused: {said} ({frame.error.code})")
        if frame.id not in self._asked or frame.result is None:
            self._listener.garbage()
            return
        del self._asked[frame.id]
        self._names[frame.result] = name
        if not self._asked:
            self._listener.subscribed()

    async def _watch(self, connection: ClientConnection) -> str:
        """Cut the connection when the chain does not move on it, or a subscription stays unanswered; says which."""
        limit = self._settings.ws_silence_seconds
        opened = time.monotonic()
        while (left := self._progress + limit - time.monotonic()) > 0:
            if self._asked:
                left = min(left, max(opened + limit - time.monotonic(), 0.0))
            await asyncio.sleep(left)
            if self._asked and time.monotonic() - opened >= limit:
                break
        connection.transport.abort()
        if self._asked:
            return f"{len(self._asked)} subscriptions stayed unanswered for {limit:g} s"
        return f"no new slot for {limit:g} s"
