"""Slots that nobody can give: marked, alarmed, passed, and filled when they come."""

import asyncio
import signal
import time
from collections.abc import Callable
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.arena import Arena, Daemon, arena
from tests.chaos.audit import Stored, audit, read_stream, read_truth

FLAGS = ("--generate", "--seed", "5", "--slot-milliseconds", "100", "--transactions", "12", "--skip-share", "0")
WAIT_SECONDS = 60


def markers(stored: list[Stored], subject: str = "dex.sol.slots") -> list[dict[str, object]]:
    return [message.body for message in stored if message.subject == subject]


async def metric(daemon: Daemon, name: str) -> float:
    """A metric of a running daemon, found through the address in its log."""
    url = next(line for line in daemon.log.read_text().splitlines() if "serving metrics" in line)
    async with aiohttp.ClientSession() as session, session.get(url.split('"url":"')[1].split('"')[0]) as answer:
        families = text_string_to_metric_families(await answer.text())
    return sum(one.value for family in families for one in family.samples if one.name == name)


async def with_hole_ahead(place: Arena, slots: int) -> tuple[Daemon, int]:
    """A daemon that is live, and slots that nobody will be able to give, a little ahead of it."""
    daemon = place.daemon()
    daemon.start()
    await place.wait_settled(await place.net.tip(), seconds=WAIT_SECONDS)
    await place.net.control("/pause", {})  # or it may be there before it is hidden
    hole = await place.net.tip() + 10
    await place.net.control("/faults", {"missing_slots": list(range(hole, hole + slots))})
    await place.net.control("/continue", {})
    return daemon, hole


async def until(place: Arena, found: Callable[[list[Stored]], bool]) -> list[Stored]:
    """Read the stream until it shows what is waited for."""
    deadline = time.monotonic() + WAIT_SECONDS
    while not found(stored := await read_stream(place.server.url)):
        assert time.monotonic() < deadline, "\n".join(daemon.tail() for daemon in place.daemons)
        await asyncio.sleep(0.2)
    return stored


async def test_a_block_that_never_comes_is_marked_and_repaired_when_it_comes(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    settings = {"INDEXER_BLOCK_WAIT_SECONDS": "1", "INDEXER_REPAIR_SECONDS": "0.5"}
    async with arena(tmp_path, *FLAGS, "--truth", str(truth), env=settings) as place:
        daemon, hole = await with_hole_ahead(place, 2)
        await place.wait_settled(hole + 5, seconds=WAIT_SECONDS)  # the loop goes on
        assert await metric(daemon, "indexer_missing_slots") >= 1
        await place.net.control("/faults", {"missing_slots": []})
        repaired = await until(place, lambda stored: len(markers(stored, "dex.sol.slots.repair")) >= 2)
        assert [body["slot"] for body in markers(repaired, "dex.sol.slots.repair")] == [hole, hole + 1]
        await place.net.control("/pause", {})
        tip = await place.net.tip()
        await place.wait_settled(tip, seconds=WAIT_SECONDS)
        deadline = time.monotonic() + WAIT_SECONDS
        while await metric(daemon, "indexer_missing_slots"):  # the stream has a repair before the daemon counts it
            assert time.monotonic() < deadline, daemon.tail()
            await asyncio.sleep(0.1)
        assert await daemon.end(signal.SIGTERM) == 0
        stored = await read_stream(place.server.url)
    first = markers(stored)[0]["slot"]
    assert isinstance(first, int)
    findings = audit(stored, read_truth(truth), first_slot=first, last_slot=tip)
    assert findings.problems == []
    assert findings.missing_slots == 2
    of_the_hole = [message for message in stored if message.body.get("slot") in (hole, hole + 1)]
    assert all(message.mode == "repair" or message.body.get("status") == "missing" for message in of_the_hole)


async def test_indexer_repair_fills_what_the_background_did_not(tmp_path: Path) -> None:
    settings = {"INDEXER_BLOCK_WAIT_SECONDS": "0.5"}
    async with arena(tmp_path, *FLAGS, env=settings) as place:
        daemon, hole = await with_hole_ahead(place, 1)
        await place.wait_settled(hole + 3, seconds=WAIT_SECONDS)
        assert await daemon.end(signal.SIGTERM) == 0
        still = place.daemon(command="repair", name="still")
        still.start()
        assert await still.wait(seconds=WAIT_SECONDS) == 4
        assert f"still missing: {hole}" in still.tail()
        await place.net.control("/faults", {"missing_slots": []})
        repair = place.daemon(command="repair", name="repair")
        repair.start()
        assert await repair.wait(seconds=WAIT_SECONDS) == 0, repair.tail()
        again = place.daemon(command="repair", name="again")
        again.start()
        assert await again.wait(seconds=WAIT_SECONDS) == 0
        assert "repaired 0 slots" in again.tail()
        stored = await read_stream(place.server.url)
    assert [body["slot"] for body in markers(stored, "dex.sol.slots.repair")] == [hole]


async def test_an_outage_longer_than_the_history_is_one_range_marker(tmp_path: Path) -> None:
    async with arena(tmp_path, *FLAGS) as place:
        daemon = place.daemon()
        daemon.start()
        await place.wait_settled(await place.net.tip() + 5, seconds=WAIT_SECONDS)
        assert await daemon.end(signal.SIGTERM) == 0
        last = await place.last_slot()
        assert last is not None
        await place.net.control("/faults", {"history_slots": 20})
        while await place.net.tip() < last + 2 * 20:
            await asyncio.sleep(0.1)
        await place.net.control("/pause", {})  # two seconds of history would pass a busy machine by once more
        daemon.start()
        await place.wait_settled(await place.net.tip(), seconds=WAIT_SECONDS)
        await place.net.control("/faults", {"history_slots": 0})
        await place.net.control("/continue", {})
        await place.wait_settled(await place.net.tip() + 5, seconds=WAIT_SECONDS)
        assert await daemon.end(signal.SIGTERM) == 0
        stored = await read_stream(place.server.url)
    missing = [body for body in markers(stored) if body["status"] == "missing"]
    assert len(missing) == 1
    assert missing[0]["slot"] == last + 1
    assert isinstance(missing[0]["to_slot"], int)
    after = markers(stored)[markers(stored).index(missing[0]) + 1]
    assert after["slot"] == missing[0]["to_slot"] + 1
    slots = [int(str(body["slot"])) for body in markers(stored)]
    assert slots == sorted(set(slots))


async def test_another_chain_is_refused(tmp_path: Path) -> None:
    async with arena(tmp_path, *FLAGS) as place:
        daemon = place.daemon()
        daemon.start()
        await place.wait_settled(await place.net.tip() + 2, seconds=WAIT_SECONDS)
        assert await daemon.end(signal.SIGTERM) == 0
        (tmp_path / "b").mkdir()
        async with arena(tmp_path / "b", *FLAGS, "--seed", "6") as other:
            stranger = place.daemon(
                "--solana-rpc-url", other.net.rpc_url, "--solana-ws-url", other.net.ws_url, name="b"
            )
            stranger.start()
            assert await stranger.wait(seconds=WAIT_SECONDS) == 3
    assert "holds another chain" in stranger.tail()
