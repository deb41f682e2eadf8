"""`indexer jetstream init` as processes against real servers: refused, created, compared, changed, from two places."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from indexer.embedded import NatsServer
from tests.indexer.ports import cluster
from tests.indexer.topologies import FILES, copied
from tests.integration.forked import each, indexer
from tests.integration.streams import ask, change, config_of
from tests.integration.terminal import Ended, until

NOWHERE = "nats://127.0.0.1:1"  # nothing listens there
DEAD, MINUTE = "stream-dex-dead.json", "stream-dex-candles-1m.json"


@pytest.fixture
def server(nats_server: NatsServer) -> NatsServer:
    return nats_server


async def init(server: NatsServer | str, *words: str, cwd: Path, **settings: str) -> Ended:
    url = server if isinstance(server, str) else server.url
    return await indexer("jetstream", "init", *words, cwd=cwd, NATS_URL=url, **settings)


def results(ended: Ended) -> list[str]:
    return re.findall(r"^ (?:stream|consumer) +(?:\S+ )+? +(\w+(?: \w+)?) *$", ended.out, re.MULTILINE)


async def everything(url: str) -> dict[str, Any]:
    """The configuration of every stream and consumer."""
    found = {}
    for stream in (await ask(url, "STREAM.LIST")).get("streams") or ():
        name = stream["config"]["name"]
        found[name] = stream["config"]
        for one in (await ask(url, f"CONSUMER.LIST.{name}")).get("consumers") or ():
            found[f"{name} {one['name']}"] = one["config"]
    return found


async def test_a_dry_run_says_what_it_would_do_and_writes_nothing(server: NatsServer, tmp_path: Path) -> None:
    dry = await init(server, "--dry-run", cwd=tmp_path)
    assert (dry.code, results(dry)) == (0, ["would create"] * 12), dry.said
    assert await everything(server.url) == {}
    assert (await init(server, cwd=tmp_path)).code == 0
    await change(server.url, "dex-dead", max_age=3600 * 10**9)
    before = await everything(server.url)
    dry = await init(server, "--dry-run", "--apply", cwd=tmp_path)
    assert dry.code == 5
    assert results(dry).count("would change") == 1
    assert re.search(r"dex-dead +max_age +168h +1h +changes", dry.out)
    assert await everything(server.url) == before


async def test_apply_changes_what_it_can_and_a_second_run_finds_all_equal(server: NatsServer, tmp_path: Path) -> None:
    await init(server, cwd=tmp_path)
    fresh = await everything(server.url)
    await change(server.url, "dex-dead", max_age=0, max_msgs=5, description="")
    await change(server.url, "dex-swaps", metadata={"genesis_hash": "G"})
    await ask(server.url, "CONSUMER.PAUSE.dex-swaps.api-query", {"pause_until": "2099-01-01T00:00:00Z"})
    seen = await init(server, cwd=tmp_path)
    assert seen.code == 5
    assert "nothing was changed; --apply changes what the server can" in seen.err
    assert re.search(r"dex-dead +max_age +168h +0 +changes; what is beyond it is deleted", seen.out)
    assert re.search(r"dex-dead +max_msgs +-1 +5 +changes", seen.out)
    assert re.search(r"dex-swaps api-query +pause_until +not set +2099-01-01T00:00:00Z +changes", seen.out)
    applied = await init(server, "--apply", cwd=tmp_path)
    assert (applied.code, results(applied).count("changed")) == (0, 2), applied.said
    again = await init(server, "--apply", cwd=tmp_path)
    assert (again.code, set(results(again))) == (0, {"equal"})
    after = await everything(server.url)
    assert after["dex-swaps"]["metadata"]["genesis_hash"] == "G"
    del after["dex-swaps"]["metadata"], fresh["dex-swaps"]["metadata"]
    assert without_levels(after) == without_levels(fresh)


def without_levels(found: dict[str, Any]) -> dict[str, Any]:
    """Without the server's own notes on which of its versions wrote it."""
    return {name: {key: value for key, value in one.items() if key != "metadata"} for name, one in found.items()}


async def test_what_the_server_cannot_change_is_said_and_not_tried(server: NatsServer, tmp_path: Path) -> None:
    await init(server, cwd=tmp_path)
    await ask(server.url, "STREAM.DELETE.dex-dead")
    await ask(server.url, "STREAM.CREATE.dex-dead", {
        "name": "dex-dead", "subjects": ["dex.sol.dead.>"], "storage": "memory", "max_age": 10**12,
    })  # fmt: skip
    ended = await init(server, "--apply", cwd=tmp_path)
    assert ended.code == 5
    assert re.search(r"dex-dead +storage +file +memory +the server cannot change it: make it anew", ended.out)
    assert "the server cannot change storage: the table says what can be done" in ended.err
    dead = await config_of(server.url, "dex-dead")
    assert (dead["storage"], dead["max_age"]) == ("memory", 604800 * 10**9)


