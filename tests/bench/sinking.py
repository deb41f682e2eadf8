"""The sink alone: a stream full of swaps into an empty embedded engine, with nats-server on the same machine."""

import asyncio
import os
import signal
import sys
import tempfile
import time
from pathlib import Path

import nats

from indexer.embedded import NatsServer
from tests.chaos.arena import ROOT, Daemon
from tests.integration.sinking import load, publish, read_up
from tests.integration.streams import make_streams

_SLOTS_AT_ONCE = 100
_SWAPS_OF_A_SLOT = 500
_LONGEST_SECONDS = 300


async def sink_rate(rows: int) -> dict[str, float]:
    """``rows`` swaps in the stream, until all are acked; the sink's own start is not in it."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        async with NatsServer(store_dir=folder / "nats", sync="2m") as server:
            await make_streams(server.url)
            for first in range(0, rows // _SWAPS_OF_A_SLOT, _SLOTS_AT_ONCE):
                await publish(server.url, load(_SLOTS_AT_ONCE, _SWAPS_OF_A_SLOT, first=1 + first))
            daemon = _sink(folder, server.url)
            daemon.start()
            async with asyncio.timeout(_LONGEST_SECONDS):
                while '"sink"' not in daemon.tail():
                    await asyncio.sleep(0.02)
                before, began = daemon.cpu_seconds(), time.monotonic()
                while not await read_up(server.url):
                    await asyncio.sleep(0.1)
            seconds, cpu = time.monotonic() - began, daemon.cpu_seconds() - before
            peak = daemon.peak_memory_bytes()
            messages = await _messages(server.url)
            code = await daemon.end(signal.SIGTERM)
            assert code == 0, daemon.tail()
        size = sum(path.stat().st_size for path in (folder / ".indexer").rglob("*") if path.is_file())
    return {
        "messages": messages,
        "rows_per_second": messages / seconds,
        "rows_per_cpu_second": messages / cpu,
        "cpu_share": cpu / seconds,
        "peak_megabytes": peak / 1e6,
        "bytes_per_row_on_disk": size / messages,
    }


def _sink(folder: Path, url: str) -> Daemon:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("INDEXER_", "NATS_", "CLICKHOUSE_"))}
    env |= {"NATS_URL": url, "INDEXER_METRICS_ADDR": "127.0.0.1:0", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "indexer", "clickhouse", "run"]
    return Daemon(command=command, env=env, log=folder / "sink.log")


async def _messages(url: str) -> int:
    client = await nats.connect(url)
    try:
        return int((await client.jetstream().stream_info("dex-swaps")).state.messages)
    finally:
        await client.close()
