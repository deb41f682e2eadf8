"""Snapshots in a bucket of a real server: whole or the one before, and one writer."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from indexer.candle_store import CandleStore, Current
from indexer.embedded import NatsServer
from indexer.errors import DataError, PeerError, TransientError
from indexer.jetstream_api import call, get_message
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from tests.indexer.candle_stream import settings


@asynccontextmanager
async def storing(server: NatsServer) -> AsyncIterator[tuple[Connection, CandleStore]]:
    own = settings(server.url)
    async with connected(own, Metrics()) as connection:
        yield connection, CandleStore(connection, own)


def current(sequence: int) -> Current:
    return Current(stream_created="then", sequence=sequence, outlets={"1m": ("then", 7)}, manifest=None)


async def load(store: CandleStore, found: Current) -> dict[str, bytes]:
    await store.use(found)
    return {name: await store.part(name) for name in store.names}


async def keys(connection: Connection) -> set[str]:
    body = {"subjects_filter": "$KV.candle-builder.>"}
    info = await call(connection, "STREAM.INFO.KV_candle-builder", body, seconds=5)
    return set(info["state"].get("subjects") or {})


async def purge(connection: Connection, key: str) -> None:
    await call(connection, "STREAM.PURGE.KV_candle-builder", {"filter": f"$KV.candle-builder.{key}"}, seconds=5)


async def test_parts_come_back_as_they_were_whatever_their_size(nats_server: NatsServer) -> None:
    parts = {"small": b"x", "empty": b"", "large": bytes(range(256)) * 5000}
    async with storing(nats_server) as (_, store):
        assert await store.open(replicas=1) is None
        await store.take_over(current(0))
        await store.save(current(5), parts.items(), ())
    async with storing(nats_server) as (_, store):
        found = await store.open(replicas=1)
        assert found is not None
        assert (found.sequence, found.outlets) == (5, {"1m": ("then", 7)})
        assert await load(store, found) == parts


async def test_parts_that_stay_are_kept_and_the_replaced_are_dropped(nats_server: NatsServer) -> None:
    async with storing(nats_server) as (connection, store):
        await store.open(replicas=1)
        await store.take_over(current(0))
        for number in range(10):
            await store.save(
                current(number),
                [("moving", b"%d" % number)] + ([] if number else [("still", b"s")]),
                ["still"] if number else (),
            )
        assert len(await keys(connection)) == 4
    async with storing(nats_server) as (_, store):
        found = await store.open(replicas=1)
        assert found is not None
        assert await load(store, found) == {"moving": b"9", "still": b"s"}


async def test_a_snapshot_cut_short_leaves_the_one_before_and_its_rest_goes_with_the_next_start(
    nats_server: NatsServer,
) -> None:
    async with storing(nats_server) as (connection, store):
        await store.open(replicas=1)
        await store.take_over(current(0))
        await store.save(current(1), [("part", b"one")], ())
        await store._write(b"half of the next")
        assert len(await keys(connection)) == 4
    async with storing(nats_server) as (connection, store):
        found = await store.open(replicas=1)
        assert found is not None
        assert await load(store, found) == {"part": b"one"}
        await store.take_over(found)
        assert len(await keys(connection)) == 3


@pytest.mark.parametrize("damage", ["gone", "changed"])
async def test_a_snapshot_that_is_not_whole_is_refused_with_what_to_do(nats_server: NatsServer, damage: str) -> None:
    async with storing(nats_server) as (connection, store):
        await store.open(replicas=1)
        await store.take_over(current(0))
        await store.save(current(1), [("part", b"one")], ())
        key = store._parts["part"][0]
        if damage == "gone":
            await purge(connection, key)
        else:
            query = {"last_by_subj": f"$KV.candle-builder.{key}"}
            stored = await get_message(connection, "KV_candle-builder", query, seconds=5)
            assert stored is not None
            assert b"one" in stored.payload
            await store._put(key, stored.payload.replace(b"one", b"two"))
    async with storing(nats_server) as (_, store):
        found = await store.open(replicas=1)
        assert found is not None
        with pytest.raises(DataError, match="not whole: part") as caught:
            await load(store, found)
        assert "nats kv del candle-builder" in caught.value.hint


async def test_a_record_that_is_gone_is_not_ours(nats_server: NatsServer) -> None:
    async with storing(nats_server) as (connection, store):
        await store.open(replicas=1)
        await store.take_over(current(0))
        await purge(connection, "current")
        with pytest.raises(PeerError, match="took over"):
            await store.still_ours()


async def test_of_two_writers_the_first_is_told_that_the_second_took_over(nats_server: NatsServer) -> None:
    async with storing(nats_server) as (_, first), storing(nats_server) as (_, second):
        await first.open(replicas=1)
        await first.take_over(current(0))
        await first.save(current(1), [("part", b"one")], ())
        found = await second.open(replicas=1)
        assert found is not None
        await load(second, found)
        await second.take_over(found)
        await second.still_ours()
        with pytest.raises(PeerError, match="took over"):
            await first.still_ours()
        with pytest.raises(PeerError, match="took over"):
            await first.save(current(2), [("part", b"two")], ())
        assert await second.part("part") == b"one"
        await second.save(current(3), [("part", b"three")], ())
    async with storing(nats_server) as (_, third):
        found = await third.open(replicas=1)
        assert found is not None
        assert (found.sequence, await load(third, found)) == (3, {"part": b"three"})


async def test_a_record_that_was_stored_though_no_answer_came_is_not_another_builders(nats_server: NatsServer) -> None:
    async with storing(nats_server) as (_, store):
        patient = store._settings
        await store.open(replicas=1)
        await store.take_over(current(0))
        store._settings = patient.model_copy(update={"ack_seconds": 1e-6})
        with pytest.raises(TransientError):
            await store._switch(current(1))
        store._settings = patient
        await store.still_ours()
        await store.save(current(2), [("part", b"two")], ())
        store._settings = patient.model_copy(update={"ack_seconds": 1e-6})
        with pytest.raises(TransientError):
            await store._switch(current(3))
        store._settings = patient
        with pytest.raises(TransientError, match="wrong last sequence"):
            await store._put("current", b"{}", fence=store._fence)
        await store.save(current(4), [("part", b"four")], ())
