"""Everything on one machine at a steady rate: publisher, nats-server, candles and the sink, and how far behind each is.

Lag is seen from outside: where the consumer stands against when the stream was there.
"""

import asyncio
import signal
import sys
import tempfile
import time
from bisect import bisect_right
from dataclasses import dataclass, field
from pathlib import Path
from statistics import quantiles
from typing import Any

import nats
import orjson
from nats.aio.client import Client

from indexer.embedded import NatsServer
from indexer.message import CANDLE_READER, INTERVALS, SINK, STREAM, candle_stream
from tests.chaos.arena import Daemon, cpu_seconds, peak_memory_bytes
from tests.integration.sinking import sql
from tests.integration.streams import make_streams
from tests.integration.terminal import environment, scraped, served

_SAMPLE_SECONDS = 0.25
_START_SECONDS = 60
_CATCH_UP_SECONDS = 300  # and to fall behind the rate, where the machine is busy
_OK = 200
_ONCE = "SELECT count() AS rows, uniqExact(slot, signature, idx, leg) AS once FROM swaps FINAL"


@dataclass(slots=True)
class Lag:
    """How far one consumer was behind, one sample after the other."""

    messages: list[int] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)

    def row(self, name: str) -> dict[str, Any]:
        """Median, 99th percentile and maximum of both."""
        figures: dict[str, Any] = {"consumer": name}
        for what, values in (("messages", self.messages), ("seconds", self.seconds)):
            cuts = quantiles(values, n=100, method="inclusive")
            figures |= {f"{what}_p50": cuts[49], f"{what}_p99": cuts[98], f"{what}_max": float(max(values))}
        return figures


@dataclass(slots=True)
class Track:
    """Where the stream was, by time; so how old the first message is that a consumer has not done."""

    times: list[float]
    sequences: list[int]

    def add(self, now: float, sequence: int) -> None:
        """The stream's last sequence is ``sequence`` now."""
        self.times.append(now)
        self.sequences.append(sequence)

    def behind(self, position: int) -> tuple[int, float]:
        """Messages after ``position``, and the seconds since the stream was still there."""
        at = bisect_right(self.sequences, position)
        if at == len(self.sequences):
            return 0, 0.0
        return self.sequences[-1] - position, self.times[-1] - self.times[max(0, at - 1)]


@dataclass(slots=True, kw_only=True)
class Scene:
    """The processes by name, and what was seen of them."""

    client: Client
    pids: dict[str, int]
    candles: Daemon
    track: Track = field(default_factory=lambda: Track([], []))
    lags: dict[str, Lag] = field(default_factory=lambda: {CANDLE_READER: Lag(), SINK: Lag()})
    cpu: dict[str, list[float]] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)

    async def look(self) -> None:
        """One sample of everything."""
        self.track.add(time.monotonic(), await self.last())
        for name, position in (await self.positions()).items():
            messages, seconds = self.track.behind(position)
            self.lags[name].messages.append(messages)
            self.lags[name].seconds.append(seconds)
        self.weigh()

    def weigh(self) -> None:
        """CPU time and memory of every process so far."""
        for name, pid in self.pids.items():
            if seconds := cpu_seconds(pid):  # 0 once it has ended
                self.cpu.setdefault(name, []).append(seconds)
                self.peaks[name] = max(self.peaks.get(name, 0), peak_memory_bytes(pid))

    async def positions(self) -> dict[str, int]:
        """Stream sequences up to which all is in candles, and in ClickHouse (acked is inserted)."""
        floor = (await self.ask(f"CONSUMER.INFO.{STREAM}.{SINK}"))["ack_floor"]
        return {
            CANDLE_READER: int((await scraped(self.candles))("candle_sequence")), SINK: int(floor["stream_seq"]),
        }  # fmt: skip

    async def last(self, stream: str = STREAM) -> int:
        """The stream's last sequence."""
        return int((await self.ask(f"STREAM.INFO.{stream}"))["state"]["last_seq"])

    async def ask(self, name: str) -> dict[str, Any]:
        """JetStream's API."""
        return dict(orjson.loads((await self.client.request(f"$JS.API.{name}", timeout=10)).data))

    def shares(self) -> dict[str, float]:
        """Of one core, over the samples so far."""
        took = self.track.times[-1] - self.track.times[0]
        return {name: (cpu[-1] - cpu[0]) / took for name, cpu in self.cpu.items()}

    def processes(self, shares: dict[str, float], swaps: int) -> list[dict[str, Any]]:
        """``shares`` beside what is the same on a busy machine: CPU time of each swap, catching up included."""
        return [
            {
                "process": name,
                "cpu_share": shares[name],
                "cpu_microseconds_a_swap": 1e6 * (cpu[-1] - cpu[0]) / swaps,
                "peak_megabytes": self.peaks[name] / 1e6,
            }
            for name, cpu in self.cpu.items()
        ]


