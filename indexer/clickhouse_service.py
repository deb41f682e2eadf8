"""`indexer clickhouse run`: the sink as a process, with /metrics, /healthz and /readyz, until it is asked to end."""

import argparse
import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from functools import partial

import structlog
import uvloop

from indexer import log
from indexer.clickhouse import ClickHouse, QueryError, Target, installed, target_of
from indexer.clickhouse_migrate import migrate, require_schema
from indexer.clickhouse_migrations import load
from indexer.clickhouse_server import hint_of
from indexer.clickhouse_sink import Reader
from indexer.collector import calm_the_collector
from indexer.config import Settings
from indexer.consumer import PullConsumer
from indexer.consumer_service import add_service_arguments, until_stopped
from indexer.errors import PeerError, TransientError
from indexer.jetstream_patience import patiently
from indexer.message import DEAD_STREAM, INTERVALS, SINK, STREAM, candle_stream
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.nats_connection import connected as nats_connected
from indexer.settings_flags import load_settings
from indexer.sql_server import serve_sql
from indexer.stopping import unless_stopped

EPILOG = """\
examples:
  indexer clickhouse run                       into the embedded engine's directory (INDEXER_DATA_DIR)
  CLICKHOUSE_URL=http://user:password@ch:8123/dex NATS_URL=nats://nats:4222 indexer clickhouse run
  indexer clickhouse run --for 60              stop by itself after a minute
"""
#: dead letters last: what the others set aside is among them
STREAMS = (STREAM, *map(candle_stream, INTERVALS), DEAD_STREAM)
_PAUSE_SECONDS = 0.5
_log = structlog.get_logger()


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The verb's own flags."""
    add_service_arguments(parser, run_command)


def run_command(args: argparse.Namespace) -> int:
    """0 after a stop; 2 or 3 when it cannot start, or its streams are not there any more."""
    log.configure()
    settings, metrics = load_settings(args), Metrics()
    installed(target_of(settings))
    probes = Probes(settings=settings, metrics=metrics)
    work = partial(run_sink, settings, metrics, probes)
    return uvloop.run(until_stopped(work, probes, settings, metrics, for_seconds=args.for_seconds))


async def run_sink(settings: Settings, metrics: Metrics, probes: "Probes", stop: asyncio.Event) -> str:
    """Connect, and read every stream into ClickHouse until ``stop``. Raises FatalError; Stopped during the start."""
    target = target_of(settings)
    async with AsyncExitStack() as stack:
        async with unless_stopped(stop):
            connection = await stack.enter_async_context(nats_connected(settings, metrics))
            database = await stack.enter_async_context(ClickHouse(target, settings))
            metrics.connected.labels("clickhouse").set(0)
            await _ready(database, target, settings, probes)
            metrics.connected.labels("clickhouse").set(1)
            if target.directory is not None:
                await stack.enter_async_context(serve_sql(target, settings))
            probes.readers = await stack.enter_async_context(_readers(connection, database, settings, metrics))
        calm_the_collector()
        _log.info("sink", into=str(target), streams=len(probes.readers))
        for beside in (probes.keep_current(database), _hurried(stop, probes.readers)):
            stack.callback(asyncio.create_task(beside).cancel)
        await _side_by_side([asyncio.create_task(reader.run(stop)) for reader in probes.readers])
    rows = sum(reader.inserted for reader in probes.readers)
    return f"{rows:,} rows inserted; what was fetched is inserted or released"


@dataclass(slots=True, kw_only=True)
class Probes:
    """What /healthz and /readyz answer; ``readers`` is empty until all is connected, which ``turned`` waits for."""

    settings: Settings
    metrics: Metrics
    readers: Sequence[Reader] = ()
    trouble: str = ""
    turned: float = field(default_factory=time.monotonic)

    def healthy(self) -> tuple[bool, dict[str, object]]:
        """Every reader turns, or tries again and again: ClickHouse being away is no reason to be killed."""
        age = time.monotonic() - min((reader.turned for reader in self.readers), default=self.turned)
        return age < self.settings.health_seconds + self.settings.clickhouse_seconds, {"turned_seconds_ago": round(age)}

    def ready(self) -> tuple[bool, dict[str, object]]:
        """Both ends connected, nothing held, and the lag under its limit."""
        nats = bool(self.metrics.registry.get_sample_value("indexer_connected", {"peer": "nats"}))
        held = {reader.stream: reader.trouble for reader in self.readers if reader.trouble}
        lag = max((reader.lag_seconds() for reader in self.readers), default=0.0)
        limit = self.settings.clickhouse_ready_lag_seconds
        well = nats and bool(self.readers) and not held and not self.trouble and lag <= limit
        state: dict[str, object] = {
            "nats": nats, "clickhouse": self.trouble or not held, "held": held, "lag_seconds": lag, "limit": limit,
        }  # fmt: skip
        return well, state

    async def keep_current(self, database: ClickHouse) -> None:
        """Look at the consumers and at ClickHouse for metrics and readiness. Until cancelled."""
        while True:
            try:
                await database.rows("SELECT 1")
                self.trouble = ""
            except (TransientError, QueryError) as error:
                self.trouble = str(error)
            self.metrics.connected.labels("clickhouse").set(not self.trouble)
            for reader in self.readers:
                await reader.sample()
            await asyncio.sleep(self.settings.sample_seconds or self.settings.health_seconds)


async def _ready(database: ClickHouse, target: Target, settings: Settings, probes: Probes) -> None:
    """Wait for ClickHouse; the embedded engine's schema is made, a server's must be there. Raises PeerError."""
    files = load(settings.clickhouse_dir)
    said = ""
    while True:
        try:
            if target.directory is None:
                await require_schema(database, files)
            else:
                for one in await migrate(database, files):
                    _log.info("applied", migration=one.name)
        except QueryError as error:
            raise PeerError(f"{target}: {error}", hint=hint_of(error.code)) from error
        except TransientError as error:
            if str(error) != said:
                _log.warning("waiting for ClickHouse", reason=str(error))
            said = probes.trouble = str(error)
            probes.turned = time.monotonic()
        else:
            probes.trouble = ""
            return
        await asyncio.sleep(_PAUSE_SECONDS)


async def _hurried(stop: asyncio.Event, readers: Sequence[Reader]) -> None:
    """At a stop what is here is inserted at once: nobody waits for a batch to fill."""
    await stop.wait()
    for reader in readers:
        reader.consumer.hurry()


@asynccontextmanager
async def _readers(
    connection: Connection, database: ClickHouse, settings: Settings, metrics: Metrics
) -> AsyncIterator[list[Reader]]:
    async with AsyncExitStack() as stack:
        readers = []
        for stream in STREAMS:
            consumer = PullConsumer(connection, _pulls(settings, stream), metrics, stream=stream, durable=SINK)
            await patiently(partial(stack.enter_async_context, consumer), seconds=settings.nats_connect_seconds)
            readers.append(
                Reader(consumer=consumer, connection=connection, database=database, settings=settings, metrics=metrics)
            )
        yield readers


def _pulls(settings: Settings, stream: str) -> Settings:
    """The other streams have less at once, and their consumers may have half as much unacked."""
    share = 1 if stream == STREAM else 2
    batches = {
        "consumer_batch_messages": max(1, settings.clickhouse_batch_messages // share),
        "consumer_batch_bytes": settings.clickhouse_batch_bytes,
        "consumer_batch_seconds": settings.clickhouse_batch_seconds,
    }
    return settings.model_copy(update=batches)


async def _side_by_side(tasks: list["asyncio.Task[None]"]) -> None:
    """Wait for all; the first failure ends the others."""
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
