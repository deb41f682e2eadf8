"""The daemon and the candle builder as users of deploy/nats/single.conf: all their work, by every right they have."""

import re
import signal
from pathlib import Path
from typing import Any

import base58
import pytest

from tests.chaos.arena import Localnet
from tests.indexer.candle_history import History
from tests.integration.between import rpc_between
from tests.integration.chains import peers, standing
from tests.integration.forked import indexer, started
from tests.integration.sample_server import Sample, make_keys
from tests.integration.streams import ask
from tests.integration.terminal import said, until
from tests.integration.users_conf import matches, read_users

FIRST = 9000
USERS = read_users()
PUMPSWAP = "pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA"
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_keys(tmp_path_factory.mktemp("nats") / "keys", "localhost,127.0.0.1")


async def operator(sample: Sample, name: str, body: Any = None) -> dict[str, Any]:
    """JetStream's answer to the operator."""
    return await ask(await sample.url(), name, body, **sample.options("operator"))


async def test_the_daemon_does_all_its_work_as_the_user_indexer_and_needs_every_right_it_has(
    keys: Path, tmp_path: Path
) -> None:
    sample = Sample(keys=keys, folder=tmp_path / "one", trace=True)
    standing_chain = standing(tmp_path / "truth", "--skip-share", "0", first_slot=FIRST, blocks=10)
    async with sample, standing_chain as chain, rpc_between(chain.nodes[0]["rpc_url"], change=cut_pumpswap) as rpc:
        us = peers(chain) | {"SOLANA_RPC_URL": rpc} | await sample.settings("indexer")
        assert (await indexer("jetstream", "init", cwd=tmp_path, **await sample.settings("operator"))).code == 0
        await may_not_write_the_chain_on_the_stream(sample, tmp_path, us)
        before = sample.violations("indexer")
        await publish_with_a_hole(sample, chain, tmp_path, us)
        repaired = await indexer("repair", cwd=tmp_path, **us)
        assert "repaired 1 slots" in repaired.out, repaired.said
        resumed = await indexer("run", "--to-slot", str(await chain.tip()), cwd=tmp_path, **us)
        assert resumed.code == 0, resumed.said
        assert "returning true" not in resumed.err
        swaps, dead = [await operator(sample, f"STREAM.INFO.{name}") for name in ("dex-swaps", "dex-dead")]
    assert swaps["state"]["messages"] > 100
    assert dead["state"]["messages"] > 0
    assert sample.violations("indexer") == before == {"$JS.API.STREAM.UPDATE.dex-swaps"}
    published = sample.published("indexer") - before
    unused = [pattern for pattern in USERS["indexer"].publish if not any(matches(pattern, one) for one in published)]
    assert unused == []
    assert all(subject.startswith("_INBOX.indexer.") for subject in sample.subscribed("indexer"))


def cut_pumpswap(call: dict[str, Any], result: Any) -> Any:
    """Blocks whose direct pumpswap instructions have lost their arguments: dead letters."""
    if call["method"] == "getBlock":
        for message in (transaction["transaction"]["message"] for transaction in result["transactions"]):
            for instruction in message["instructions"]:
                index = instruction["programIdIndex"]
                if index < len(message["accountKeys"]) and message["accountKeys"][index] == PUMPSWAP:
                    instruction["data"] = base58.b58encode(base58.b58decode(instruction["data"])[:8]).decode()
    return result


async def may_not_write_the_chain_on_the_stream(sample: Sample, folder: Path, us: dict[str, str]) -> None:
    """The one thing of a first start that needs an operator, who is told what to do."""
    ended = await indexer("run", "--start", str(FIRST), cwd=folder, **us)
    assert ended.code == 3, ended.said
    assert "does not say yet which chain it is for" in ended.err
    command = re.search(r"nats stream edit dex-swaps --force --metadata (genesis_hash)=(\w+)", ended.err)
    assert command is not None
    config = (await operator(sample, "STREAM.INFO.dex-swaps"))["config"]
    config["metadata"] |= {command[1]: command[2]}
    await operator(sample, "STREAM.UPDATE.dex-swaps", config)


async def publish_with_a_hole(sample: Sample, chain: Localnet, folder: Path, us: dict[str, str]) -> None:
    """A live daemon, one slot that nobody has, and a stop."""
    hole = await chain.tip() + 2
    await chain.control("/faults", {"missing_slots": [hole]})
    hasty = {"INDEXER_BLOCK_WAIT_SECONDS": "0.5", "INDEXER_REPAIR_SECONDS": "600"}
    daemon = started(folder, "run", "--start", str(FIRST), **us, **hasty)
    await said(daemon, "serving metrics")
    await chain.control("/produce", {"blocks": 5})

    async def settled() -> bool:
        found = await operator(sample, "STREAM.INFO.dex-swaps", {"subjects_filter": "dex.sol.slots"})
        return int((found["state"].get("subjects") or {}).get("dex.sol.slots", 0)) >= hole + 3 - FIRST

    await until(settled, daemon)
    assert await daemon.end(signal.SIGTERM) == 0
    await chain.control("/faults", {"missing_slots": []})
    await chain.control("/produce", {"blocks": 3})


async def test_the_candle_builder_does_all_its_work_as_its_user_and_needs_every_right_it_has(
    keys: Path, tmp_path: Path
) -> None:
    sample = Sample(keys=keys, folder=tmp_path / "one", trace=True)
    async with sample:
        assert (await indexer("jetstream", "init", cwd=tmp_path, **await sample.settings("operator"))).code == 0
        us = await sample.settings("candle-builder") | {"INDEXER_CANDLE_SNAPSHOT_SECONDS": "0.3"}
        history = History(1)
        for _ in range(2):  # the second snapshot removes the first
            writer, _ = await sample.client("indexer")
            history.step(61, 3)
            history.step(61, 3)
            for event in history.events:
                await writer.request(event.subject, event.message.payload, timeout=30)
            history.events.clear()
            await writer.close()
            last = (await operator(sample, "STREAM.INFO.dex-swaps"))["state"]["last_seq"]
            builder = started(tmp_path, "candles", name="candles", **us)

            async def acked(last: int = last) -> bool:
                told = await operator(sample, "CONSUMER.INFO.dex-swaps.candle-builder")
                return bool(told["ack_floor"]["stream_seq"] == last)

            await until(acked, builder)
            assert await builder.end(signal.SIGTERM) == 0, builder.tail()
        info = await operator(sample, "STREAM.INFO.dex-candles-1m")
    assert info["state"]["messages"] > 0
    assert sample.violations("candle-builder") == set()
    published = sample.published("candle-builder")
    patterns = USERS["candle-builder"].publish
    assert [pattern for pattern in patterns if not any(matches(pattern, one) for one in published)] == []
