"""What a stream says of the chain whose slots it holds."""

from collections.abc import AsyncIterator

import pytest

from indexer import genesis, jetstream
from indexer.embedded import NatsServer
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from tests.indexer.stored import fill, settings


@pytest.fixture
async def nats(nats_server: NatsServer) -> AsyncIterator[Connection]:
    async with connected(settings(nats_server.url), Metrics()) as connection:
        await jetstream.init(connection)
        yield connection


async def metadata(nats: Connection) -> dict[str, str]:
    return dict((await call(nats, "STREAM.INFO.dex-swaps", seconds=30))["config"].get("metadata") or {})


async def test_generated_data_is_labelled_before_the_first_slot(nats: Connection) -> None:
    await genesis.label(nats, "LOCALNET, generated", seconds=30)
    await fill(nats, settings("unused"), [1])
    told = await metadata(nats)
    assert genesis.described(told) == "LOCALNET, generated"
    assert told[genesis.KEY] == "G"


async def test_a_stream_that_holds_a_chain_is_not_labelled(nats: Connection) -> None:
    await fill(nats, settings("unused"), [1])
    await genesis.label(nats, "LOCALNET, generated", seconds=30)
    assert genesis.LABEL not in await metadata(nats)


def test_mainnet_and_the_unknown_need_no_word() -> None:
    assert genesis.described({}) == ""
    assert genesis.described({genesis.KEY: genesis.MAINNET}) == ""
    assert genesis.described({genesis.KEY: "abc"}) == "not mainnet: a localnet or another cluster, genesis hash abc"
