"""What the server will never take is a clear end: other chains, permissions, sizes."""

from dataclasses import replace
from pathlib import Path

import nats
import pytest

from indexer.embedded import NatsServer
from indexer.errors import FatalError, PeerError
from indexer.message import SLOTS
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.publisher import Published, Publisher
from tests.indexer.publishing import GENESIS, marker, prepare, publish, settings, swaps, writer


async def test_another_chain_is_refused(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        await publish(publisher, 1, 1)
    async with connected(settings(server.url), Metrics()) as connection:
        stranger = Publisher(connection, settings(server.url), Metrics(), genesis_hash="EtWTRA")
        with pytest.raises(PeerError, match="another chain") as caught:
            await stranger.open()
    assert GENESIS in str(caught.value)
    assert "EtWTRA" in str(caught.value)


async def test_slots_of_a_chain_nobody_named_are_refused(server: NatsServer) -> None:
    async with await nats.connect(server.url) as foreign:
        await foreign.jetstream().publish(SLOTS, marker(1).encode())
    with pytest.raises(PeerError, match="not known"):
        async with writer(server.url):
            pass


@pytest.mark.parametrize("denied", ["dex.sol.swaps", "dex.sol.slots", "$JS.API.STREAM.MSG.GET.>"])
async def test_no_permission_says_what_is_denied(tmp_path: Path, denied: str) -> None:
    limited = f'{{ user: me, password: me, permissions: {{ publish: {{ allow: ">", deny: "{denied}" }} }} }}'
    extra = f"authorization {{ users: [ {{ user: admin, password: admin }}, {limited} ] }}"
    async with NatsServer(store_dir=tmp_path, sync="2m", extra=extra) as server:
        await prepare(server.url.replace("//", "//admin:admin@"))
        with pytest.raises(PeerError, match="NATS denies us") as caught:
            async with writer(server.url, nats_user="me", nats_password="me") as publisher:  # noqa: S106 - made up
                await publish(publisher, 1, 3)
    assert denied.lower().removesuffix(">") in str(caught.value)


async def test_a_message_larger_than_the_server_takes_is_a_clear_end(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, sync="2m", extra="max_payload: 8kb") as server:
        await prepare(server.url)
        async with writer(server.url) as publisher:
            big = replace(swaps(1, 1)[0], payload=b"x" * 9000)
            with pytest.raises(FatalError, match="larger than NATS takes") as caught:
                await publisher.publish_slot([big], marker(1, 1))
            assert "max_payload" in caught.value.hint
            assert isinstance(await publish(publisher, 1, 1), Published)


async def test_a_message_larger_than_the_stream_takes_is_a_clear_end(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, sync="2m") as server:
        await prepare(server.url, max_msg_size=2000)
        async with writer(server.url) as publisher:
            big = replace(swaps(1, 1)[0], payload=b"x" * 1990)
            with pytest.raises(FatalError, match="2000 bytes") as caught:
                await publisher.publish_slot([big], marker(1, 1))
            assert "max_msg_size" in caught.value.hint
            fits = replace(swaps(1, 1)[0], payload=b'{"v": 1, "id": "501:1:signature0:0"}' + b" " * 1500)
            assert isinstance(await publisher.publish_slot([fits], marker(1, 1)), Published)
