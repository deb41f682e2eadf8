"""Every field in which a server differs from a file is found on a real server, and changed where the server can."""

import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.jetstream import Change, init
from indexer.jetstream_api import call
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected
from indexer.topology import Wanted, load
from indexer.topology_drift import Difference, changed, differences
from tests.indexer.topologies import FILES, OTHER, TOPOLOGY

on_the_server = pytest.mark.asyncio(loop_scope="module")
NAMING = {"name", "durable_name"}
FIELDS = [(path.name, key) for path in FILES for key in json.loads(path.read_text()) if key not in NAMING]
#: what one server alone cannot be brought to have is shown to ``differences`` as INFO would tell it
ELSEWHERE = {"num_replicas"}
ANEW = {"retention", "storage", "deliver_policy", "ack_policy", "replay_policy"}
#: fields that no file states, set by hand on stream dex-dead or consumer api-query
LEFT_OUT: list[tuple[str, str, Any]] = [
    *(("stream-dex-dead.json", key, value) for key, value in {
        "max_msgs": 10, "max_msgs_per_subject": 3, "max_msg_size": 1000, "max_consumers": 5, "no_ack": True,
        "sealed": True, "deny_delete": True, "deny_purge": True, "allow_rollup_hdrs": True, "allow_atomic": True,
        "allow_batched": True, "allow_msg_ttl": True, "allow_msg_schedules": True, "placement": {"tags": ["by-hand"]},
        "subject_transform": {"src": "dex.sol.dead.>", "dest": "dex.sol.dead.x.>"},
        "republish": {"src": ">", "dest": "copy.>"}, "sources": [{"name": "dex-candles-1m"}],
        "consumer_limits": {"max_ack_pending": 50_000}, "subject_delete_marker_ttl": 10**9,
    }.items()),
    *(("consumer-dex-swaps-api-query.json", key, value) for key, value in {
        "headers_only": True, "max_batch": 5, "max_bytes": 1000, "max_expires": 10**9, "inactive_threshold": 10**12,
        "sample_freq": "50", "num_replicas": 1, "backoff": [10**9, 2 * 10**9],
    }.items()),
]  # fmt: skip


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def nats(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Connection]:
    """One server for all cases; each leaves it as the files have it."""
    store = tmp_path_factory.mktemp("nats")
    async with NatsServer(store_dir=store, sync="2m") as server:
        settings = Settings(_env_file=None, nats_url=server.url)  # type: ignore[call-arg]
        async with connected(settings, Metrics()) as connection:
            await init(connection, directory=TOPOLOGY)
            yield connection


def wanted(file: str) -> Wanted:
    return next(item for item in load(TOPOLOGY) if item.file == file)


def api(item: Wanted, verb: str) -> str:
    return f"{item.kind.upper()}.{verb}.{item.path}"


async def write(nats: Connection, item: Wanted, config: dict[str, Any], verb: str) -> None:
    """Straight to the server, as somebody else would; ``verb`` is CREATE or UPDATE."""
    if item.consumer is None:
        await call(nats, api(item, verb), config, seconds=30)
    else:
        body = {"stream_name": item.stream, "config": config, "action": verb.lower()}
        await call(nats, api(item, "CREATE"), body, seconds=30)


async def anew(nats: Connection, item: Wanted, config: dict[str, Any]) -> None:
    await call(nats, api(item, "DELETE"), seconds=30)
    await write(nats, item, config, "CREATE")


async def restored(nats: Connection, item: Wanted) -> None:
    await call(nats, api(item, "DELETE"), seconds=30)
    await init(nats, directory=TOPOLOGY)


async def found(nats: Connection, item: Wanted, **options: Any) -> Change:
    only = item.stream if item.consumer is None else f"{item.stream}/{item.consumer}"
    changes = await init(nats, directory=TOPOLOGY, only=[only], **options)
    return next(change for change in changes if change.name == item.name)


def drifted(item: Wanted, key: str) -> Any:
    other = OTHER[key]
    if key == "retention" and item.config[key] == "workqueue":
        return "limits"
    return other


