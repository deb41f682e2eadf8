"""The candle builder alone: the computation, the whole process against a stream that is there, and its memory."""

import asyncio
import gc
import random
import resource
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, TypeVar

import base58
import orjson

from indexer.candle_state import Parts
from indexer.candles import Builder, Rules
from indexer.collector import calm_the_collector
from indexer.embedded import NatsServer
from indexer.marker import Marker
from indexer.message import INTERVALS, SLOTS, SWAPS, read_traded, swap_id
from indexer.metrics import Metrics
from tests.chaos.arena import init_topology
from tests.indexer.candle_history import Event, messages_of
from tests.indexer.candle_oracle import RANKED
from tests.indexer.candle_stream import build, put
from tests.indexer.publishing import marker

_Step = TypeVar("_Step")
_LOOK_SECONDS = 0.002
_LIMIT_SECONDS = 600
_SLOTS_A_MINUTE = 150
_BEGAN = 1_790_000_000 // 3600 * 3600


def events(pools: int, swaps_a_slot: int, slots: int, *, seed: int = 1) -> Iterator[Event]:
    """Slots of swaps over ``pools``, as long as real ones in JSON; each pool in its turn, so that all are active."""
    dice = random.Random(seed)
    names = [_address(dice) for _ in range(pools)]
    mints = [_address(dice) for _ in range(pools)]
    at = 0
    for slot in range(1000, 1000 + slots):
        seconds = _BEGAN + (slot - 1000) * 60 // _SLOTS_A_MINUTE
        for index in range(swaps_a_slot):
            at += 1
            yield Event(SWAPS, _swap(dice, slot, seconds, index, names[at % pools], mints[at % pools]))
        data = orjson.loads(marker(slot, swaps_a_slot, block_time=seconds).encode())
        yield Event(SLOTS, data)


