"""The connection to NATS: opened from the settings, opened again for ever, and clear about why it cannot be.

At start a refusal is an error with a hint; later it is waited out. No message here holds a credential: servers are
named by host and port alone.
"""

import asyncio
import random
import ssl
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import nkeys  # type: ignore[import-untyped]
import structlog
from nats import errors
from nats.aio.client import Client, Server
from nats.errors import NoRespondersError

from indexer.config import Settings
from indexer.errors import FatalError, PeerError, UsageError
from indexer.metrics import Metrics

_PEER = "nats"
_DENIED = "permissions violation"
_FIRST_PAUSE_SECONDS = 0.05
_HANDSHAKE_SECONDS = 5
_GOODBYE_SECONDS = 1
_log = structlog.get_logger()


class Connection(Client):
    """A NATS client that never gives up.

    ``generation`` counts the times it was connected: a writer whose generation is older must read back where the
    stream stands. ``trouble`` is set while an answer may never come: the socket is gone, or the server denied
    something (``denied`` says what).
    """

    def __init__(self, metrics: Metrics, *, longest_pause_seconds: float, tls: bool) -> None:
        super().__init__()
        self.generation = 0
        self.trouble = asyncio.Event()
        self.denied: str | None = None
        self._up = asyncio.Event()
        self._metrics = metrics
        self._longest_pause_seconds = longest_pause_seconds
        self._needs_tls = tls
        self._opening = True
        self._failures: list[Exception] = []
        self._attempt = 0

    async def wait_connected(self) -> None:
        """Return once there is a connection; at once when there is one."""
        await self._up.wait()

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
    def last_failure(self) -> str:
        """Why the last attempt failed, for people."""
        return _sentence(self._failures[-1]) if self._failures else "no answer"

    async def _on_connected(self) -> None:
        if self.generation:
            self._metrics.reconnects.labels(_PEER).inc()
            _log.info("connected to NATS again", server=_place(self.connected_url))
        self._metrics.connected.labels(_PEER).set(1)
        self.generation += 1
        self._attempt = 0
        self.denied = None
        self.trouble.clear()
        self._up.set()

    async def _on_disconnected(self) -> None:
        self._metrics.connected.labels(_PEER).set(0)
        self._up.clear()
        self.trouble.set()

    async def abandon(self) -> None:
        """Close without waiting for a peer that may never say goodbye."""
        self._opening = False
        with suppress(TimeoutError):
            async with asyncio.timeout(_GOODBYE_SECONDS):
                await self.close()

    async def _on_error(self, error: Exception) -> None:
        self._failures = [*self._failures[-9:], error]
        if self._opening:
            refusals = [failure for failure in self._failures if _is_refusal(failure)]
            if _is_refusal(error) and len(refusals) >= len(self.servers):
                raise refusal_of(error)
        elif _DENIED in str(error):
            self.denied = str(error).removeprefix("nats: ")
            self.trouble.set()
            _log.error("NATS denied", what=self.denied)
        else:
            _log.warning("NATS connection", error=_sentence(error))
        if not self._opening and not self.is_connected and self._transport is not None:
            # the library leaves the socket of a failed attempt to the garbage collector
            self._transport.close()  # type: ignore[no-untyped-call]

    def _next_server(self, servers: list[Server], _info: dict[str, Any]) -> tuple[Server, float]:
        """Every server in turn: the first at once, then with a doubling pause and jitter, so that a fleet spreads."""
        attempt, self._attempt = self._attempt, self._attempt + 1
        server = servers[attempt % len(servers)]
        if attempt == 0:
            return server, 0
        pause = min(self._longest_pause_seconds, _FIRST_PAUSE_SECONDS * 2 ** min(attempt, 20))
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
    options = _credentials(settings) | {"name": name, "pending_size": settings.nats_pending_bytes}
    options["ping_interval"] = settings.nats_ping_seconds
    tls = "tls" in options or any(server.startswith(("tls://", "wss://")) for server in servers)
    connection = Connection(metrics, longest_pause_seconds=settings.nats_backoff_seconds, tls=tls)
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
        raise UsageError(f"NATS_URL is not an address: {_sentence(error)}", hint="e.g. nats://127.0.0.1:4222") from None
    except FatalError:
        await connection.abandon()
        raise
    return connection


