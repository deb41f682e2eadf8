"""What `indexer up` runs beside itself: it ends with them, says what is wrong with them, and leaves none behind."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from pathlib import Path

import pytest

from tests.chaos.arena import Daemon
from tests.integration.sinking import change_consumer, ids
from tests.integration.streams import ask, read_stream, swaps
from tests.integration.terminal import indexer, said, started, until
from tests.integration.test_up import FAST, nats_url, wait_markers

linux = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")


OURS = ("localnet", "candles", "clickhouse")


def children(pid: int) -> dict[str, int]:
    """The living children of a process by what they are."""
    found = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text().rsplit(")", 1)[1].split()[:2]
            command = (path.parent / "cmdline").read_text().split("\0")
            if int(parent) == pid and state != "Z":
                name = next((word for word in OURS if word in command), Path(command[0]).name)
                found[name] = int(path.parent.name)
    return found


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


@linux
async def test_its_children_go_with_it_when_it_is_killed(tmp_path: Path) -> None:
    up = started(tmp_path, "up", *FAST)
    await wait_markers(up, 1)
    assert up.process is not None
    family = children(up.process.pid)
    assert family.keys() == {*OURS, "nats-server"}
    await up.end(signal.SIGKILL)

    async def gone() -> bool:
        return not any(map(lives, family.values()))

    await until(gone, up)


#: left out where the end of one is as plain without another
WITHOUT = {"localnet": OURS[1:], "nats-server": (), "candles": ("clickhouse",), "clickhouse": ("candles",)}
ENDED = {
    "localnet": "the built-in localnet ended",
    "nats-server": "the embedded nats-server ended",
    "candles": "the candle builder ended: killed by SIGKILL",
    "clickhouse": "the ClickHouse sink ended: killed by SIGKILL",
}


@linux
@pytest.mark.parametrize("child", ["localnet", "nats-server", "candles", "clickhouse"])
async def test_it_says_so_when_a_child_ends_and_ends_too(child: str, tmp_path: Path) -> None:
    up = started(tmp_path, "up", *FAST, *without(*WITHOUT[child]))
    await wait_markers(up, 1)
    assert up.process is not None
    family = children(up.process.pid)
    assert family.keys() == {*OURS, "nats-server"} - {*WITHOUT[child]}
    os.kill(family[child], signal.SIGKILL)
    assert await up.wait(seconds=90) == 3
    assert ENDED[child] in up.tail(8)
    assert "published" in up.tail(8)
    assert not any(map(lives, family.values()))


def without(*names: str) -> list[str]:
    return [word for name in names for word in ("--without", name)]


STOPPED = {
    "candles": "the candle builder did not stop within 3 s of being asked, and was killed",
    "clickhouse": "the ClickHouse sink did not stop within 3 s of being asked, and was killed",
}


CONSUMERS = {"candles": "candle-builder", "clickhouse": "clickhouse-sink"}
SOON = {"INDEXER_CANDLE_SNAPSHOT_SECONDS": "0.5"}


@linux
@pytest.mark.timeout(240)
@pytest.mark.parametrize("child", STOPPED)
async def test_a_child_that_does_not_stop_is_killed_said_and_nothing_is_lost(child: str, tmp_path: Path) -> None:
    alone = without("candles") if child == "clickhouse" else []
    up = started(tmp_path, "up", *FAST, *alone, INDEXER_DRAIN_SECONDS="3")
    await wait_markers(up, 5)
    assert up.process is not None
    family = children(up.process.pid)
    await until(lambda: works(up, child), up)
    await change_consumer(await nats_url(up), ack_wait=3 * 10**9)  # what a killed sink had comes again after that
    os.kill(family[child], signal.SIGSTOP)
    last = await wait_markers(up, 20)
    assert await up.end(signal.SIGINT) == 3
    assert STOPPED[child] in up.tail(8), up.tail()
    assert "nothing is lost: the next start reads again what was not acked" in up.tail(8)
    assert re.search(r"stopped before it had read everything \(.+\); the next start goes on there", up.tail(8))
    assert not any(map(lives, family.values()))

    again = started(tmp_path, "up", *FAST, *alone, name="again", **SOON)
    url = await nats_url(again)
    stored = [one for one in await read_stream(url) if one.body["slot"] <= last]

    async def taken_in() -> bool:
        """By all that run: what a killed one had comes again after an ack wait."""
        readers = [CONSUMERS[name] for name in CONSUMERS if name not in alone]
        told = [await ask(url, f"CONSUMER.INFO.dex-swaps.{reader}") for reader in readers]
        return all(one["ack_floor"]["stream_seq"] >= stored[-1].sequence for one in told)

    await until(taken_in, again, seconds=120, pause=0.2)
    assert len(swaps(stored)) > 0
    assert await again.end(signal.SIGINT) == 0, again.tail()
    there = await ids(tmp_path)
    assert len(there) == len(set(there))
    assert set(there) >= set(swaps(stored))


async def works(up: Daemon, child: str) -> bool:
    """Whether it has read something."""
    log = up.log.parent / ".indexer" / f"{child}.log"
    return re.search('"event":"(candles go on|sink)"', log.read_text()) is not None


@linux
async def test_a_localnet_that_does_not_stop_is_killed(tmp_path: Path) -> None:
    up = started(tmp_path, "up", *FAST, "--without", "candles", "--without", "clickhouse", INDEXER_DRAIN_SECONDS="1")
    await wait_markers(up, 5)
    assert up.process is not None
    family = children(up.process.pid)
    assert family.keys() == {"localnet", "nats-server"}
    os.kill(family["localnet"], signal.SIGSTOP)
    assert await up.end(signal.SIGINT) == 0, up.tail()
    assert not any(map(lives, family.values()))


QUICKLY = {"INDEXER_CLICKHOUSE_CONNECT_SECONDS": "0.5"}
HOLD = """
import sys, clickhouse_connect
client = clickhouse_connect.get_client(dsn="chdb://" + sys.argv[1])
print("held", flush=True)
input()
"""


async def test_a_database_that_another_process_has_is_said_and_the_rest_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "taken"
    holder = await asyncio.create_subprocess_exec(
        sys.executable, "-c", HOLD, str(folder), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
    )
    assert holder.stdout is not None
    assert await holder.stdout.readline() == b"held\n"
    up = started(
        tmp_path, "up", *FAST, *without("candles"), CLICKHOUSE_URL=f"chdb://{folder}", INDEXER_DRAIN_SECONDS="4"
    )
    assert "cannot be opened: another process has it" in await said(up, "does not get on")
    asked = await indexer("sql", "SELECT 1", cwd=tmp_path, CLICKHOUSE_URL=f"chdb://{folder}", **QUICKLY)
    assert (asked.code, "is in use by a process that answers no queries" in asked.err) == (3, True), asked.said
    await wait_markers(up, 5)
    assert await up.end(signal.SIGINT) == 0
    assert "the ClickHouse sink stopped before it had read everything (embedded ClickHouse in" in up.tail(1)
    assert "; 0 rows in ClickHouse; " in up.tail(2)
    log = (tmp_path / ".indexer" / "clickhouse.log").read_text()
    assert log.count("cannot be opened: another process has it") == 1, "said once"
    assert "Code:" not in log, "the engine's own words"
    await holder.communicate(b"\n")
