"""The connection to NATS: opened from the settings, opened again for ever, and clear about why it cannot be.

At start a refusal is an error with a hint; later it is waited out. No message here holds a credential: servers are
named by host and port alone.
"""

import asyncio
import random
import re
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import Any, NoReturn, TypeVar
from urllib.parse import urlsplit

import structlog
from nats import errors
from nats.aio.client import Server
from nats.aio.msg import Msg
from nats.errors import NoRespondersError

from indexer.config import Settings
from indexer.errors import FatalError, PeerError, TransientError, UsageError
from indexer.metrics import Metrics
from indexer.nats_access import credentials, is_refusal, refusal_of, sentence
from indexer.nats_direct import DirectClient

_PEER = "nats"
_DENIED = "permissions violation"
_DENIED_PUBLISH = re.compile(r'publish to "([^"]+)"')
_FIRST_PAUSE_SECONDS = 0.05
_HANDSHAKE_SECONDS = 5
_GOODBYE_SECONDS = 1
_log = structlog.get_logger()
_Answer = TypeVar("_Answer")


class NobodyListens(TransientError):
    """No stream takes the subject, or it has no leader now."""


class Connection(DirectClient):
    """A NATS client that never gives up.

    ``generation`` counts the times it was connected: a writer whose generation is older must read back where the
    stream stands. What it asks with ``ask`` ends as soon as no answer can come any more.
    """

    def __init__(self, metrics: Metrics, settings: Settings, *, tls: bool) -> None:
        super().__init__()
        self.generation = 0
        self._alarms: dict[asyncio.Future[NoReturn], frozenset[str]] = {}
        self._up = asyncio.Event()
        self._metrics = metrics
        self._settings = settings
        self._needs_tls = tls
        self._opening = True
        self._failures: list[Exception] = []
        self._attempt = 0

    async def wait_connected(self) -> None:
        """Return once there is a connection; at once when there is one."""
        await self._up.wait()

    async def ask(
        self,
        subject: str,
        payload: bytes = b"",
        *,
        seconds: float,
        headers: dict[str, str] | None = None,
        with_subjects: frozenset[str] = frozenset(),
    ) -> Msg:
        """One request and its answer.

        Raises TransientError when no answer comes in ``seconds``, nobody listens, or the connection is lost meanwhile;
        PeerError when the server denies ``subject`` or one of ``with_subjects``, published just before.
        """
        request = asyncio.ensure_future(self.request(subject, payload, timeout=seconds, headers=headers))
        try:
            return await self.unless_denied(request, with_subjects | {subject})
        except NoRespondersError:
            raise NobodyListens(f"nobody answers on {subject}: no such stream, or no leader yet") from None
        except errors.Error as error:
            raise TransientError(f"no answer on {subject}: {sentence(error)}") from error
        finally:
            request.cancel()

    async def unless_denied(self, answer: asyncio.Future[_Answer], subjects: frozenset[str]) -> _Answer:
        """``answer``, or why it cannot come any more: the errors of ``ask`` for what was published to ``subjects``."""
        alarm: asyncio.Future[NoReturn] = asyncio.get_running_loop().create_future()
        self._alarms[alarm] = subjects
        waits: set[asyncio.Future[Any]] = {alarm, answer}
        try:
            if self.is_connected:
                await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
            else:
                self._alarm(TransientError("not connected to NATS"))
            return alarm.result() if alarm.done() else answer.result()
        finally:
            del self._alarms[alarm]
            alarm.cancel()

    async def open(self, servers: list[str], options: dict[str, Any]) -> None:
        """Connect for the first time. Raises PeerError when every server refuses us; tries on while none answers."""
        await self.connect(
            servers,
            error_cb=self._on_error,
            disconnected_cb=self._on_disconnected,
            reconnected_cb=self._on_connected,
            closed_cb=self._on_disconnected,
            reconnect_to_server_handler=self._next_server,
            max_reconnect_attempts=-1,
            reconnect_time_wait=1,
            connect_timeout=_HANDSHAKE_SECONDS,
            **options,
        )
        self._opening = False
        await self._on_connected()

    @property
    def servers_at_most(self) -> int | None:
        """Servers JetStream has here now: one, or those of a cluster that run; None where it does not tell."""
        if not self._server_info.get("jetstream"):
            return None  # a leaf whose hub has it
        if "cluster" not in self._server_info:
            return 1
        told = self._server_info.get("connect_urls") or ()
        return len(told) if len(told) > 1 else None

    @property
    def greeting(self) -> Mapping[str, Any]:
        """What the server said of itself: ``version``, ``tls_required``, ``cluster`` and the like."""
        return self._server_info

    @property
    def last_failure(self) -> str:
        """Why the last attempt failed, for people."""
        return sentence(self._failures[-1]) if self._failures else "no answer"

    async def _on_connected(self) -> None:
        if self.generation:
            self._metrics.reconnects.labels(_PEER).inc()
            _log.info("connected to NATS again", server=_place(self.connected_url))
        self._metrics.connected.labels(_PEER).set(1)
        self.generation += 1
        self._attempt = 0
        self._up.set()

    async def _on_disconnected(self) -> None:
        self._metrics.connected.labels(_PEER).set(0)
        self._up.clear()
        self._alarm(TransientError("the connection to NATS was lost"))

    async def abandon(self) -> None:
        """Close without waiting for a peer that may never say goodbye."""
        self._opening = False
        with suppress(TimeoutError, RuntimeError):  # the library flushes even to a transport that is gone
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self.close()

    async def _on_error(self, error: Exception) -> None:
        self._failures = [*self._failures[-9:], error]
        if self._opening:
            refusals = [failure for failure in self._failures if is_refusal(failure)]
            if is_refusal(error) and len(refusals) >= len(self.servers):
                raise refusal_of(error, self._settings)
        elif _DENIED in str(error):
            self._deny(sentence(error))
        elif is_refusal(error):
            refusal = refusal_of(error, self._settings)
            _log.warning("NATS connection", error=str(refusal), hint=refusal.hint)
        else:
            _log.warning("NATS connection", error=sentence(error))
        if not self._opening and not self.is_connected and self._transport is not None:
            # the library leaves the socket of a failed attempt to the garbage collector
            self._transport.close()  # type: ignore[no-untyped-call]

    def _deny(self, what: str) -> None:
        """Fail what waits for the denied subject; a denied inbox fails all, since no answer can come."""
        match = _DENIED_PUBLISH.search(what)
        denial = PeerError(
            f"NATS denies us: {what}",
            hint="the user needs publish rights on dex.sol.> and $JS.API.>, and subscribe rights on "
            f"{self._settings.nats_inbox_prefix}.>"
            + ("" if match else "; NATS_INBOX_PREFIX names the inbox it may have"),
        )
        self._alarm(denial, None if match is None else match.group(1))

    def _alarm(self, error: Exception, subject: str | None = None) -> None:
        """End what waits: everything, or what published to ``subject`` (in lower case, as the library gives it)."""
        for alarm, subjects in self._alarms.items():
            if not alarm.done() and (subject is None or subject in {name.lower() for name in subjects}):
                alarm.set_exception(error)
                alarm.exception()  # seen: nobody may be left to look at it

    def _next_server(self, servers: list[Server], _info: dict[str, Any]) -> tuple[Server, float]:
        """Every server in turn: the first at once, then with a doubling pause and jitter, so that a fleet spreads."""
        attempt, self._attempt = self._attempt, self._attempt + 1
        server = servers[attempt % len(servers)]
        if attempt == 0:
            return server, 0
        pause = min(self._settings.nats_backoff_seconds, _FIRST_PAUSE_SECONDS * 2 ** min(attempt, 20))
        return server, pause * random.uniform(0.5, 1)  # noqa: S311 - jitter, not a secret

    async def _process_err(self, err_msg: str) -> None:
        """Connect again after what the server closes the socket for; the library would stop for good.

        Account revoked, too many connections, … Private in the library, so a test holds us to it.
        """
        if _DENIED in err_msg:
            await super()._process_err(err_msg)
        else:
            await self._process_op_err(errors.Error(f"nats: {err_msg}"))

    async def _process_info(self, info: dict[str, Any], initial_connection: bool = False) -> None:  # noqa: FBT001, FBT002 - the library's signature
        """Refuse a server without TLS before any credential is sent, when TLS was asked for."""
        if initial_connection and self._needs_tls and not info.get("tls_required"):
            raise errors.SecureConnWantedError
        await super()._process_info(info, initial_connection)