@pytest.mark.parametrize(("file", "key"), FIELDS, ids=lambda value: str(value).removesuffix(".json"))
@on_the_server
async def test_a_drift_in_any_field_of_any_file_is_found_and_undone(nats: Connection, file: str, key: str) -> None:
    item, other = wanted(file), drifted(wanted(file), key)
    assert item.config[key] != other
    info = await call(nats, api(item, "INFO"), seconds=30)
    if key in ELSEWHERE:
        (one,) = differences(item, info | {"config": info["config"] | {key: other}})
        assert (one.key, one.wanted, one.there, one.obstacle) == (key, item.config[key], other, "")
        return
    if key == "retention" and item.config[key] == "limits":
        (one,) = differences(item, info | {"config": info["config"] | {key: "workqueue"}})
        assert one.obstacle
        assert differences(item, info | {"config": info["config"] | {key: other}})[0].obstacle == ""
        return
    if key in {"ack_policy", "deliver_policy"} and item.stream != "dex-swaps":  # a workqueue takes no other
        (one,) = differences(item, info | {"config": info["config"] | {key: other}})
        assert (one.key, one.there, bool(one.obstacle)) == (key, other, True)
        return
    await (
        anew(nats, item, item.config | {key: other})
        if key in ANEW
        else write(nats, item, info["config"] | {key: other}, "UPDATE")
    )
    try:
        if key == "retention":
            (one,) = differences(item, await call(nats, api(item, "INFO"), seconds=30))
            assert (one.there, bool(one.obstacle)) == (other, True)
            return
        change = await found(nats, item)
        assert change.result == "differs"
        due = "filter_subjects" if key == "filter_subject" else key
        (one,) = change.differences
        assert one.key == due
        assert bool(one.obstacle) is (key in ANEW)
        applied = await found(nats, item, apply=True)
        assert applied.result == ("differs" if key in ANEW else "changed")
        assert [each.key for each in applied.differences] == [due]
        assert (await found(nats, item)).result == ("differs" if key in ANEW else "equal")
    finally:
        await restored(nats, item)


@pytest.mark.parametrize(("file", "key", "value"), LEFT_OUT, ids=lambda value: str(value)[:30])
@on_the_server
async def test_what_no_file_states_is_held_against_the_default(
    nats: Connection, file: str, key: str, value: Any
) -> None:
    item = wanted(file)
    one_way = key in {"sealed", "deny_delete", "deny_purge", "allow_msg_ttl", "allow_msg_schedules"}
    info = await call(nats, api(item, "INFO"), seconds=30)
    await write(nats, item, info["config"] | {key: value}, "UPDATE")
    try:
        change = await found(nats, item)
        assert key in {one.key for one in change.differences}
        obstacles = {one.key: one.obstacle for one in change.differences}
        assert bool(obstacles[key]) is one_way
        applied = await found(nats, item, apply=True)
        assert applied.result == ("differs" if any(obstacles.values()) else "changed")
    finally:
        await restored(nats, item)


@on_the_server
async def test_a_pause_is_found_and_ended(nats: Connection) -> None:
    item = wanted("consumer-dex-swaps-api-query.json")
    await call(nats, api(item, "PAUSE"), {"pause_until": "2099-01-01T00:00:00Z"}, seconds=30)
    change = await found(nats, item)
    assert [str(one) for one in change.differences] == ["pause_until: not set wanted, 2099-01-01T00:00:00Z there"]
    assert (await found(nats, item, apply=True)).result == "changed"
    assert not (await call(nats, api(item, "INFO"), seconds=30)).get("paused")


@on_the_server
async def test_a_mirror_in_place_of_a_stream_is_found(nats: Connection) -> None:
    item = wanted("stream-dex-dead.json")
    await anew(nats, item, {"name": "dex-dead", "mirror": {"name": "dex-candles-1m"}})
    try:
        assert {"mirror", "subjects"} <= {one.key for one in (await found(nats, item)).differences}
    finally:
        await restored(nats, item)


