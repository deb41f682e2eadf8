"""Streams filled and read whole, for tests that compare a stream with what became of it."""

import asyncio
import itertools
import random
from collections.abc import Iterable
from typing import Any

from indexer import jetstream
from indexer.config import Settings
from indexer.jetstream_api import NO_MESSAGE, ApiError, call
from indexer.marker import Marker
from indexer.message import SWAPS, Message
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.publisher import Published, Publisher

GENESIS = "G"


def settings(url: str, **values: Any) -> Settings:
    return Settings(_env_file=None, nats_url=url, **values)  # type: ignore[call-arg]


def a_slot(slot: int, *, swaps: int = 10, size: int = 200) -> tuple[list[Message], Marker]:
    """A slot whose payloads do not compress."""
    dice = random.Random(slot)
    messages = [
        Message(subject=SWAPS, id=f"501:{slot}:sig{index}:0", payload=dice.randbytes(size).hex().encode())
        for index in range(swaps)
    ]
    marker = Marker(
        slot=slot, parent_slot=slot - 1, blockhash="hash", block_time=slot, status="complete", swaps=swaps,
        failed_txs=0, dead=0, build="test", programs_hash="p",
    )  # fmt: skip
    return messages, marker


async def publisher(connection: Connection, own: Settings) -> Publisher:
    """An open publisher on streams that are made if they are not there."""
    await jetstream.init(connection)
    one = Publisher(connection, own, Metrics(), genesis_hash=GENESIS)
    await one.open()
    return one


async def fill(
    connection: Connection, own: Settings, slots: Iterable[int], *, swaps: int = 10, size: int = 200
) -> None:
    """Publish these slots as the daemon does."""
    writer = await publisher(connection, own)
    for slot in slots:
        assert isinstance(await writer.publish_slot(*a_slot(slot, swaps=swaps, size=size)), Published)


async def publish_for_ever(writer: Publisher, first: int) -> None:
    """A load: slot after slot until it is cancelled."""
    for slot in itertools.count(first):
        await writer.publish_slot(*a_slot(slot))


async def grown(connection: Connection, sequence: int, stream: str = "dex-swaps") -> None:
    """Until the load has brought the stream to ``sequence``."""
    async with asyncio.timeout(60):
        while (await call(connection, f"STREAM.INFO.{stream}", seconds=30))["state"]["last_seq"] < sequence:
            await asyncio.sleep(0.02)


async def fetch(connection: Connection, stream: str, durable: str, count: int) -> list[str]:
    """Pull so many messages for a consumer; their ack subjects."""
    inbox = connection.new_inbox()
    arrived: asyncio.Queue[str] = asyncio.Queue()

    async def keep(message: Any) -> None:
        await arrived.put(message.reply)

    subscription = await connection.subscribe(inbox, cb=keep)
    body = b'{"batch":%d,"expires":30000000000}' % count
    await connection.publish(f"$JS.API.CONSUMER.MSG.NEXT.{stream}.{durable}", body, reply=inbox)
    got = [await asyncio.wait_for(arrived.get(), 30) for _ in range(count)]
    await subscription.unsubscribe()
    return got


async def everything(connection: Connection, stream: str) -> list[tuple[Any, ...]]:
    """Sequence, subject, time, headers and payload of every message, from the leader."""
    state = (await call(connection, f"STREAM.INFO.{stream}", seconds=30))["state"]
    found: list[tuple[Any, ...]] = []
    sequence = 0
    while sequence < state["last_seq"] and state["messages"]:
        query = {"seq": sequence + 1, "next_by_subj": ">"}
        try:
            message = (await call(connection, f"STREAM.MSG.GET.{stream}", query, seconds=30))["message"]
        except ApiError as error:
            assert error.code == NO_MESSAGE  # noqa: PT017 - the last ones were deleted
            break
        sequence = message["seq"]
        found.append((sequence, message["subject"], message["time"], message.get("hdrs"), message.get("data")))
    return found


async def positions(connection: Connection, stream: str) -> dict[str, dict[str, Any]]:
    """What of each consumer must come back as it was."""
    page = await call(connection, f"CONSUMER.LIST.{stream}", seconds=30)
    kept = ("config", "delivered", "ack_floor", "num_ack_pending", "num_pending")
    found = {one["name"]: {key: one[key] for key in kept} for one in page["consumers"] or ()}
    for one in found.values():
        for position in (one["delivered"], one["ack_floor"]):
            position.pop("last_active", None)  # when, not where
    return found
