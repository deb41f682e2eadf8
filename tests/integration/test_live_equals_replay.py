"""What is published live and what a replay publishes into an empty stream are the same bytes."""

import signal
from pathlib import Path

from indexer.embedded import NatsServer
from tests.chaos.arena import arena, init_topology
from tests.chaos.audit import Stored, read_stream

FLAGS = ("--generate", "--seed", "7", "--slot-milliseconds", "80", "--transactions", "20", "--skip-share", "0.1")


def published(stored: list[Stored]) -> list[tuple[str, str | None, bytes]]:
    """Swaps by bytes; markers without the stream's creation time, the one thing that tells two streams apart."""
    rows = []
    for message in stored:
        raw = message.raw
        if message.subject == "dex.sol.slots":
            raw = raw.replace(message.body["stream_created"].encode(), b"")
        rows.append((message.subject, message.message_id, raw))
    return rows


async def test_live_equals_replay(tmp_path: Path) -> None:
    async with arena(tmp_path, *FLAGS) as place:
        live = place.daemon("--start", str(place.net.first_slot), name="live")
        live.start()
        await place.wait_settled(await place.net.tip() + 40, seconds=90)
        assert await live.end(signal.SIGTERM) == 0
        await place.net.control("/pause", {})
        first = await read_stream(place.server.url)
        markers = [message.body for message in first if message.subject == "dex.sol.slots"]
        assert len(markers) > 30

        async with NatsServer(store_dir=tmp_path / "other") as other:
            await init_topology(other.url)
            flags = ("--replay-from-slot", str(markers[0]["slot"]), "--to-slot", str(markers[-1]["slot"]))
            replay = place.daemon(*flags, "--nats-url", other.url, "--lookahead-slots", "3", name="replay")
            replay.start()
            assert await replay.wait(seconds=90) == 0, replay.tail()
            second = await read_stream(other.url)
    assert published(first) == published(second)
    assert sum(message.subject == "dex.sol.swaps" for message in first) > 100