@on_the_server
async def test_a_push_consumer_is_found_and_not_touched(nats: Connection) -> None:
    item = wanted("consumer-dex-swaps-api-query.json")
    pushed = {"deliver_subject": "d", "flow_control": True, "idle_heartbeat": 5 * 10**9, "rate_limit_bps": 9999}
    await anew(nats, item, item.config | pushed)
    try:
        change = await found(nats, item, apply=True)
        assert change.result == "differs"
        assert {one.key for one in change.differences} == pushed.keys()
        assert all("delete the consumer" in one.obstacle for one in change.differences)
    finally:
        await restored(nats, item)


def test_what_the_server_leaves_out_or_writes_otherwise_is_no_drift() -> None:
    sink, dead = wanted("consumer-dex-swaps-clickhouse-sink.json"), wanted("stream-dex-dead.json")
    assert differences(dead, {"config": dead.config}) == ()
    assert differences(sink, {"config": sink.config | {"filter_subjects": sink.config["filter_subjects"][::-1]}}) == ()
    assert differences(sink, {"config": sink.config | {"name": "clickhouse-sink", "max_waiting": 512}}) == ()
    metadata = {"_nats.ver": "2.15.1", "genesis_hash": "G"}
    assert differences(dead, {"config": dead.config | {"metadata": metadata}}) == ()
    unlimited = dict.fromkeys(("max_msgs", "max_bytes", "max_msg_size", "max_consumers"), 0)
    assert differences(dead, {"config": dead.config | unlimited}) == ()
    bare = {
        key: value for key, value in dead.config.items() if key not in ("discard", "retention", "storage", "max_bytes")
    }
    assert differences(dead, {"config": {key: dead.config[key] for key in bare}}) == ()
    one = wanted("consumer-dex-swaps-api-query.json")
    listed = {key: value for key, value in one.config.items() if key != "filter_subject"}
    assert differences(one, {"config": listed | {"filter_subjects": ["dex.sol.swaps"]}}) == ()
    over = {"pause_until": "2020-01-01T00:00:00Z"}
    assert differences(one, {"config": one.config | over}) == ()


def test_a_field_no_server_had_before_is_shown_when_it_is_set() -> None:
    dead = wanted("stream-dex-dead.json")
    assert differences(dead, {"config": dead.config | {"allow_new": False}}) == ()
    (one,) = differences(dead, {"config": dead.config | {"allow_new": True}})
    assert (one.key, one.there) == ("allow_new", True)


def test_a_limit_that_comes_down_says_what_it_deletes() -> None:
    dead = wanted("stream-dex-dead.json")

    def losing(**there: Any) -> str:
        (one,) = differences(dead, {"config": dead.config | there})
        return one.loses

    assert losing(max_age=0) == "what is beyond it is deleted"
    assert losing(max_age=200 * 3600 * 10**9) == "what is beyond it is deleted"
    assert losing(max_age=3600 * 10**9) == ""
    assert losing(max_bytes=5) == ""


def test_a_change_keeps_what_is_right_and_what_cannot_be_changed() -> None:
    dead = wanted("stream-dex-dead.json")
    there = dead.config | {"storage": "memory", "max_age": 5, "max_msgs": 7, "metadata": {"genesis_hash": "G"}}
    assert changed(dead, there, differences(dead, {"config": there})) == dead.config | {
        "storage": "memory",
        "metadata": {"genesis_hash": "G"},
    }


def test_metadata_of_a_file_is_held_against_the_server() -> None:
    dead = wanted("stream-dex-dead.json")
    tagged = Wanted(file=dead.file, stream=dead.stream, consumer=None, config=dead.config | {"metadata": {"team": "a"}})
    there = dead.config | {"metadata": {"team": "b", "genesis_hash": "G"}}
    found = differences(tagged, {"config": there})
    assert found == (Difference(key="metadata", wanted={"team": "a"}, there={"team": "b"}),)
    assert changed(tagged, there, found)["metadata"] == {"team": "a", "genesis_hash": "G"}
