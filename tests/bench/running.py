"""The whole process against localnet, with nats-server on the same machine: catch-up rate, latency, calls, memory."""

import asyncio
import signal
import tempfile
import time
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.arena import Arena, Daemon, arena
from tests.chaos.audit import read_stream
from tests.chaos.cluster import free_ports

_SAMPLE_SECONDS = 0.2
_CATCH_UP_SECONDS = 300


async def catch_up(*localnet_flags: str, blocks: int) -> dict[str, float]:
    """Settle ``blocks`` that are there from the beginning, as fast as it goes."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with arena(Path(folder), *localnet_flags, sync="2m") as place:
            tip = await place.net.tip()
            daemon, port = _daemon(place, "--start", str(place.net.first_slot), "--to-slot", str(tip))
            daemon.start()
            samples = await _watch(daemon, port, until=None)
            code = await daemon.wait(seconds=_CATCH_UP_SECONDS)
            assert code == 0, daemon.tail()
            stored = await read_stream(place.server.url)
    markers = [message for message in stored if message.subject == "dex.sol.slots"]
    swaps = len(stored) - len(markers)
    seconds = (markers[-1].stored_at - markers[0].stored_at).total_seconds()
    assert len(markers) >= blocks, f"{len(markers)} markers of {blocks}"
    return {
        "blocks": len(markers),
        "swaps": swaps,
        "blocks_per_second": (len(markers) - 1) / seconds,
        "swaps_per_second": swaps / seconds,
        "peak_megabytes": samples["peak_bytes"] / 1e6,
        "rpc_calls": samples["rpc_calls"],
        "calls_per_1000_swaps": 1e3 * samples["rpc_calls"] / swaps,
        "cpu_share": samples["cpu_seconds"] / samples["seconds"],
    }


async def latency(*localnet_flags: str, seconds: float) -> dict[str, float]:
    """From a slot's first notification to the ack of its batch, at the node's pace."""
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with arena(Path(folder), *localnet_flags) as place:
            daemon, port = _daemon(place)
            daemon.start()
            samples = await _watch(daemon, port, until=seconds)
            assert await daemon.end(signal.SIGTERM) == 0, daemon.tail()
            stored = await read_stream(place.server.url)
    markers = sum(message.subject == "dex.sol.slots" for message in stored)
    swaps = len(stored) - markers
    return {
        "blocks": markers,
        "swaps": swaps,
        "p50_ms": 1e3 * quantile(samples["buckets"], 0.5),
        "p99_ms": 1e3 * quantile(samples["buckets"], 0.99),
        "peak_megabytes": samples["peak_bytes"] / 1e6,
        "rpc_calls": samples["rpc_calls"],
        "calls_per_1000_swaps": 1e3 * samples["rpc_calls"] / swaps,
        "cpu_share": samples["cpu_seconds"] / samples["seconds"],
    }


def quantile(buckets: dict[float, float], share: float) -> float:
    """A quantile from cumulative histogram buckets, linear inside a bucket as Prometheus does it."""
    total, below, lower = max(buckets.values()), 0.0, 0.0
    for bound, count in sorted(buckets.items()):
        if count >= share * total and count > below:
            return lower + (bound - lower) * (share * total - below) / (count - below)
        below, lower = count, bound
    return float("nan")


def _daemon(place: Arena, *flags: str) -> tuple[Daemon, int]:
    (port,) = free_ports(1)
    return place.daemon(*flags, "--metrics-addr", f"127.0.0.1:{port}"), port


async def _watch(daemon: Daemon, port: int, *, until: float | None) -> dict[str, Any]:
    """Scrape and measure the process until it ends or the time is over; the last values seen."""
    seen: dict[str, Any] = {"rpc_calls": 0, "buckets": {}, "peak_bytes": 0, "cpu_seconds": 0.0}
    started = time.monotonic()
    async with aiohttp.ClientSession() as session:
        while daemon.running and (until is None or time.monotonic() - started < until):
            await asyncio.sleep(_SAMPLE_SECONDS)
            seen["peak_bytes"] = max(seen["peak_bytes"], daemon.peak_memory_bytes())
            seen["cpu_seconds"] = max(seen["cpu_seconds"], daemon.cpu_seconds())
            seen["seconds"] = time.monotonic() - started
            try:
                async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
                    _read(await answer.text(), seen)
            except aiohttp.ClientError:
                continue
    return seen


def _read(text: str, seen: dict[str, Any]) -> None:
    for family in text_string_to_metric_families(text):
        if family.name == "indexer_rpc_requests":
            seen["rpc_calls"] = sum(one.value for one in family.samples if one.name.endswith("_total"))
        if family.name == "indexer_notification_to_ack_seconds":
            rows = [one for one in family.samples if one.name.endswith("_bucket")]
            seen["buckets"] = {float(one.labels["le"]): one.value for one in rows}