async def connect(settings: Settings, metrics: Metrics, *, name: str = "indexer") -> Connection:
    """Connect to NATS as the settings say and make sure that it has JetStream.

    Raises UsageError for files that are missing or no credentials, PeerError when nobody answers within
    ``nats_connect_seconds`` or the server refuses us or has no JetStream.
    """
    servers = [part.strip() for part in settings.nats_url.split(",") if part.strip()]
    if not servers:
        raise UsageError("NATS_URL is empty", hint="e.g. nats://127.0.0.1:4222")
    options = credentials(settings) | {"name": name, "pending_size": settings.nats_pending_bytes}
    options["ping_interval"] = settings.nats_ping_seconds
    tls = bool(options.keys() & {"tls", "tls_handshake_first"}) or any(
        server.startswith(("tls://", "wss://")) for server in servers
    )
    connection = Connection(metrics, settings, tls=tls)
    try:
        async with asyncio.timeout(settings.nats_connect_seconds):
            await connection.open(servers, options)
            await _require_jetstream(connection)
    except TimeoutError:
        await connection.abandon()
        raise PeerError(
            f"cannot reach NATS at {_places(servers)}: {connection.last_failure}",
            hint="is nats-server running there? NATS_URL names it; `indexer up` brings its own",
        ) from None
    except errors.Error as error:
        raise UsageError(f"NATS_URL is not an address: {sentence(error)}", hint="e.g. nats://127.0.0.1:4222") from None
    except FatalError:
        await connection.abandon()
        raise
    return connection


@asynccontextmanager
async def connected(settings: Settings, metrics: Metrics, *, name: str = "indexer") -> AsyncIterator[Connection]:
    """``connect``, and close at the end."""
    connection = await connect(settings, metrics, name=name)
    try:
        yield connection
    finally:
        await connection.abandon()


async def _require_jetstream(connection: Connection) -> None:
    """A user without the right to ask is let through: what it may do shows when it publishes."""
    missing = PeerError(
        "this NATS server has no JetStream for us",
        hint="start it with JetStream (`nats-server -js`, or `jetstream {}` in its configuration and account)",
    )
    try:
        answer = await connection.ask("$JS.API.INFO", seconds=2)
    except NobodyListens:
        raise missing from None
    except TransientError:
        return
    except PeerError as error:
        if "subscription" in str(error):  # no answer would ever reach us
            raise
        return
    if b'"err_code":10039' in answer.data or b'"err_code":10076' in answer.data:
        raise missing


def _places(servers: list[str]) -> str:
    return ", ".join(_place(urlsplit(server if "://" in server else f"nats://{server}")) for server in servers)


def _place(url: Any) -> str:
    return f"{url.hostname}:{url.port or 4222}" if url is not None else "?"