async def _require_jetstream(connection: Connection) -> None:
    """A user without the right to ask is let through: what it may do shows when it publishes."""
    missing = PeerError(
        "this NATS server has no JetStream for us",
        hint="start it with JetStream (`nats-server -js`, or `jetstream {}` in its configuration and account)",
    )
    try:
        answer = await connection.request("$JS.API.INFO", timeout=2)
    except NoRespondersError:
        raise missing from None
    except errors.TimeoutError:
        return
    if b'"err_code":10039' in answer.data or b'"err_code":10076' in answer.data:
        raise missing


def _credentials(settings: Settings) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if settings.nats_creds is not None:
        options["user_credentials"] = str(_creds_file(settings.nats_creds))
    if settings.nats_nkey_seed_file is not None:
        options["nkeys_seed"] = str(_seed_file(settings.nats_nkey_seed_file))
    if settings.nats_user:
        options["user"] = settings.nats_user
        options["password"] = settings.nats_password.get_secret_value()
    if token := settings.nats_token.get_secret_value():
        options["token"] = token
    if tls := _tls(settings):
        options["tls"] = tls
    return options


def _creds_file(path: Path) -> Path:
    """The library reads a file without these lines for ever."""
    text = _read(path, "NATS_CREDS")
    if "BEGIN NATS USER JWT" not in text or "BEGIN USER NKEY SEED" not in text:
        raise UsageError(f"NATS_CREDS: {path} is not a .creds file", hint="it holds a user JWT and an NKey seed")
    return path


def _seed_file(path: Path) -> Path:
    text = _read(path, "NATS_NKEY_SEED_FILE")
    try:
        nkeys.from_seed(bytearray(text.strip().encode())).wipe()
    except Exception:  # noqa: BLE001 - the library raises several kinds; the seed must not be in any of them
        raise UsageError(
            f"NATS_NKEY_SEED_FILE: {path} holds no NKey seed", hint="one line that starts with SU"
        ) from None
    return path


def _tls(settings: Settings) -> ssl.SSLContext | None:
    ca, cert, key = settings.nats_tls_ca, settings.nats_tls_cert, settings.nats_tls_key
    if key is not None and cert is None:
        raise UsageError("NATS_TLS_KEY without NATS_TLS_CERT", hint="a client certificate needs both")
    for path, variable in ((ca, "NATS_TLS_CA"), (cert, "NATS_TLS_CERT"), (key, "NATS_TLS_KEY")):
        if path is not None:
            _read(path, variable)
    if ca is None and cert is None:
        return None
    try:
        context = ssl.create_default_context(cafile=ca)
        if cert is not None:
            context.load_cert_chain(cert, key)
    except ssl.SSLError as error:
        raise UsageError(
            f"NATS_TLS_*: {error.reason or error}", hint="PEM files; the key belongs to the certificate"
        ) from None
    return context


def _read(path: Path, variable: str) -> str:
    try:
        return path.read_text()
    except OSError as error:
        raise UsageError(f"{variable}: cannot read {path}: {error.strerror}") from None


def _is_refusal(error: Exception) -> bool:
    """Whether trying again would give the same answer."""
    return _is_auth(error) or _is_tls(error)


def _is_auth(error: Exception) -> bool:
    return "authorization" in str(error).lower() or "authentication" in str(error).lower()


def _is_tls(error: Exception) -> bool:
    return isinstance(error, (ssl.SSLError, ssl.CertificateError, errors.SecureConnWantedError))


def refusal_of(error: Exception) -> PeerError:
    """The error a person sees when a server answered and will not have us."""
    if _is_auth(error):
        return PeerError(
            "NATS refused our credentials (authorization violation)",
            hint="NATS_CREDS, NATS_NKEY_SEED_FILE, NATS_USER and NATS_PASSWORD, or NATS_TOKEN",
        )
    if isinstance(error, errors.SecureConnWantedError):
        return PeerError(
            "NATS does not offer TLS, and TLS was asked for; nothing was sent to it",
            hint="NATS_TLS_CA, NATS_TLS_CERT and tls:// addresses ask for TLS",
        )
    return PeerError(
        f"no TLS connection to NATS: {_sentence(error)}",
        hint="NATS_TLS_CA is the CA that signed the server's certificate; NATS_TLS_CERT and NATS_TLS_KEY are ours",
    )


def _sentence(error: Exception) -> str:
    if isinstance(error, ssl.SSLError):
        return str(getattr(error, "verify_message", "") or error.reason or error)
    return str(error).removeprefix("nats: ").strip("'") or type(error).__name__


def _places(servers: list[str]) -> str:
    return ", ".join(_place(urlsplit(server if "://" in server else f"nats://{server}")) for server in servers)


def _place(url: Any) -> str:
    return f"{url.hostname}:{url.port or 4222}" if url is not None else "?"
