"""Every fault does what it says, can be switched while the node runs, and comes again with the same seed."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from typing import Any

import aiohttp
import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from indexer.localnet.chain import Chain
from indexer.localnet.faults import Faults, names
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet
from tests.indexer.small_chain import FIRST_SLOT, answer, error, post, result, small_chain

SLOT = FIRST_SLOT + 5
CONFIRMED = {"commitment": "confirmed", "maxSupportedTransactionVersion": 1, "rewards": False}
GET_SLOT = b'{"jsonrpc":"2.0","id":1,"method":"getSlot"}'
ALL_LOGS = {"jsonrpc": "2.0", "id": 1, "method": "logsSubscribe", "params": ["allWithVotes", CONFIRMED]}


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ("false_not_available", -32004),
        ("false_skipped", -32007),
        ("false_long_term_skipped", -32009),
        ("false_not_yet", -32014),
        ("false_unhealthy", -32005),
    ],
)
async def test_a_false_refusal_has_agaves_code_and_ends_when_switched_off(fault: str, code: int) -> None:
    async with Localnet(small_chain(), faults=Faults()) as net:
        setattr(net.faults, fault, 1)
        assert (await error(net, "getBlock", SLOT, CONFIRMED))["code"] == code
        setattr(net.faults, fault, 0)
        assert (await result(net, "getBlock", SLOT, CONFIRMED))["parentSlot"] == SLOT - 1


async def test_blocks_and_transactions_are_null_or_late() -> None:
    async with Localnet(small_chain(), faults=Faults(null_block=1.0, null_transaction=1.0)) as net:
        block = net.chain.block(SLOT)
        assert block is not None
        call = ("getTransaction", block.entries[0].signature, CONFIRMED)
        assert await result(net, "getBlock", SLOT, CONFIRMED) is None
        assert await result(net, *call) is None
        net.faults.update({"null_block": 0, "null_transaction": 0})
        net.faults.update({"block_delay_seconds": 0.1, "transaction_delay_seconds": 0.1})
        before = time.monotonic()
        assert await result(net, "getBlock", SLOT, CONFIRMED) is not None
        assert await result(net, *call) is not None
        assert time.monotonic() - before > 0.2


async def test_http_breaks_in_every_way_it_can() -> None:
    async with Localnet(small_chain(), faults=Faults(too_many_requests=1.0, retry_after_seconds=3)) as net:
        limited = await post(net, GET_SLOT)
        assert (limited.status, limited.headers["Retry-After"]) == (429, "3")
        net.faults.update({"too_many_requests": 0, "server_error": 1})
        broken = await post(net, GET_SLOT)
        assert (broken.status, broken.headers["Content-Type"].split(";")[0]) == (502, "text/html")
        net.faults.update({"server_error": 0, "garbage_body": 1})
        garbage = await post(net, GET_SLOT)
        assert garbage.status == 200
        assert garbage.body.startswith(b"<html>")
        net.faults.update({"garbage_body": 0, "truncated_body": 1})
        with pytest.raises(aiohttp.ClientPayloadError):
            await post(net, GET_SLOT)
        net.faults.truncated_body = 0
        assert await result(net, "getSlot") == net.tip


async def test_a_missing_block_is_nowhere_until_it_heals() -> None:
    async with Localnet(small_chain(), faults=Faults(missing_slots=frozenset({SLOT}))) as net:
        block = net.chain.block(SLOT)
        assert block is not None
        signature = block.entries[0].signature
        assert (await error(net, "getBlock", SLOT, CONFIRMED))["code"] == -32007
        assert SLOT not in await result(net, "getBlocks", FIRST_SLOT, net.tip)
        assert (await result(net, "getSignatureStatuses", [signature]))["value"] == [None]
        assert (await result(net, "getBlock", SLOT + 1, CONFIRMED))["parentSlot"] == SLOT
        net.faults.missing_slots = frozenset()
        assert (await result(net, "getBlock", SLOT, CONFIRMED))["parentSlot"] == SLOT - 1
        assert (await result(net, "getSignatureStatuses", [signature]))["value"][0]["slot"] == SLOT


async def test_a_listing_has_holes_where_blocks_are() -> None:
    async with Localnet(small_chain(40), faults=Faults(listing_holes=0.3, seed=1)) as net:
        listed = await result(net, "getBlocks", FIRST_SLOT, net.tip)
        assert 10 < len(listed) < 40
        assert listed == await result(net, "getBlocksWithLimit", FIRST_SLOT, 100)
        hole = next(slot for slot in range(FIRST_SLOT, net.tip) if slot not in listed)
        assert (await result(net, "getBlock", hole, CONFIRMED))["parentSlot"] == hole - 1


async def test_a_block_can_hold_a_version_1_transaction() -> None:
    async with Localnet(small_chain(), faults=Faults(version_one=1.0)) as net:
        assert (await error(net, "getBlock", SLOT, CONFIRMED | {"maxSupportedTransactionVersion": 0})) == {
            "code": -32015,
            "message": "Transaction version (1) is not supported by the requesting client. Please try the request "
            'again with the following configuration parameter: "maxSupportedTransactionVersion": 1',
        }
        served = await result(net, "getBlock", SLOT, CONFIRMED)
        assert [one["version"] for one in served["transactions"]].count(1) == 1
        net.faults.version_one = 0
        assert "result" in await answer(net, "getBlock", SLOT, CONFIRMED | {"maxSupportedTransactionVersion": 0})


async def test_a_huge_block_is_the_same_block_among_20_mb_of_strangers() -> None:
    async with Localnet(small_chain(), faults=Faults(huge_block=1.0)) as net:
        block = net.chain.block(SLOT)
        assert block is not None
        plain = orjson.loads(block.body)["transactions"]
        body = orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": "getBlock", "params": [SLOT, CONFIRMED]})
        text = (await post(net, body)).body
        assert 20_000_000 < len(text) < 22_000_000
        served = orjson.loads(text)["result"]["transactions"]
        assert served[: len(plain)] == plain
        assert len({one["transaction"]["signatures"][0] for one in served}) == len(served)


async def test_logs_are_cut_alike_in_notifications_blocks_and_transactions() -> None:
    faults = Faults(truncated_logs=0.5, seed=2)
    async with Localnet(small_chain(), faults=faults) as net, listening(net) as ws:
        await subscribe(ws)
        net.produce(3)
        block = net.chain.block(net.tip - 1)
        assert block is not None
        served = await result(net, "getBlock", block.slot, CONFIRMED)
        logs = {one["transaction"]["signatures"][0]: one["meta"]["logMessages"] for one in served["transactions"]}
        told = [await value(ws) for _ in range(2 * len(logs))]
        notified = {one["signature"]: one["logs"] for one in told}
        assert {signature: notified[signature] for signature in logs} == logs
        cut = [signature for signature, lines in logs.items() if lines[-1] == "Log truncated"]
        assert 0 < len(cut) < len(logs)
        found = await result(net, "getTransaction", cut[0], CONFIRMED)
        assert found["meta"]["logMessages"] == logs[cut[0]]


async def test_a_share_of_notifications_is_lost_without_notice() -> None:
    faults = Faults(lost_notifications=0.5, seed=1)
    async with Localnet(small_chain(), faults=faults) as net, listening(net) as ws:
        await subscribe(ws)
        net.produce(10)
        sent = sum(len(block.entries) for slot in range(1010, 1020) if (block := net.chain.block(slot)))
        seen = len(await all_values(ws, silence_seconds=1))
        assert 0.3 * sent < seen < 0.7 * sent


async def test_notifications_can_be_late() -> None:
    async with Localnet(small_chain()) as net, listening(net) as ws:
        await subscribe(ws)
        net.faults.notification_delay_seconds = 0.2
        net.produce()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ws.recv(), 0.1)
        assert await value(ws)


async def test_a_silent_socket_stays_open_and_answers_pings_and_a_frozen_one_does_not() -> None:
    async with Localnet(small_chain()) as net, listening(net) as ws:
        await subscribe(ws)
        net.faults.silent_sockets = True
        net.produce()
        assert await all_values(ws) == []
        await asyncio.wait_for(await ws.ping(), 30)
        net.faults.frozen_sockets = True
        net.changed()
        pong = await ws.ping()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(pong), 0.2)
        net.faults.update({"silent_sockets": False, "frozen_sockets": False})
        net.changed()
        await asyncio.wait_for(pong, 30)
        net.produce()
        assert await value(ws)


async def test_sockets_are_closed_after_some_messages_or_at_once() -> None:
    async with Localnet(small_chain(), faults=Faults(close_every_messages=3)) as net:
        async with listening(net) as ws:
            await subscribe(ws)
            net.produce(5)
            assert len([one async for one in ws]) == 2
        net.faults.close_every_messages = 0
        async with listening(net) as ws:
            await subscribe(ws)
            assert await net.close_sockets() == 1
            with pytest.raises(ConnectionClosed):
                await ws.recv()


async def test_a_stale_node_and_a_good_one_share_a_chain() -> None:
    chain = small_chain()
    lagging = Faults(stale_slots=3)
    async with Localnet(chain) as good, Localnet(chain, faults=lagging) as stale, listening(stale) as ws:
        await subscribe(ws)
        good.produce()
        assert (await result(good, "getSlot"), await result(stale, "getSlot")) == (1010, 1007)
        assert (await result(good, "getBlock", 1010, CONFIRMED))["parentSlot"] == 1009
        assert (await error(stale, "getBlock", 1010, CONFIRMED))["code"] == -32004
        block = chain.block(1007)
        assert block is not None
        assert {(await value(ws))["signature"] for _ in block.entries} == {one.signature for one in block.entries}


async def test_slots_of_a_generated_chain_are_skipped_on_request() -> None:
    chain = Chain(Generated(seed=7, first_slot=64_001, transactions_per_block=2, skip_share=0))
    async with Localnet(chain, faults=Faults(skipped_slots=0.5)) as net:
        net.produce(40)
        slots = await result(net, "getBlocks", 64_001, net.tip)
        assert 10 < net.tip - 64_000 - len(slots) < 80
        for parent, slot in pairwise(slots):
            assert (await result(net, "getBlock", slot, CONFIRMED))["parentSlot"] == parent


async def test_faults_are_switched_over_http() -> None:
    async with Localnet(small_chain()) as net, aiohttp.ClientSession() as session:
        assert set(await get(session, f"{net.rpc_url}/localnet/faults")) == set(names())
        changed = await post(net, b'{"null_block": 1, "missing_slots": [7]}', path="/localnet/faults")
        state = orjson.loads(changed.body)
        assert (state["null_block"], state["missing_slots"]) == (1, [7])
        assert await result(net, "getBlock", SLOT, CONFIRMED) is None
        for wrong in (b'{"null_blocks": 1}', b'{"null_block": 2}', b'{"silent_sockets": 1}', b"[1]", b"{"):
            refused = await post(net, wrong, path="/localnet/faults")
            assert refused.status == 400
            assert orjson.loads(refused.body)["error"]
        assert (await get(session, f"{net.rpc_url}/localnet"))["faults"]["null_block"] == 1


async def test_the_chain_is_steered_over_http() -> None:
    async with Localnet(small_chain()) as net, aiohttp.ClientSession() as session:
        assert orjson.loads((await post(net, b'{"blocks": 3}', path="/localnet/produce")).body) == {
            "blocks": 3,
            "tip_slot": 1012,
        }
        assert (await post(net, b"[]", path="/localnet/produce")).status == 400
        await post(net, b"", path="/localnet/pause")
        state = await get(session, f"{net.rpc_url}/localnet")
        assert (state["label"], state["tip_slot"], state["paused"]) == ("LOCALNET, generated", 1012, True)
        await post(net, b"", path="/localnet/continue")
        assert not net.chain.paused
        assert orjson.loads((await post(net, b"", path="/localnet/close-sockets")).body) == {"closed": 0}


def test_the_same_seed_gives_the_same_faults() -> None:
    one, other = Faults(seed=5), Faults(seed=5)
    assert [one.happens(0.5) for _ in range(20)] == [other.happens(0.5) for _ in range(20)]
    assert [one.happens(0.5) for _ in range(20)] != [Faults(seed=6).happens(0.5) for _ in range(20)]
    assert not Faults().happens(0)


@pytest.mark.parametrize(
    ("name", "wrong"),
    [("null_block", 1.5), ("null_block", True), ("stale_slots", 1.5), ("stale_slots", -1), ("missing_slots", "7")],
)
def test_a_wrong_value_is_refused_by_name(name: str, wrong: Any) -> None:
    faults = Faults()
    with pytest.raises((TypeError, ValueError), match=name):
        setattr(faults, name, wrong)
    assert faults.state() == Faults().state()


@asynccontextmanager
async def listening(net: Localnet) -> AsyncIterator[ClientConnection]:
    # messages left unread must not hold up the goodbye
    async with connect(net.ws_url, max_queue=None) as ws:
        yield ws


async def subscribe(ws: ClientConnection) -> None:
    await ws.send(orjson.dumps(ALL_LOGS).decode())
    assert "result" in orjson.loads(await asyncio.wait_for(ws.recv(), 30))


async def value(ws: ClientConnection) -> Any:
    return orjson.loads(await asyncio.wait_for(ws.recv(), 30))["params"]["result"]["value"]


async def all_values(ws: ClientConnection, silence_seconds: float = 0.2) -> list[Any]:
    """Everything that comes until nothing has for a while."""
    values = []
    while True:
        try:
            values.append(orjson.loads(await asyncio.wait_for(ws.recv(), silence_seconds))["params"]["result"]["value"])
        except TimeoutError:
            return values


async def get(session: aiohttp.ClientSession, url: str) -> Any:
    async with session.get(url) as response:
        return await response.json()
