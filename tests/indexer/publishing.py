"""What the publisher's tests share: made-up slots, writers, and the stream as an ordinary client reads it."""

import asyncio
import contextlib
import random
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nats
import orjson

from indexer import jetstream
from indexer.config import Settings
from indexer.jetstream_api import call
from indexer.marker import Marker
from indexer.message import MODE_HEADER, STREAM, SWAPS, Message
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.publisher import Overtaken, Published, Publisher

TOPOLOGY = Path(__file__).parents[2] / "deploy" / "jetstream"


GENESIS = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"


def settings(url: str, **values: Any) -> Settings:
    values = {"nats_backoff_seconds": 0.2, "ack_seconds": 2, "nats_connect_seconds": 60} | values
    return Settings(_env_file=None, nats_url=url, **values)  # type: ignore[call-arg]


def swaps(slot: int, count: int) -> list[Message]:
    """A slot's swaps as the publisher sees them: what is in the payload is none of its business."""
    names = [f"501:{slot}:signature{index}:0" for index in range(count)]
    return [Message(subject=SWAPS, id=name, payload=orjson.dumps({"v": 1, "id": name})) for name in names]


def repaired(messages: list[Message]) -> list[Message]:
    return [replace(message, headers={MODE_HEADER: "repair"}) for message in messages]


def marker(slot: int, count: int = 0, **values: Any) -> Marker:
    plain: dict[str, Any] = {
        "slot": slot,
        "parent_slot": slot - 1,
        "blockhash": f"hash{slot}",
        "block_time": slot,
        "status": "complete",
        "swaps": count,
        "failed_txs": 0,
        "dead": 0,
        "build": "test",
        "programs_hash": "p",
    }
    return Marker(**(plain | values))


@dataclass(frozen=True)
class Entry:
    """A message as an ordinary client reads it."""

    sequence: int
    subject: str
    id: str
    headers: dict[str, str]
    data: dict[str, Any]


async def entries(url: str) -> list[Entry]:
    """The whole swaps stream, read by a client of its own."""
    async with await nats.connect(url) as client:
        js = client.jetstream(timeout=30)
        last = (await js.stream_info(STREAM)).state.last_seq
        found = []
        for sequence in range(1, last + 1):
            with contextlib.suppress(nats.js.errors.NotFoundError):
                message = await js.get_msg(STREAM, sequence)
                data = orjson.loads(message.data or b"{}") if (message.data or b"").startswith(b"{") else {}
                headers = dict(message.headers or {})
                found.append(Entry(sequence, message.subject or "", headers.get("Nats-Msg-Id", ""), headers, data))
        return found


def check(found: list[Entry], expected: dict[int, int]) -> None:
    """Slots ascend, each directly behind its swaps, whole, none twice, none lost."""
    main = [entry for entry in found if MODE_HEADER not in entry.headers and entry.data.get("v")]
    seen: dict[int, int] = {}
    group: list[str] = []
    for entry in main:
        if entry.subject == SWAPS:
            group.append(entry.data["id"])
            continue
        slot = entry.data["slot"]
        assert not seen or slot > max(seen), "slots ascend"
        assert group == [message.id for message in swaps(slot, entry.data["swaps"])]
        seen[slot], group = entry.data["swaps"], []
    assert group == []
    assert seen == expected


async def prepare(url: str, **values: Any) -> None:
    config = orjson.loads((TOPOLOGY / "stream-dex-swaps.json").read_bytes())
    config |= {"duplicate_window": 10**9} | values
    async with connected(settings(url), Metrics()) as connection:
        await call(connection, f"STREAM.CREATE.{STREAM}", config, seconds=30)
        await jetstream.init(connection)


@contextlib.asynccontextmanager
async def writer(url: str, metrics: Metrics | None = None, **values: Any) -> AsyncIterator[Publisher]:
    metrics, own = metrics or Metrics(), settings(url, **values)
    patient = own.model_copy(update={"nats_connect_seconds": 60})  # how soon it is there is not what is tested
    async with connected(patient, metrics) as connection:
        publisher = Publisher(connection, own, metrics, genesis_hash=GENESIS)
        await publisher.open()
        yield publisher


async def publish(publisher: Publisher, slot: int, count: int) -> Published | Overtaken:
    return await publisher.publish_slot(swaps(slot, count), marker(slot, count))


def value(metrics: Metrics, name: str) -> float:
    return metrics.registry.get_sample_value(name) or 0.0


async def run(publisher: Publisher, last: int, seed: int, *, first: int = 1) -> Counter[str]:
    """A loop over slots as the pipeline's: after an Overtaken it goes on behind the other writer."""
    slot, outcomes, dice = first, Counter[str](), random.Random(seed)
    while slot <= last:
        outcome = await publish(publisher, slot, slot % 7)
        outcomes[type(outcome).__name__] += 1
        slot = slot + 1 if isinstance(outcome, Published) else (outcome.position.slot or 0) + 1
        await asyncio.sleep(dice.random() * 0.002)
    return outcomes


async def held(metrics: Metrics) -> None:
    async with asyncio.timeout(30):
        while not value(metrics, "indexer_publish_blocked"):
            await asyncio.sleep(0.01)


class Crash(Exception):
    """What a kill between two batches is to this process."""


def failing(call: Any, *, after: int) -> Any:
    """``call``, which fails once it was called ``after`` times."""
    count = 0

    def counted(*args: Any) -> Any:
        nonlocal count
        count += 1
        if count > after:
            raise Crash
        return call(*args)

    return counted
