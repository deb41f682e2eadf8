"""A real server's monitoring port."""

from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from indexer.errors import PeerError, UsageError
from indexer.monitoring import read_servers, server_state
from tests.indexer.ports import monitoring_of


async def test_store_sync_and_disk_are_seen(tmp_path: Path) -> None:
    async with (
        NatsServer(store_dir=tmp_path / "a", name="a", max_store_bytes=10**9, extra='http: "127.0.0.1:-1"') as always,
        NatsServer(store_dir=tmp_path / "b", name="b", sync="30s", extra='http: "127.0.0.1:-1"') as later,
    ):
        one, other = await read_servers([monitoring_of(always), monitoring_of(later) + "/"], seconds=5)
    assert (one.name, one.max_stored_bytes, one.stored_bytes, one.sync_always) == ("a", 10**9, 0, True)
    assert (other.name, other.sync_always, other.sync_seconds) == ("b", False, 30)
    assert one.disk_free_bytes is not None
    assert one.disk_free_bytes > 0


async def test_what_is_no_monitoring_port_is_named_without_its_secrets(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path / "a") as server:
        for url in (server.url.replace("nats://", "http://me:hunter2@"), "http://me:hunter2@127.0.0.1:1"):
            with pytest.raises(PeerError, match="no monitoring at http://") as caught:
                await read_servers([url], seconds=2)
            assert "hunter2" not in str(caught.value)
            assert "NATS_MONITORING_URL" in caught.value.hint
    with pytest.raises(UsageError, match="is no http URL"):
        await read_servers(["127.0.0.1:8222"], seconds=2)


def test_a_server_without_jetstream_is_an_error() -> None:
    with pytest.raises(KeyError):
        server_state({"server_name": "a"})
