"""`indexer candles`: the service with its signals, its health and its exit code."""

import argparse
import asyncio
import time
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import partial

import uvloop

from indexer import log
from indexer.candle_service import CandleService
from indexer.candle_start import open_service
from indexer.collector import calm_the_collector
from indexer.config import Settings
from indexer.consumer_service import add_service_arguments, until_stopped
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.settings_flags import load_settings
from indexer.stopping import unless_stopped

EPILOG = """\
examples:
  NATS_URL=nats://nats:4222 indexer candles    read on after the last snapshot, until stopped
  indexer candles --for 60                     stop by itself after a minute
  indexer candles --candle-floor-units 100000  swaps below that many raw units set no price
  nats consumer next dex-candles-1m clickhouse-sink --count 5

A window closes when a marker's block time has passed its end, never by the clock of this machine. Swaps that a repair
brings for a closed window give a new revision. `indexer jetstream init` makes the streams and the consumer it needs;
its state is the key-value bucket candle-builder. Run one: a second takes over, and the first stops.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Flags of `indexer candles`."""
    add_service_arguments(parser, candles_command)


def candles_command(args: argparse.Namespace) -> int:
    """Run until stopped."""
    log.configure()
    settings, metrics = load_settings(args), Metrics()
    probes = _Probes(settings, metrics)
    work = partial(run_candles, settings, metrics, probes)
    return uvloop.run(until_stopped(work, probes, settings, metrics, for_seconds=args.for_seconds))


async def run_candles(settings: Settings, metrics: Metrics, probes: "_Probes", stop: asyncio.Event) -> str:
    """The service until ``stop``, which may take ``drain_seconds``; what it did, and what that was too short for.

    Raises FatalError; Stopped during the start.
    """
    calm_the_collector()
    left = ""
    async with AsyncExitStack() as stack:
        async with unless_stopped(stop):
            name = "indexer-candles"
            nats = await stack.enter_async_context(connected(settings, metrics, name=name))
            service = probes.service = await open_service(nats, settings, metrics, stack)
        work = asyncio.create_task(service.run(stop))
        ended = asyncio.create_task(stop.wait())
        await asyncio.wait((work, ended), return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        service.consumer.hurry()
        try:
            async with asyncio.timeout(None if work.done() else settings.drain_seconds):
                await work
        except TimeoutError:
            reason = f" ({service.trouble})" if service.trouble else ""
            left = (
                f"\nstopped without a last snapshot: it was not stored within {settings.drain_seconds:g} s{reason};"
                " nothing is lost: the next start reads again what came after the one before"
            )
    return f"published {_published(metrics):,} candles{left}"


@dataclass(slots=True)
class _Probes:
    settings: Settings
    metrics: Metrics
    service: CandleService | None = None
    started: float = field(default_factory=time.monotonic)

    def healthy(self) -> tuple[bool, dict[str, object]]:
        """The loop turns, or waits for a stream that takes nothing: a restart would not help then."""
        age = time.monotonic() - (self.service.turned if self.service else self.started)
        blocked = self._gauge("publish_blocked")
        body: dict[str, object] = {"loop_turned_seconds_ago": round(age, 1), "publish_blocked": bool(blocked)}
        return age < self.settings.health_seconds or bool(blocked), body

    def ready(self) -> tuple[bool, dict[str, object]]:
        """Connected, publishing, and not far behind."""
        nats, blocked = self._gauge("connected", peer="nats"), self._gauge("publish_blocked")
        lag = self._gauge("candle_lag_seconds")
        body: dict[str, object] = {
            "nats": bool(nats),
            "publish_blocked": bool(blocked),
            "lag_messages": int(self._gauge("candle_lag_messages")),
            "lag_seconds": round(lag, 1),
            "lag_seconds_limit": self.settings.consumer_ready_seconds,
        }
        well = self.service is not None and bool(nats) and not blocked and lag <= self.settings.consumer_ready_seconds
        return well, body

    def _gauge(self, name: str, **labels: str) -> float:
        return self.metrics.registry.get_sample_value(f"indexer_{name}", labels) or 0.0


def _published(metrics: Metrics) -> int:
    samples = (sample for family in metrics.candles.collect() for sample in family.samples)
    return sum(int(sample.value) for sample in samples if sample.name.endswith("_total"))
