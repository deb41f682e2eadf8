"""Exactly once, against real servers: lost answers, two writers, kills, pauses, full stores and foreign messages."""

import asyncio
import contextlib
import os
import random
import shutil
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import nats
import orjson
import pytest

from indexer import jetstream
from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.errors import FatalError, PeerError, TransientError
from indexer.jetstream_api import call
from indexer.marker import Marker
from indexer.message import DEAD_STREAM, MODE_HEADER, SLOTS, SLOTS_REPAIR, STREAM, SWAPS, Message
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.plan import Cursor
from indexer.publisher import Overtaken, Published, Publisher, Rewound

TOPOLOGY = Path(__file__).parents[2] / "deploy" / "jetstream"
GENESIS = "5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d"


def settings(url: str, **values: Any) -> Settings:
    values = {"nats_backoff_seconds": 0.2, "ack_seconds": 2, "nats_connect_seconds": 5} | values
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
        js = client.jetstream()
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


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[NatsServer]:
    """A server with the topology, and a duplicate window of a second: exactness must not lean on it."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as running:
        await prepare(running.url)
        yield running


async def prepare(url: str, **values: Any) -> None:
    config = orjson.loads((TOPOLOGY / "stream-dex-swaps.json").read_bytes())
    config |= {"duplicate_window": 10**9} | values
    async with connected(settings(url), Metrics()) as connection:
        await call(connection, f"STREAM.CREATE.{STREAM}", config, seconds=5)
        await jetstream.init(connection)


@contextlib.asynccontextmanager
async def writer(url: str, metrics: Metrics | None = None, **values: Any) -> AsyncIterator[Publisher]:
    metrics, own = metrics or Metrics(), settings(url, **values)
    async with connected(own, metrics) as connection:
        publisher = Publisher(connection, own, metrics, genesis_hash=GENESIS)
        await publisher.open()
        yield publisher


async def publish(publisher: Publisher, slot: int, count: int) -> Published | Overtaken:
    return await publisher.publish_slot(swaps(slot, count), marker(slot, count))


def value(metrics: Metrics, name: str) -> float:
    return metrics.registry.get_sample_value(name) or 0.0


async def test_an_empty_stream_has_no_position_and_takes_our_genesis_hash(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        position = await publisher.position()
        assert (position.slot, position.first_slot, position.sequence, position.cursor()) == (None, None, 0, None)
    async with connected(settings(server.url), Metrics()) as connection:
        info = await call(connection, f"STREAM.INFO.{STREAM}", seconds=2)
    assert info["config"]["metadata"]["genesis_hash"] == GENESIS


async def test_a_slot_and_its_marker_are_one_batch_and_the_next_start_goes_on_there(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        assert await publish(publisher, 10, 3) == Published(sequence=4, duplicates=0)
        assert await publish(publisher, 11, 0) == Published(sequence=5, duplicates=0)
    found = await entries(server.url)
    check(found, {10: 3, 11: 0})
    assert [entry.id for entry in found] == [
        *(message.id for message in swaps(10, 3)),
        "501:10:complete",
        "501:11:complete",
    ]
    assert len({entry.headers["Nats-Batch-Id"] for entry in found[:4]}) == 1
    assert found[3].data["stream_created"].startswith("20")
    async with writer(server.url) as publisher:
        position = await publisher.position()
        assert (position.slot, position.first_slot, position.sequence) == (11, 10, 5)
        assert position.cursor() == Cursor(slot=11, block=11)
        assert isinstance(await publish(publisher, 11, 0), Overtaken)


async def test_the_cursor_after_a_missing_range_is_its_end_and_the_block_before_it(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        hole = marker(10, to_slot=19, status="missing", parent_slot=9, blockhash=None, block_time=None)
        await publisher.publish_slot((), hole)
        assert (await publisher.position()).cursor() == Cursor(slot=19, block=9)
        await publish(publisher, 20, 1)


async def test_a_range_that_another_writer_settled_in_part_shrinks(server: NatsServer) -> None:
    async with writer(server.url) as one, writer(server.url) as other:
        await publish(other, 12, 0)
        await one.publish_slot((), marker(10, to_slot=15, status="missing", parent_slot=9, blockhash=None))
    markers = [entry.data for entry in await entries(server.url)]
    assert [(data["slot"], data.get("to_slot")) for data in markers] == [(12, None), (13, 15)]


async def test_a_slot_of_more_than_one_batch(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        assert await publish(publisher, 1, 999) == Published(sequence=1000, duplicates=0)
        assert await publish(publisher, 2, 1000) == Published(sequence=2001, duplicates=0)
        assert await publish(publisher, 3, 2500) == Published(sequence=4502, duplicates=0)
    check(await entries(server.url), {1: 999, 2: 1000, 3: 2500})


async def test_a_slot_is_finished_by_another_writer_after_a_crash_between_its_batches(server: NatsServer) -> None:
    async with writer(server.url, batch_messages=10) as publisher:
        await publish(publisher, 1, 25)
        publisher._next_batch = failing(publisher._next_batch, after=2)  # type: ignore[method-assign]
        with pytest.raises(Crash):
            await publish(publisher, 2, 25)
    assert len(await entries(server.url)) == 26 + 20
    async with writer(server.url, batch_messages=10) as publisher:
        assert (await publisher.position()).slot == 1
        assert await publish(publisher, 2, 25) == Published(sequence=52, duplicates=20)
    check(await entries(server.url), {1: 25, 2: 25})


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


async def run(publisher: Publisher, last: int, seed: int, *, first: int = 1) -> Counter[str]:
    """A loop over slots as the pipeline's: after an Overtaken it goes on behind the other writer."""
    slot, outcomes, dice = first, Counter[str](), random.Random(seed)
    while slot <= last:
        outcome = await publish(publisher, slot, slot % 7)
        outcomes[type(outcome).__name__] += 1
        slot = slot + 1 if isinstance(outcome, Published) else (outcome.position.slot or 0) + 1
        await asyncio.sleep(dice.random() * 0.002)
    return outcomes