async def test_another_retention_is_refused_before_anything_is_written(server: NatsServer, tmp_path: Path) -> None:
    subjects = ["dex.sol.swaps", "dex.sol.slots", "dex.sol.slots.repair"]
    workqueue = {"name": "dex-swaps", "subjects": subjects, "retention": "workqueue", "allow_atomic": True}
    await ask(server.url, "STREAM.CREATE.dex-swaps", workqueue)
    before = await everything(server.url)
    for words in ((), ("--apply",), ("--dry-run",)):
        ended = await init(server, *words, cwd=tmp_path)
        assert ended.code == 5
        assert "stream dex-swaps has retention workqueue, not limits, and the server cannot change that" in ended.err
        assert "make it anew" in ended.err
        assert re.search(r"dex-swaps +retention +limits +workqueue", ended.out)
        assert await everything(server.url) == before


async def test_only_touches_what_it_names(server: NatsServer, tmp_path: Path) -> None:
    ended = await init(server, "--only", "dex-dead", "--only", "dex-candles-1h", cwd=tmp_path)
    assert ended.code == 0
    assert set(await everything(server.url)) == {
        "dex-dead", "dex-dead clickhouse-sink", "dex-candles-1h", "dex-candles-1h clickhouse-sink",
    }  # fmt: skip
    orphan = await init(server, "--only", "dex-swaps/api-query", cwd=tmp_path)
    assert (orphan.code, "stream not found" in orphan.err) == (2, True)
    slip = await init(NOWHERE, "--only", "dex-swap", cwd=tmp_path)
    assert (slip.code, "did you mean dex-swaps?" in slip.err) == (2, True)


WRONG: list[tuple[str, dict[str, Any], str]] = [
    (DEAD, {"replicas": 3}, "unknown key 'replicas'; did you mean 'num_replicas'?"),
    (DEAD, {"max_age": 604800}, "seconds or milliseconds?"),
    (MINUTE, {"duplicate_window": 10**16}, "is longer than max_age 720h"),
    ("stream-dex-swaps.json", {"retention": "workqueue"}, "where each message has one reader"),
]


async def test_a_wrong_topology_is_refused_before_nats_is_looked_for(tmp_path: Path) -> None:
    cases = []
    for number, (file, changes, _) in enumerate(WRONG):
        folder = tmp_path / str(number)
        folder.mkdir()
        settings = {"NATS_URL": NOWHERE, "INDEXER_JETSTREAM_DIR": str(copied(folder, file, **changes))}
        cases.append((["jetstream", "init"], settings))
    for (_, changes, said), ended in zip(WRONG, await each(cases, cwd=tmp_path), strict=True):
        assert (ended.code, ended.out) == (2, ""), f"{changes}: {ended.said}"
        assert said in ended.err, changes
        assert "nothing was asked of NATS" in ended.err, changes


async def test_replicas_are_held_against_the_servers_there_are(server: NatsServer, tmp_path: Path) -> None:
    ended = await init(server, "--replicas", "5", "--dry-run", cwd=tmp_path)
    assert ended.code == 2
    assert "5 replicas need 5 servers, and NATS has 1" in ended.err
    ended = await init(NOWHERE, "--replicas", "2", cwd=tmp_path)
    assert (ended.code, "num_replicas 2: an even number" in ended.err) == (2, True), ended.said
    assert await everything(server.url) == {}


async def test_what_stands_on_the_server_beside_the_files_is_found_before_a_write(
    server: NatsServer, tmp_path: Path
) -> None:
    await ask(server.url, "STREAM.CREATE.dex-trades", {"name": "dex-trades", "subjects": ["dex.sol.swaps"]})
    ended = await init(server, cwd=tmp_path)
    assert ended.code == 2
    assert "stream dex-trades on this server already takes dex.sol.swaps" in ended.err
    assert set(await everything(server.url)) == {"dex-trades"}
    await ask(server.url, "STREAM.DELETE.dex-trades")
    await init(server, "--only", "dex-candles-1m", cwd=tmp_path)
    await ask(server.url, "CONSUMER.DELETE.dex-candles-1m.clickhouse-sink")
    other = {"durable_name": "other", "ack_policy": "explicit"}
    await ask(server.url, "CONSUMER.CREATE.dex-candles-1m.other", {"stream_name": "dex-candles-1m", "config": other})
    before = await everything(server.url)
    ended = await init(server, cwd=tmp_path)
    assert ended.code == 2
    assert "consumer other on this server reads the same of this workqueue" in ended.err
    assert "nats consumer rm dex-candles-1m other" in ended.err
    assert await everything(server.url) == before


