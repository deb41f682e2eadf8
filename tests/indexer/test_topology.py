"""The files as values."""

import json
from pathlib import Path

import pytest

from indexer.errors import UsageError
from indexer.topology import chosen, load
from tests.indexer.topologies import TOPOLOGY, copied

MINUTE = "dex-candles-1m"


def test_streams_stand_before_their_consumers() -> None:
    wanted = load(TOPOLOGY)
    assert [item.kind for item in wanted] == ["stream"] * 5 + ["consumer"] * 7
    assert str(wanted[-1]) == "consumer dex-swaps clickhouse-sink"
    assert wanted[-1].path == "dex-swaps.clickhouse-sink"
    assert wanted[-1].filters == ("dex.sol.swaps", "dex.sol.slots", "dex.sol.slots.repair")
    assert wanted[-3].filters == ("dex.sol.swaps",)


def test_overrides_go_where_they_belong() -> None:
    wanted = load(TOPOLOGY, replicas=3, max_bytes=99)
    assert {item.config.get("num_replicas") for item in wanted if item.kind == "stream"} == {3}
    assert {item.config.get("num_replicas") for item in wanted if item.kind == "consumer"} == {None}
    assert {item.stream for item in wanted if item.config.get("max_bytes") == 99} == {"dex-swaps"}


@pytest.mark.parametrize(
    ("only", "names"),
    [
        (["dex-dead"], ["dex-dead", "dex-dead clickhouse-sink"]),
        ([MINUTE], [MINUTE, f"{MINUTE} clickhouse-sink"]),
        (["api-query", "dex-dead"], ["dex-dead", "dex-dead clickhouse-sink", "dex-swaps api-query"]),
        ([f"{MINUTE}/clickhouse-sink"], [f"{MINUTE} clickhouse-sink"]),
    ],
)
def test_only_takes_streams_with_their_consumers_and_consumers_alone(only: list[str], names: list[str]) -> None:
    assert [item.name for item in chosen(load(TOPOLOGY), only)] == names


def test_only_of_nothing_is_everything_and_a_slip_is_named() -> None:
    assert len(chosen(load(TOPOLOGY), [])) == 12
    with pytest.raises(UsageError, match="--only dex-swap:") as caught:
        chosen(load(TOPOLOGY), ["dex-swap"])
    assert caught.value.hint == "did you mean dex-swaps?"


@pytest.mark.parametrize(
    ("text", "said"), [("[]", "not an object"), ("{", "unexpected end"), ('{"a": 1,}', "trailing")]
)
def test_a_file_that_is_no_object_is_named(text: str, said: str, tmp_path: Path) -> None:
    folder = copied(tmp_path)
    (folder / "stream-dex-dead.json").write_text(text)
    with pytest.raises(UsageError, match=rf"stream-dex-dead\.json: .*{said}"):
        load(folder)


def test_what_matters_stands_in_each_description() -> None:
    """The settled values of the design, and why, where an operator meets them."""
    for item in load(TOPOLOGY):
        if item.consumer is None:
            continue
        config = item.config
        assert config["ack_wait"] == 30 * 10**9
        assert (config["deliver_policy"], config["replay_policy"], config["ack_policy"]) == (
            "all",
            "instant",
            "explicit",
        )
        assert config["max_deliver"] == -1
        assert "inactive_threshold" not in config
        for word in ("max_deliver -1", "idle_heartbeat", "batches of up to"):
            assert word in config["description"], item
        batch = int(config["description"].split("batches of up to ")[1].split()[0].rstrip(":;,."))
        assert config["max_ack_pending"] == 2 * batch
    assert json.loads((TOPOLOGY / "stream-dex-swaps.json").read_text())["retention"] == "limits"