def alone(*, pools: int = 2000, swaps: int = 200_000) -> dict[str, Any]:
    """Payload bytes to candle bytes, in this process."""
    each = 300
    messages = [(one.subject, one.message.payload) for one in events(pools, each, swaps // each)]
    builder, made = Builder(rules=Rules()), 0
    began, cpu = time.perf_counter(), time.process_time()
    for subject, payload in messages:
        if subject == SWAPS:
            builder.swap(read_traded(payload), repair=False)
        else:
            made += len(messages_of(builder.marker(Marker.decode(payload))))
    seconds = time.perf_counter() - began
    return _row("computation", pools, swaps, seconds, time.process_time() - cpu) | {"candles": made}


async def process(*, pools: int = 2000, swaps: int = 200_000) -> dict[str, Any]:
    """From a stream to the candle streams on one machine, snapshots and acks included."""
    each = max(300, pools // _SLOTS_A_MINUTE)
    slots = swaps // each
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        async with NatsServer(store_dir=Path(folder), sync="2m") as server:
            await init_topology(server.url)
            await put(server.url, events(pools, each, slots))
            gc.collect()
            began, cpu, metrics = time.perf_counter(), time.process_time(), Metrics()
            quiet = {"candle_snapshot_seconds": 10, "consumer_batch_seconds": 0.5}
            async with longest_pauses() as longest:
                await build(server.url, slots * (each + 1), metrics, seconds=_LIMIT_SECONDS, **quiet)
            seconds = time.perf_counter() - began
    made = sum(int(metrics.candles.labels(interval)._value.get()) for interval in INTERVALS)
    return _row("service", pools, slots * each, seconds, time.process_time() - cpu) | {"candles": made} | longest


@asynccontextmanager
async def longest_pauses() -> AsyncIterator[dict[str, float]]:
    """How long the loop did not turn at the worst: by the clock, and by the CPU time of its own thread."""
    longest = {"longest_pause_s": 0.0, "longest_pause_cpu_s": 0.0}

    async def watch() -> None:
        while True:
            before, cpu = time.perf_counter(), time.thread_time()
            await asyncio.sleep(_LOOK_SECONDS)
            pause = time.perf_counter() - before - _LOOK_SECONDS
            longest["longest_pause_s"] = max(longest["longest_pause_s"], pause)
            longest["longest_pause_cpu_s"] = max(longest["longest_pause_cpu_s"], time.thread_time() - cpu)

    watching = asyncio.create_task(watch())
    try:
        yield longest
    finally:
        watching.cancel()


def memory(*, pools: int = 100_000, minutes: int = 8) -> dict[str, Any]:
    """Windows of ``pools`` active pools at three intervals, all of them in every minute, and a snapshot each minute."""
    each = pools // _SLOTS_A_MINUTE + 1
    builder = Builder(rules=Rules())
    parts = Parts(builder)
    gc.collect()
    before = peak = _resident()
    began, whole, slices = time.perf_counter(), [0.0], [0.0]
    stored: dict[str, int] = {}
    snapshots: list[float] = []
    for number, one in enumerate(events(pools, each, minutes * _SLOTS_A_MINUTE + 75), start=1):
        payload = one.message.payload
        if one.subject == SWAPS:
            builder.swap(read_traded(payload), repair=False)
            continue
        taken = [seconds for seconds, _ in _timed(builder.marker(Marker.decode(payload)))]
        whole.append(sum(taken))
        slices += taken
        if number % (_SLOTS_A_MINUTE * (each + 1)) == 0:
            written = [(seconds, name, len(body)) for seconds, (name, body) in _timed(parts.fresh())]
            parts.stored()
            peak = max(peak, _resident())
            stored |= {name: size for _, name, size in written}
            snapshots.append(sum(seconds for seconds, _, _ in written))
            slices += [seconds for seconds, _, _ in written]
    return {
        "pools": pools,
        "open_candles": sum(page.count for _, page in builder.pages.all() if not page.closed),
        "kept_candles": builder.pages.kept,
        "of_them_in_memory": builder.pages.held,
        "peak_megabytes": (peak - before) / 1e6,
        "kept_megabytes": sum(stored.values()) / 1e6,
        "closing_s": max(whole),
        "snapshot_s": max(snapshots),
        "longest_slice_s": max(slices),
        "all_s": time.perf_counter() - began,
    }


def _timed(steps: Iterable[_Step]) -> Iterator[tuple[float, _Step]]:
    """Each step with the CPU seconds it took."""
    began = time.process_time()
    for step in steps:
        yield time.process_time() - began, step
        began = time.process_time()


def _row(what: str, pools: int, swaps: int, seconds: float, cpu_seconds: float) -> dict[str, Any]:
    """Also what it would be with a core of its own: this process's CPU time alone."""
    rates = {"swaps_per_second": swaps / seconds, "swaps_per_cpu_second": swaps / cpu_seconds}
    return {"what": what, "pools": pools, "swaps": swaps} | rates


def _resident() -> int:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize()


def _swap(dice: random.Random, slot: int, seconds: int, index: int, pool: str, mint: str) -> dict[str, Any]:
    signature = base58.b58encode(dice.randbytes(64)).decode()
    pair = (mint, RANKED[2]) if dice.random() < 0.5 else (RANKED[2], mint)
    return {
        "v": 1, "id": swap_id(slot, signature, 2), "slot": slot, "block_time": seconds, "tx_index": index,
        "signature": signature, "outer_idx": 2, "idx": 2, "leg": 0, "program": "pumpswap", "program_id": pool,
        "kind": "amm", "instruction": "buy", "pool": pool, "user": mint, "fee_payer": mint, "mint_in": pair[0],
        "mint_out": pair[1], "amount_in": dice.randrange(10**4, 10**12), "amount_out": dice.randrange(10**4, 10**12),
        "decimals_in": 6, "decimals_out": 9, "vault_in": pool, "vault_out": mint, "reserve_in": 10**12,
        "reserve_out": 10**12, "route": None, "hop": 0, "hops": 1,
    }  # fmt: skip


def _address(dice: random.Random) -> str:
    return base58.b58encode(dice.randbytes(32)).decode()


async def memory_of_its_own() -> dict[str, Any]:
    """``memory`` in a fresh process."""
    return await _fresh("memory")


async def many_pools() -> dict[str, Any]:
    """``process`` with a hundred thousand pools, in a fresh process."""
    return await _fresh("process")


async def _fresh(what: str) -> dict[str, Any]:
    command = [sys.executable, "-m", "tests.bench.candles", what]
    running = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await running.communicate()
    return dict(orjson.loads(out.splitlines()[-1]))


if __name__ == "__main__":  # in a process of its own: memory is that of the process
    calm_the_collector()
    told = memory() if sys.argv[1] == "memory" else asyncio.run(process(pools=100_000, swaps=300_000))
    sys.stdout.write(orjson.dumps(told).decode())
