"""What the daemon says of streams and consumers, and that saying it never stands in its way."""

import signal
from pathlib import Path

from indexer import jetstream
from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from tests.integration.chains import peers, standing
from tests.integration.terminal import scraped, started, until

#: the daemon's user may ask what it needs to publish, and nothing about consumers
USERS = """
authorization { users: [
  { user: operator, password: x }
  { user: daemon, password: x, permissions: {
      publish: ["dex.sol.>", "$JS.API.INFO", "$JS.API.STREAM.>", "$JS.API.DIRECT.GET.>"]
      subscribe: ["_INBOX.>"] } }
] }
"""


async def test_a_daemon_that_may_not_look_publishes_everything_and_says_so_once(tmp_path: Path) -> None:
    async with (
        NatsServer(store_dir=tmp_path / "nats", sync="2m", extra=USERS) as server,
        standing(tmp_path / "truth.jsonl", first_slot=2000, blocks=20) as chain,
    ):
        operator = server.url.replace("//", "//operator:x@")
        async with connected(Settings(_env_file=None, nats_url=operator), Metrics()) as nats:  # type: ignore[call-arg]
            await jetstream.init(nats)
        user = {"NATS_USER": "daemon", "NATS_PASSWORD": "x", "INDEXER_SAMPLE_SECONDS": "0.1"}
        replay = ("run", "--start", "2000")
        daemon = started(tmp_path, *replay, **peers(chain, server), **user)

        async def watched() -> bool:
            metrics = await scraped(daemon)
            looks = metrics("jetstream_samples_total", of="consumer", outcome="denied")
            # by a look that was taken after the last slot
            seen = metrics("stream_messages", stream="dex-swaps") > metrics("swaps_total")
            return metrics("slot_lag") == 0 and metrics("settled_slot") > 2000 and looks > 20 and seen

        await until(watched, daemon)
        metrics = await scraped(daemon)
        assert metrics("swaps_total") > 0
        assert metrics("connected", peer="nats") == 1
        assert metrics("reconnects_total", peer="nats") == 0
        assert await daemon.end(signal.SIGTERM) == 0
    told = [line for line in daemon.log.read_text().splitlines() if "no metrics of this" in line]
    assert len(told) == 7  # one per consumer
    assert all('"outcome":"denied"' in line for line in told)
    assert "x@" not in daemon.log.read_text()
