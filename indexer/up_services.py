"""What `indexer up` runs beside the daemon: the candle builder and the sink, each a process of its own.

A process each, since they are as heavy as the daemon. At the end the daemon goes first; then each of them reads what is
in the streams, within ``drain_seconds``, and stops, within as long again; one that does not is killed. Nothing is lost
then: the streams keep what it has not acked.
"""

import asyncio
import json
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import structlog
from prometheus_client.parser import text_string_to_metric_families

from indexer.board import Board
from indexer.child import spawn
from indexer.config import Settings, variables
from indexer.errors import FatalError, PeerError, TransientError
from indexer.jetstream_api import ApiError, call
from indexer.message import DEAD_STREAM, INTERVALS, SINK, STREAM, candle_stream
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.nats_connection import connected as nats_connected
from indexer.settings_flags import as_environment

CANDLES, DATABASE = "candles", "clickhouse"
#: in the order they are stopped: the sink reads what the builder publishes
NAMES = (CANDLES, DATABASE)
TITLES = {CANDLES: "the candle builder", DATABASE: "the ClickHouse sink"}
_VERBS = {CANDLES: ("candles",), DATABASE: ("clickhouse", "run")}
_COUNTS = {CANDLES: "indexer_candles_total", DATABASE: "indexer_sink_rows_total"}
_POLL_SECONDS = 0.05
_LOOK_SECONDS = 2.0
_KILLED_AFTER_SECONDS = 3.0
_LAST_WORDS_BYTES = 2_000
_log = structlog.get_logger()


