"""The witness: which slots are confirmed, and which signatures must be found in them, as the nodes' sockets say.

It is the clock, not the data: notifications get lost without notice, come twice, late, or cut. `plan` proves the slots,
`hydrate` fetches the blocks and looks for the signatures.
"""

import asyncio
import random
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from types import TracebackType
from typing import Self

import structlog
from websockets.exceptions import InvalidStatus, WebSocketException

from indexer.config import Settings
from indexer.endpoints import FIRST_BACKOFF_SECONDS, redact, scrub
from indexer.errors import PeerError, TransientError
from indexer.metrics import Metrics
from indexer.notified import Late, Notified
from indexer.pubsub import Listener, Socket

log = structlog.get_logger()

_START_ATTEMPTS = 3
_PEER = "pubsub"
_ALL = "all"


class Witness:
    """Keeps every socket open, for ever, and what they said of the unsettled slots. An async context manager.

    ``programs`` maps an address to the program's name. Entering waits for the subscriptions. Raises PeerError when a
    socket cannot be opened or a subscription is refused at the start; later both are tried again with backoff.
    """

    def __init__(self, settings: Settings, metrics: Metrics, programs: Mapping[str, str]) -> None:
        self._settings = settings
        self._metrics = metrics
        self._urls = settings.ws_urls()
        self.addresses = frozenset(programs)
        self._notified = Notified(slots=settings.witness_slots, late=settings.ws_queue_messages)
        self._counts = {name: metrics.notifications.labels(name or _ALL) for name in (*programs.values(), None)}
        self._sockets = [
            Socket(settings, some, self._listener(index)) for index, some in enumerate(self._spread(programs))
        ]
        self._subscribed: set[int] = set()
        self._progress: dict[int, int] = {}
        self._failures = [0] * len(self._sockets)  # since the socket was last subscribed
        self._turns = [0] * len(self._sockets)
        self._reason = ""
        self._news = asyncio.Event()
        self._state = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def __repr__(self) -> str:
        return f"Witness({', '.join(map(redact, self._urls))})"

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._keep(index)) for index in range(len(self._sockets))]
        while not self.connected:
            await self._state.wait()
            self._state.clear()
            for task in self._tasks:
                if task.done():
                    await self._close()
                    task.result()
            if max(self._failures) >= _START_ATTEMPTS:
                await self._close()
                raise PeerError(
                    f"cannot subscribe: {self._reason}",
                    hint="check SOLANA_WS_URL; unset, it is SOLANA_RPC_URL with ws:// or wss:// and the next port",
                )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._close()

    @property
    def connected(self) -> bool:
        """Every socket is open and every subscription confirmed."""
        return len(self._subscribed) == len(self._sockets)

    @property
    def tip(self) -> int:
        """The highest notified slot; -1 before the first."""
        return self._notified.tip

    def notified(self, slot: int) -> Mapping[str, str | None]:
        """Signatures notified so far in an unsettled slot, each with the program that notified it first."""
        return self._notified.signatures(slot)

    def first_seen(self, slot: int) -> float | None:
        """When an unsettled slot's first notification came, on the monotonic clock; None when none did."""
        return self._notified.first_seen(slot)

    def slots_after(self, slot: int) -> list[int]:
        """Notified slots above ``slot``, ascending: each has a block. Raises what a socket's task could not handle."""
        for task in self._tasks:
            if task.done():
                task.result()
        return self._notified.after(slot)

    def covers(self, slot: int) -> bool:
        """Whether the whole slot was listened for without a break. A notification may still be lost on its way."""
        return self._notified.covers(slot)

    def expect(self, slot: int, signature: str, program: str | None) -> None:
        """A signature that was notified elsewhere belongs to this unsettled slot."""
        self._notified.add(slot, signature, program, now=time.monotonic())

    def checked(self, slot: int) -> None:
        """The signatures notified so far in the slot were looked for in its block; later ones will be late."""
        self._notified.checked(slot)

    def forget(self, slot: int) -> None:
        """Slots up to here are settled: what was not checked, and what comes for them from now on, is late."""
        self._notified.settle(slot)

    def take_late(self) -> list[Late]:
        """Notifications of settled slots since the last call, at most ``ws_queue_messages``."""
        return self._notified.take_late()

    async def changed(self, timeout: float) -> bool:  # noqa: ASYNC109 - the caller's loop turns on it
        """Wait until a slot is heard of for the first time; False when ``timeout`` seconds passed without one."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout):  # wait_for of Python 3.11 loses a stop that comes with the news
                await self._news.wait()
        heard = self._news.is_set()
        self._news.clear()
        return heard

    def _spread(self, programs: Mapping[str, str]) -> Iterable[Mapping[str, str] | None]:
        """The subscriptions of each socket; None is the one for all transactions."""
        if self._settings.subscribe == "all":
            return [None]
        items, size = list(programs.items()), self._settings.subscriptions_per_socket
        return [dict(items[start : start + size]) for start in range(0, max(len(items), 1), size)]

    async def _keep(self, index: int) -> None:
        """One socket, opened again and again; each time at the next URL."""
        while True:
            url = self._urls[self._turns[index] % len(self._urls)]
            try:
                await self._sockets[index].run(url)
            except (OSError, EOFError, TimeoutError, TransientError, WebSocketException, ValueError) as error:
                self._reason = f"{redact(url)}: {_told(error, url)}"
            self._subscribed.discard(index)
            self._progress.clear()
            self._notified.restart(None)
            self._metrics.connected.labels(_PEER).set(0)
            self._metrics.reconnects.labels(_PEER).inc()
            self._failures[index] += 1
            self._turns[index] += 1
            self._state.set()
            log.warning("subscription lost, connecting again", reason=self._reason)
            ceiling = FIRST_BACKOFF_SECONDS * 2 ** min(self._failures[index], 30)
            await asyncio.sleep(random.uniform(0, min(ceiling, self._settings.ws_backoff_seconds)))  # noqa: S311 - jitter

    def _listener(self, index: int) -> Listener:
        def subscribed() -> None:
            self._subscribed.add(index)
            self._failures[index] = 0
            self._metrics.connected.labels(_PEER).set(self.connected)
            self._state.set()

        def progressed(slot: int) -> None:
            if self._notified.whole_from is None and self.connected:
                self._progress[index] = slot
                if len(self._progress) == len(self._sockets):
                    self._notified.restart(max(self._progress.values()))

        return Listener(
            succeeded=self._succeeded,
            failed=self._failed,
            progressed=progressed,
            subscribed=subscribed,
            garbage=self._metrics.garbage_frames.inc,
        )

    def _succeeded(self, slot: int, signature: str, program: str | None) -> None:
        self._counts[program].inc()
        if self._notified.add(slot, signature, program, now=time.monotonic()):
            self._news.set()

    def _failed(self, slot: int, program: str | None) -> None:
        self._counts[program].inc()
        if self._notified.tick(slot, now=time.monotonic()):
            self._news.set()

    async def _close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _told(error: Exception, url: str) -> str:
    """What went wrong, without the URL's keys."""
    if isinstance(error, InvalidStatus):
        status = error.response.status_code
        return f"HTTP {status} in place of a WebSocket" + (": is the API key right?" if status in (401, 403) else "")
    return scrub(str(error) or type(error).__name__, url)