async def embedded(*, rate: float, seconds: float) -> dict[str, list[dict[str, Any]]]:
    """``rate`` swaps a second for ``seconds``, and what is left to do after. Fails when a swap is not there once."""
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        async with NatsServer(store_dir=folder / "nats") as server:
            await make_streams(server.url)
            words = ("-m", "tests.bench.feeder", server.url, "--rate", f"{rate}", "--seconds", f"{seconds}")
            feeder = _process(folder, server.url, "feeder", *words)
            candles = _process(folder, server.url, "candles", "-m", "indexer", "candles")
            sink = _process(folder, server.url, "sink", "-m", "indexer", "clickhouse", "run")
            try:
                return await _run(server, feeder, candles, sink, rate=rate, at_most=seconds + _CATCH_UP_SECONDS)
            finally:
                for one in (feeder, candles, sink):
                    one.send(signal.SIGKILL)
                    if one.process is not None:
                        one.process.wait()


async def _run(
    server: NatsServer, feeder: Daemon, candles: Daemon, sink: Daemon, *, rate: float, at_most: float
) -> dict[str, list[dict[str, Any]]]:
    for one in (candles, sink):
        one.start()
    for one in (candles, sink):
        await _ready(one)
    feeder.start()
    pids = {"nats-server": server.pid}
    pids |= {one.log.stem: one.process.pid for one in (feeder, candles, sink) if one.process is not None}
    async with await nats.connect(server.url) as client, asyncio.timeout(at_most):
        scene = Scene(client=client, pids=pids, candles=candles)
        while feeder.running:
            await scene.look()
            await asyncio.sleep(_SAMPLE_SECONDS)
        assert await feeder.wait(seconds=_START_SECONDS) == 0, feeder.tail()
        shares, began, last = scene.shares(), time.monotonic(), await scene.last()
        while min((await scene.positions()).values()) < last:
            await asyncio.sleep(_SAMPLE_SECONDS / 5)
        caught_up = time.monotonic() - began
        scene.weigh()
        for one in (candles, sink):
            assert await one.end(signal.SIGTERM, seconds=_START_SECONDS) == 0, one.tail()
        made = sum([await scene.last(candle_stream(interval)) for interval in INTERVALS])
    fed = orjson.loads(feeder.tail(1))
    (stored,) = await sql(sink.log.parent, _ONCE)
    assert stored == {"rows": fed["swaps"], "once": fed["swaps"]}, (stored, fed)
    processes = scene.processes(shares, fed["swaps"])
    run = {
        "swaps": fed["swaps"],
        "swaps_per_second": fed["swaps"] / fed["seconds"],
        "of_wanted": fed["swaps"] / fed["seconds"] / rate,
        "latest_slot_s": fed["latest_seconds"],
        "caught_up_after_s": caught_up,
        "cores_for_the_rate": rate * sum(row["cpu_microseconds_a_swap"] for row in processes) / 1e6,
        "once_in_clickhouse": stored["once"],
        "candles": made,
    }
    return {"run": [run], "lag": [lag.row(name) for name, lag in scene.lags.items()], "processes": processes}


async def _ready(daemon: Daemon) -> None:
    async with asyncio.timeout(_START_SECONDS):
        while (await served(daemon, "/readyz"))[0] != _OK:
            await asyncio.sleep(0.1)


def _process(folder: Path, url: str, name: str, *words: str) -> Daemon:
    return Daemon(command=[sys.executable, *words], env=environment(NATS_URL=url), log=folder / f"{name}.log")