@dataclass(slots=True, kw_only=True)
class Service:
    """One of them, and the file its log goes to."""

    name: str
    process: subprocess.Popen[bytes]
    log: Path
    url: str = ""

    @property
    def title(self) -> str:
        """What people know it as."""
        return TITLES[self.name]

    def end(self) -> PeerError | None:
        """Why it ended; None while it runs."""
        if self.process.poll() is None:
            return None
        lines = self.log.read_bytes()[-_LAST_WORDS_BYTES:].decode(errors="replace").splitlines()
        words = [line.strip().removeprefix("indexer: ") for line in lines if line.strip() and line[0] != "{"]
        code = self.process.returncode
        plain = f" with exit code {code}" if code >= 0 else f": killed by {signal.Signals(-code).name}"
        why = f": {'; '.join(words)}" if words else plain
        hint = f"its log is {self.log}; `--without {self.name}` runs the rest"
        return PeerError(f"{self.title} ended{why}", hint=hint)

    async def figures(self) -> dict[str, float]:
        """Its metrics, summed over their labels; none while it starts."""
        try:
            families = list(text_string_to_metric_families(await self._page("/metrics")))
        except ValueError:
            return {}
        found: dict[str, float] = {}
        for sample in (sample for family in families for sample in family.samples):
            found[sample.name] = found.get(sample.name, 0) + sample.value
        return found

    async def count(self) -> int | None:
        """Candles published, or rows inserted, by this run; None when it cannot be asked."""
        found = await self.figures()
        return int(found.get(_COUNTS[self.name], 0)) if found else None

    async def trouble(self) -> str:
        """Why it does not get on, as its /readyz tells; empty when it does, and while it starts."""
        try:
            told = json.loads(await self._page("/readyz") or "{}")
        except ValueError:
            return ""
        if told.get("ok", True):
            return ""
        if self.name == CANDLES:
            return "its streams take no candles" if told["publish_blocked"] else ""
        held = next(iter(told["held"].values()), "")
        return held or (told["clickhouse"] if isinstance(told["clickhouse"], str) else "")

    async def _page(self, path: str) -> str:
        """What it serves there; empty when it cannot be asked."""
        time = aiohttp.ClientTimeout(total=_LOOK_SECONDS)
        try:
            self.url = self.url or _served(self.log)
            async with aiohttp.ClientSession(timeout=time) as session, session.get(self.url + path) as answer:
                return await answer.text()
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return ""

    async def stop(self, seconds: float) -> int | None:
        """SIGTERM, SIGKILL after ``seconds``: the streams keep what it has not acked. Back with what it says it did."""
        self.process.terminate()
        try:
            out, _ = await asyncio.to_thread(self.process.communicate, timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            out, _ = await asyncio.to_thread(self.process.communicate)
        number = re.search(rb"(?:published )?([\d,]+) (?:candles|rows)", out)
        return int(number[1].replace(b",", b"")) if number else None


@dataclass(slots=True, kw_only=True)
class Services:
    """Those of one run, in the order of ``NAMES``."""

    settings: Settings
    board: Board
    running: Sequence[Service]

    def ends(self) -> list[Callable[[], PeerError | None]]:
        """What says why one ended."""
        return [service.end for service in self.running]

    async def watch(self) -> None:
        """Keep the view's counts current. Until cancelled."""
        while True:
            for service in self.running:
                if (count := await service.count()) is not None:
                    self.board.beside[service.name] = count
                trouble = await service.trouble()
                if trouble and trouble != self.board.troubles.get(service.name):
                    _log.warning("does not get on", service=service.name, reason=trouble)
                self.board.troubles[service.name] = trouble
            await asyncio.sleep(_LOOK_SECONDS)

    async def finish(self) -> None:
        """Each reads what is there, then stops, in this order. Raises PeerError when one does not end well."""
        badly = []
        for service in self.running:
            self.board.notice = f"stopping: {service.title} reads what is there"
            await self._let_read(service)
            # one that is still starting has no way of its own to end yet
            well = (0, -signal.SIGTERM) if service.process.poll() is None else (0,)
            count = await service.stop(self.settings.drain_seconds + _KILLED_AFTER_SECONDS)
            if count is not None:
                self.board.beside[service.name] = count
            if service.process.returncode == -signal.SIGKILL:
                seconds = self.settings.drain_seconds
                badly.append(f"{service.title} did not stop within {seconds:g} s of being asked, and was killed")
            elif service.process.returncode not in well:
                badly.append(str(service.end()))
        if badly:
            raise PeerError("; ".join(badly), hint="nothing is lost: the next start reads again what was not acked")

    async def _let_read(self, service: Service) -> None:
        """For ``drain_seconds``; what is left then is for the next start, and said at the end."""
        seconds = self.settings.drain_seconds
        try:
            async with asyncio.timeout(seconds), nats_connected(self.settings, Metrics()) as nats:
                await _read_up(service, nats, self.settings)
        except (TimeoutError, ApiError, FatalError, TransientError) as error:
            trouble = await service.trouble() or self.board.troubles.get(service.name)
            reason = trouble or str(error) or f"not within {seconds:g} s"
            _log.warning("stopped before it had read everything", service=service.name, reason=reason)
            self.board.left.append(
                f"{service.title} stopped before it had read everything ({reason}); the next start goes on there"
            )

    async def cut_short(self) -> None:
        """Stop both without waiting for what is unread."""
        await asyncio.gather(*(one.stop(_KILLED_AFTER_SECONDS) for one in self.running if one.process.poll() is None))


@asynccontextmanager
async def services(settings: Settings, board: Board, names: Sequence[str]) -> AsyncIterator[Services]:
    """Start them; stopped cleanly at the end, and at once when an error ends what is inside."""
    beside = Services(settings=settings, board=board, running=[_started(name, settings) for name in names])
    watch = asyncio.create_task(beside.watch())
    try:
        yield beside
        watch.cancel()
        await beside.finish()
    finally:
        watch.cancel()
        await beside.cut_short()


def _started(name: str, settings: Settings) -> Service:
    """The command a person would give, with the settings as they took effect here."""
    own = as_environment(settings) | {"INDEXER_METRICS_ADDR": "127.0.0.1:0"}
    environment = {**variables()[0], **own}
    path = settings.data_dir / f"{name}.log"
    with path.open("wb") as log:
        command = [sys.executable, "-m", "indexer", *_VERBS[name]]
        process = spawn(command, stdout=subprocess.PIPE, stderr=log, env=environment)
    _log.info("started", service=name, log=str(path))
    return Service(name=name, process=process, log=path)


async def _read_up(service: Service, nats: Connection, settings: Settings) -> None:
    """Until it has worked on all that was in its streams. Raises PeerError, ApiError, TransientError."""
    last = (await call(nats, f"STREAM.INFO.{STREAM}", seconds=settings.ack_seconds))["state"]["last_seq"]
    while True:
        if service.name == CANDLES:
            up = (await service.figures()).get("indexer_candle_sequence", -1) >= last
        else:
            up = await _sink_is_up(nats, settings)
        if up:
            return
        if (ended := service.end()) is not None:
            raise ended
        await asyncio.sleep(_POLL_SECONDS)


async def _sink_is_up(nats: Connection, settings: Settings) -> bool:
    for stream in (STREAM, *map(candle_stream, INTERVALS), DEAD_STREAM):
        told = await call(nats, f"CONSUMER.INFO.{stream}.{SINK}", seconds=settings.ack_seconds)
        if told["num_pending"] or told["num_ack_pending"]:
            return False
    return True


def _served(log: Path) -> str:
    """The address of its metrics, as its log says. Raises ValueError while it does not."""
    for line in log.read_text(errors="replace").splitlines():
        if '"serving metrics"' in line:
            return str(json.loads(line)["url"]).removesuffix("/metrics")
    raise ValueError("not yet")
