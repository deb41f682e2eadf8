"""Exactly once with several writers: another daemon, a foreign publisher, a writer that slept."""

import asyncio
import contextlib
import signal
import subprocess
import sys
from pathlib import Path

import nats

from indexer.embedded import NatsServer
from indexer.message import SLOTS, SWAPS
from indexer.metrics import Metrics
from indexer.publisher import Published
from tests.indexer.publishing import check, entries, marker, publish, run, value, writer


async def test_a_range_that_another_writer_settled_in_part_shrinks(server: NatsServer) -> None:
    async with writer(server.url) as one, writer(server.url) as other:
        await publish(other, 12, 0)
        await one.publish_slot((), marker(10, to_slot=15, status="missing", parent_slot=9, blockhash=None))
    markers = [entry.data for entry in await entries(server.url)]
    assert [(data["slot"], data.get("to_slot")) for data in markers] == [(12, None), (13, 15)]


async def test_a_foreign_publisher_moves_the_sequence_and_nothing_else(server: NatsServer) -> None:
    metrics = Metrics()
    async with writer(server.url, metrics) as publisher, await nats.connect(server.url) as foreign:
        for slot in range(1, 21):
            if slot % 3 == 0:
                await foreign.jetstream().publish(SWAPS, b"noise")
            if slot % 5 == 0:
                await foreign.jetstream().publish(SLOTS, b"not a marker")
            assert isinstance(await publish(publisher, slot, slot % 4), Published)
        await foreign.jetstream().publish(SLOTS, b"{}")
        assert (await publisher.position()).slot == 20
    check(await entries(server.url), {slot: slot % 4 for slot in range(1, 21)})
    assert value(metrics, "indexer_fence_lost_total") >= 6


async def test_two_writers_interleave_and_every_slot_is_there_once(server: NatsServer) -> None:
    async with writer(server.url) as one, writer(server.url) as other:
        for slot, publisher in ((1, one), (2, other), (3, one)):  # each goes on behind what the other wrote
            assert isinstance(await publish(publisher, slot, slot % 7), Published)
        results = await asyncio.gather(run(one, 100, 1), run(other, 100, 2))
    assert sum(result["Published"] for result in results) == 97
    check(await entries(server.url), {slot: slot % 7 for slot in range(1, 101)})


WRITER = """
import asyncio, sys
sys.path[:0] = sys.argv[2:]
from tests.indexer import publishing

async def main():
    async with publishing.writer(sys.argv[1]) as publisher:
        print("ready", flush=True)
        await publishing.run(publisher, 250, 5)

asyncio.run(main())
"""


async def test_a_writer_stopped_for_longer_than_the_window_writes_no_slot_twice(server: NatsServer) -> None:
    """SIGSTOP in the middle of publishing; another writer goes on; the window passes; SIGCONT."""
    root = Path(__file__).parents[2]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, server.url, str(root)), stdout=subprocess.PIPE
    )
    try:
        assert process.stdout is not None
        assert await process.stdout.readline() == b"ready\n"
        async with writer(server.url) as publisher:
            for stop in range(2):
                await asyncio.sleep(0.05 + 0.013 * stop)
                process.send_signal(signal.SIGSTOP)
                await run(publisher, ((await publisher.position()).slot or 0) + 20, stop, first=1)
                await asyncio.sleep(1.2)  # the duplicate window of this server is one second
                process.send_signal(signal.SIGCONT)
            await run(publisher, 250, 9)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    check(await entries(server.url), {slot: slot % 7 for slot in range(1, 251)})