async def test_two_writers_interleave_and_every_slot_is_there_once(server: NatsServer) -> None:
    async with writer(server.url) as one, writer(server.url) as other:
        results = await asyncio.gather(run(one, 100, 1), run(other, 100, 2))
    assert sum(result["Published"] for result in results) == 100
    assert all(result["Published"] for result in results)
    check(await entries(server.url), {slot: slot % 7 for slot in range(1, 101)})


async def test_a_batch_whose_answer_is_lost_is_found_and_not_sent_again(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        connection = publisher._connection
        connection.ask = losing(connection, lost=2)  # type: ignore[method-assign]
        assert await publish(publisher, 1, 5) == Published(sequence=6, duplicates=0)
        assert await publish(publisher, 2, 5) == Published(sequence=12, duplicates=0)
    check(await entries(server.url), {1: 5, 2: 5})


def losing(connection: Connection, *, lost: int) -> Any:
    """``ask`` on a network that swallows the first ``lost`` answers to published slots."""
    ask = connection.ask

    async def asked(subject: str, *args: Any, **options: Any) -> Any:
        nonlocal lost
        answer = await ask(subject, *args, **options)
        if subject == SLOTS and lost:
            lost -= 1
            raise TransientError("no answer")
        return answer

    return asked


async def test_ids_the_window_remembers_from_before_a_purge_do_not_stop_the_loop(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, sync="2m") as server:
        await prepare(server.url, duplicate_window=3600 * 10**9)
        async with writer(server.url) as publisher:
            await publish(publisher, 1, 3)
            await call(publisher._connection, f"STREAM.PURGE.{STREAM}", seconds=2)
        async with writer(server.url) as publisher:
            assert isinstance(await publish(publisher, 1, 3), Published)
        check(await entries(server.url), {1: 3})


async def test_kills_of_the_server_lose_nothing_and_store_nothing_twice(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, sync="always") as server:
        await prepare(server.url)
        async with writer(server.url) as publisher:
            work = asyncio.create_task(run(publisher, 150, 3))
            for _ in range(3):
                await asyncio.sleep(0.1)
                await server.kill()
                await server.start()
            assert (await work)["Published"] == 150
        check(await entries(server.url), {slot: slot % 7 for slot in range(1, 151)})


@pytest.mark.parametrize("refilled", [False, True])
async def test_a_server_that_lost_acknowledged_slots_is_noticed(tmp_path: Path, *, refilled: bool) -> None:
    """A power cut without sync: the store is older than what was acknowledged; foreign messages may even fill it up."""
    async with NatsServer(store_dir=tmp_path / "nats", sync="always") as server:
        await prepare(server.url)
        async with writer(server.url) as publisher:
            await run(publisher, 5, 1)
            await server.kill()
            shutil.copytree(tmp_path / "nats" / "jetstream", tmp_path / "old")
            await server.start()
            await run(publisher, 9, 1, first=6)
            had = (await publisher.position()).sequence
            await server.kill()
            shutil.rmtree(tmp_path / "nats" / "jetstream")
            (tmp_path / "old").rename(tmp_path / "nats" / "jetstream")
            await server.start()
            if refilled:
                await fill(server.url, had)
            await reconnected(publisher._connection, 3)
            with pytest.raises(Rewound, match="it ends at 5, and had 9"):
                await publish(publisher, 10, 3)
            assert (await publisher.position()).slot == 5
            await run(publisher, 10, 1, first=6)
        check(await entries(server.url), {slot: slot % 7 for slot in range(1, 11)})


async def reconnected(connection: Connection, generation: int) -> None:
    async with asyncio.timeout(5):
        while connection.generation < generation:
            await asyncio.sleep(0.01)


async def fill(url: str, sequence: int) -> None:
    async with await nats.connect(url) as client:
        while (await client.jetstream().publish(SWAPS, b"noise")).seq < sequence:
            pass


async def test_a_stream_made_anew_begins_a_new_epoch(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        await publish(publisher, 1, 3)
        await call(publisher._connection, f"STREAM.DELETE.{STREAM}", seconds=2)
        late = asyncio.create_task(publish(publisher, 2, 3))
        await asyncio.sleep(0.1)
        assert not late.done()
        await jetstream.init(publisher._connection)
        assert await late == Published(sequence=4, duplicates=0)
        info = await call(publisher._connection, f"STREAM.INFO.{STREAM}", seconds=2)
    found = await entries(server.url)
    check(found, {2: 3})
    assert found[-1].data["stream_created"] == info["created"]
    assert info["config"]["metadata"]["genesis_hash"] == GENESIS


async def test_a_stream_that_stays_away_stops_the_process(server: NatsServer) -> None:
    async with writer(server.url, nats_connect_seconds=0.3) as publisher:
        await call(publisher._connection, f"STREAM.DELETE.{STREAM}", seconds=2)
        with pytest.raises(PeerError, match="stream dex-swaps does not exist") as caught:
            await publish(publisher, 1, 1)
    assert "indexer jetstream init" in caught.value.hint


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


async def held(metrics: Metrics) -> None:
    async with asyncio.timeout(5):
        while not value(metrics, "indexer_publish_blocked"):
            await asyncio.sleep(0.01)


async def test_a_full_store_holds_the_slot_until_there_is_room(tmp_path: Path) -> None:
    metrics = Metrics()
    async with NatsServer(store_dir=tmp_path, sync="2m", max_store_bytes=100_000) as server:
        await prepare(server.url)
        async with writer(server.url, metrics) as publisher:
            padded = [replace(message, payload=message.payload + b" " * 5000) for message in swaps(2, 30)]
            await publish(publisher, 1, 3)
            late = asyncio.create_task(publisher.publish_slot(padded, marker(2, 30)))
            await held(metrics)
            assert not late.done()
            await server.kill()
            server.max_store_bytes = 100_000_000
            await server.start()
            assert isinstance(await late, Published)
            assert value(metrics, "indexer_publish_blocked") == 0
            await publish(publisher, 3, 1)
        check(await entries(server.url), {1: 3, 2: 30, 3: 1})


async def test_a_stream_that_refuses_new_messages_holds_the_slot_until_there_is_room(tmp_path: Path) -> None:
    metrics = Metrics()
    async with NatsServer(store_dir=tmp_path, sync="2m") as server:
        await prepare(server.url, discard="new", max_msgs=6)
        async with writer(server.url, metrics) as publisher:
            await publish(publisher, 1, 3)
            late = asyncio.create_task(publish(publisher, 2, 3))
            await held(metrics)
            assert not late.done()
            await call(publisher._connection, f"STREAM.PURGE.{STREAM}", {"seq": 4}, seconds=2)
            assert await late == Published(sequence=8, duplicates=0)
            assert value(metrics, "indexer_publish_blocked") == 0


async def test_a_disk_that_is_really_full_holds_the_slot_until_there_is_room(tmp_path: Path) -> None:
    """The store on a small filesystem of its own: the server fails in the middle of what it writes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    if os.geteuid() or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=False).returncode:  # noqa: S607, ASYNC221
        pytest.skip("only root can mount a small filesystem")
    metrics = Metrics()
    try:
        async with NatsServer(store_dir=disk, sync="2m", max_store_bytes=10**9) as server:
            await prepare(server.url, compression="none")
            async with writer(server.url, metrics) as publisher:
                work = asyncio.create_task(run_padded(publisher, 40))
                await held(metrics)
                await asyncio.sleep(0.3)
                assert not work.done()
                subprocess.run(["mount", "-o", "remount,size=300m", disk], check=True)  # noqa: S607, ASYNC221
                await asyncio.sleep(0.3)
                await server.kill()  # a store that failed to write needs a restart
                await server.start()
                await work
            check(await entries(server.url), dict.fromkeys(range(1, 41), 20))
    finally:
        subprocess.run(["umount", disk], check=True)  # noqa: S607, ASYNC221


async def run_padded(publisher: Publisher, last: int) -> None:
    for slot in range(1, last + 1):
        padded = [replace(message, payload=message.payload + b" " * 10_000) for message in swaps(slot, 20)]
        assert isinstance(await publisher.publish_slot(padded, marker(slot, 20)), Published)


async def test_a_repair_goes_beside_the_main_markers(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        await publish(publisher, 5, 2)
        outcome = await publisher.publish_repair(repaired(swaps(3, 2)), marker(3, 2))
        assert outcome == Published(sequence=6, duplicates=0)
        await publish(publisher, 6, 1)
        assert (await publisher.position()).slot == 6
        found = [each async for each in publisher.markers(1, 10)]
    assert [each.slot for each in found] == [5, 6, 3]
    stored = await entries(server.url)
    check(stored, {5: 2, 6: 1})
    repair = [entry for entry in stored if entry.headers.get(MODE_HEADER) == "repair"]
    assert [entry.subject for entry in repair] == [SWAPS, SWAPS, SLOTS_REPAIR]
    assert [entry.data["id"] for entry in repair[:2]] == [message.id for message in swaps(3, 2)]


async def test_published_again_within_the_window_is_stored_again_on_purpose(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, sync="2m") as server:
        await prepare(server.url, duplicate_window=3600 * 10**9)
        async with writer(server.url) as publisher:
            await publish(publisher, 1, 2)
            for _ in range(2):
                await publisher.publish_repair(repaired(swaps(1, 2)), marker(1, 2), again=True)
        ids = Counter(entry.data["id"] for entry in await entries(server.url) if entry.subject == SWAPS)
        assert set(ids.values()) == {3}


async def test_two_repairs_of_one_slot_store_it_once(server: NatsServer) -> None:
    async with writer(server.url) as one, writer(server.url) as other:
        await publish(one, 5, 2)
        outcomes = await asyncio.gather(
            *(each.publish_repair(repaired(swaps(3, 4)), marker(3, 4)) for each in (one, other))
        )
        assert sorted(outcome.duplicates for outcome in outcomes if isinstance(outcome, Published)) == [0, 4]
        await publish(one, 6, 2)
        late = await other.publish_repair(repaired(swaps(3, 4)), marker(3, 4))
        assert isinstance(late, Published)
        assert late.duplicates == 4
    assert len([entry for entry in await entries(server.url) if entry.subject == SLOTS_REPAIR]) == 1


async def test_a_repair_of_more_than_one_batch_is_finished_after_a_crash(server: NatsServer) -> None:
    async with writer(server.url, batch_messages=10) as publisher:
        await publish(publisher, 5, 2)
        publisher._next_batch = failing(publisher._next_batch, after=2)  # type: ignore[method-assign]
        with pytest.raises(Crash):
            await publisher.publish_repair(repaired(swaps(3, 25)), marker(3, 25))
    async with writer(server.url, batch_messages=10) as publisher:
        await publish(publisher, 6, 2)
        outcome = await publisher.publish_repair(repaired(swaps(3, 25)), marker(3, 25))
        assert isinstance(outcome, Published)
        assert outcome.duplicates == 20
    stored = await entries(server.url)
    check(stored, {5: 2, 6: 2})
    repair = [entry.data["id"] for entry in stored if entry.headers.get(MODE_HEADER) and entry.subject == SWAPS]
    assert sorted(repair) == sorted(message.id for message in swaps(3, 25))


async def test_the_loop_and_a_repair_share_one_publisher(server: NatsServer) -> None:
    async def repair(publisher: Publisher) -> None:
        for slot in range(1, 31):
            await publisher.publish_repair(repaired(swaps(slot, 3)), marker(slot, 3))

    async with writer(server.url) as publisher, writer(server.url) as other:
        await asyncio.gather(run(publisher, 160, 1, first=101), repair(publisher), repair(other))
    stored = await entries(server.url)
    check(stored, {slot: slot % 7 for slot in range(101, 161)})
    repairs = Counter(entry.data["slot"] for entry in stored if entry.subject == SLOTS_REPAIR)
    assert repairs == Counter(range(1, 31))


async def test_a_repair_that_never_pauses_does_not_starve_the_loop(server: NatsServer) -> None:
    async def repair(publisher: Publisher) -> None:
        for slot in range(1, 1_000_000):
            await publisher.publish_repair(repaired(swaps(slot, 30)), marker(slot, 30))

    async with writer(server.url) as publisher, writer(server.url) as other:
        endless = asyncio.create_task(repair(other))
        async with asyncio.timeout(20):
            for slot in range(2_000_000, 2_000_020):
                await publish(publisher, slot, 3)
                await asyncio.sleep(0.02)
        endless.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await endless


async def test_a_cancelled_publish_leaves_the_publisher_usable(server: NatsServer) -> None:
    async with writer(server.url, batch_messages=50) as publisher:
        for slot in range(1, 21):
            work = asyncio.create_task(publish(publisher, slot, 120))
            await asyncio.sleep(0.0007 * slot)
            work.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await work
            outcome = await publish(publisher, slot, 120)
            assert isinstance(outcome, Published) or outcome.position.slot == slot
    check(await entries(server.url), dict.fromkeys(range(1, 21), 120))


async def test_a_server_that_stops_answering_for_a_while(server: NatsServer) -> None:
    """The batch waits in its socket; when it goes on, that batch and our next tries race, and one wins."""
    metrics = Metrics()
    async with writer(server.url, metrics, ack_seconds=0.2) as publisher:
        await publish(publisher, 1, 3)
        os.kill(server.pid, signal.SIGSTOP)
        late = asyncio.create_task(run(publisher, 20, 1, first=2))
        await held(metrics)
        await asyncio.sleep(0.7)
        os.kill(server.pid, signal.SIGCONT)
        assert (await late)["Published"] == 19
    check(await entries(server.url), {slot: slot % 7 for slot in range(1, 21)} | {1: 3})


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


async def test_markers_are_found_by_slot_among_many(server: NatsServer) -> None:
    async with writer(server.url) as publisher:
        for slot in range(10, 400, 2):
            await publisher.publish_slot(swaps(slot, slot % 3), marker(slot, slot % 3))
        await publisher.publish_slot((), marker(401, to_slot=450, status="missing"))
        assert [each.slot async for each in publisher.markers(100, 110)] == list(range(100, 111, 2))
        assert [each.slot async for each in publisher.markers(0, 12)] == [10, 12]
        assert [each.slot async for each in publisher.markers(397, 420)] == [398, 401]
        assert [each.slot async for each in publisher.markers(451, 500)] == []
        assert len([each async for each in publisher.markers(0, 10**9)]) == 196


async def test_dead_letters_are_acknowledged_and_kept_once(server: NatsServer) -> None:
    letters = [Message(subject="dex.sol.dead.x", id=f"501:1:sig{n}:0:dead", payload=b"{}") for n in range(250)]
    async with writer(server.url) as publisher:
        await publisher.publish_dead(())
        await publisher.publish_dead(letters)
        await publisher.publish_dead(letters[:10])
        info = await call(publisher._connection, f"STREAM.INFO.{DEAD_STREAM}", seconds=2)
        assert info["state"]["messages"] == 250


async def test_a_missing_stream_of_dead_letters_stops_the_process(server: NatsServer) -> None:
    letter = Message(subject="dex.sol.dead.x", id="501:1:sig:0:dead", payload=b"{}")
    async with writer(server.url, nats_connect_seconds=0.3) as publisher:
        await call(publisher._connection, f"STREAM.DELETE.{DEAD_STREAM}", seconds=2)
        with pytest.raises(PeerError, match="stream dex-dead does not exist"):
            await publisher.publish_dead([letter])


WRITER = """
import asyncio, sys
sys.path[:0] = sys.argv[2:]
import test_publisher as t

async def main():
    async with t.writer(sys.argv[1]) as publisher:
        print("ready", flush=True)
        await t.run(publisher, 250, 5)

asyncio.run(main())
"""


async def test_a_writer_stopped_for_longer_than_the_window_writes_no_slot_twice(server: NatsServer) -> None:
    """SIGSTOP in the middle of publishing; another writer goes on; the window passes; SIGCONT."""
    here = Path(__file__).parent
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", WRITER, server.url, str(here), str(here.parents[1])), stdout=subprocess.PIPE
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
        assert await asyncio.wait_for(process.wait(), 20) == 0
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    check(await entries(server.url), {slot: slot % 7 for slot in range(1, 251)})