async def test_two_places_at_once_agree_and_leave_the_same(server: NatsServer, tmp_path: Path) -> None:
    runs = await asyncio.gather(*(init(server, cwd=tmp_path) for _ in range(2)))
    assert [run.code for run in runs] == [0, 0], runs[0].said + runs[1].said
    await change(server.url, "dex-dead", max_age=0)
    await change(server.url, "dex-candles-1h", max_msgs=5)
    runs = await asyncio.gather(*(init(server, "--apply", cwd=tmp_path) for _ in range(2)))
    assert [run.code for run in runs] == [0, 0], runs[0].said + runs[1].said
    assert set(results(await init(server, cwd=tmp_path))) == {"equal"}


async def test_the_settings_stand_for_the_flags(server: NatsServer, tmp_path: Path) -> None:
    ended = await init(server, cwd=tmp_path, INDEXER_JETSTREAM_SWAPS_BYTES="123456789")
    assert ended.code == 0
    assert (await config_of(server.url))["max_bytes"] == 123456789
    ended = await init(server, cwd=tmp_path, INDEXER_JETSTREAM_REPLICAS="3")
    assert (ended.code, "3 replicas need 3 servers" in ended.err) == (2, True)


async def test_the_nats_cli_takes_the_same_files(server: NatsServer, nats_cli: str, tmp_path: Path) -> None:
    for path in sorted(FILES, key=lambda path: path.name.startswith("consumer")):
        words = ["stream", "add"]
        if path.name.startswith("consumer"):
            durable = json.loads(path.read_text())["durable_name"]
            stream = path.stem.removeprefix("consumer-").removesuffix(f"-{durable}")
            words = ["consumer", "add", stream]
        process = await asyncio.create_subprocess_exec(
            nats_cli, "-s", server.url, *words, "--config", str(path), stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT, stdin=asyncio.subprocess.DEVNULL, env={"HOME": str(tmp_path)},
        )  # fmt: skip
        said, _ = await asyncio.wait_for(process.communicate(), 90)
        assert process.returncode == 0, said.decode()
    ended = await init(server, cwd=tmp_path)
    assert (ended.code, results(ended)) == (0, ["equal"] * 12), ended.said


async def test_a_cluster_of_three_takes_three_replicas_and_refuses_five(tmp_path: Path) -> None:
    async with cluster(tmp_path) as servers:
        url = servers[0].url
        five = await init(url, "--replicas", "5", "--dry-run", cwd=tmp_path)
        assert (five.code, "5 replicas need 5 servers, and NATS has 3" in five.err) == (2, True), five.said
        first = await init(url, "--replicas", "3", cwd=tmp_path)
        assert (first.code, results(first)) == (0, ["created"] * 12), first.said
        second = await init(servers[1].url, "--replicas", "3", cwd=tmp_path)
        assert (second.code, results(second)) == (0, ["equal"] * 12), second.said
        fewer = await init(url, cwd=tmp_path)
        assert fewer.code == 5
        assert re.search(r"dex-swaps +num_replicas +1 +3 +changes", fewer.out)
        assert (await init(url, "--only", "dex-dead", "--apply", cwd=tmp_path)).code == 0
        assert (await config_of(url, "dex-dead"))["num_replicas"] == 1


async def test_a_cluster_of_five_takes_five_replicas(tmp_path: Path) -> None:
    async with cluster(tmp_path, 5) as servers:
        dry = await init(servers[0].url, "--replicas", "5", "--dry-run", cwd=tmp_path)
        assert (dry.code, results(dry)) == (0, ["would create"] * 12), dry.said
        made = await init(servers[0].url, "--replicas", "5", "--only", "dex-dead", cwd=tmp_path)
        assert (made.code, results(made)) == (0, ["created"] * 2), made.said
        assert (await config_of(servers[0].url, "dex-dead"))["num_replicas"] == 5
        await until(_followers(servers[0].url))


def _followers(url: str) -> Callable[[], Awaitable[bool]]:
    async def told() -> bool:
        return len((await ask(url, "STREAM.INFO.dex-dead"))["cluster"]["replicas"]) == 4

    return told
