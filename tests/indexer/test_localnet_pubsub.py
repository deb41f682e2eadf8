"""localnet's PubSub side: shapes, filters, refusals."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import orjson
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from indexer.localnet.node import Localnet
from tests.indexer.small_chain import small_chain

CONFIRMED = {"commitment": "confirmed"}
VOTE = "Vote111111111111111111111111111111111111111"


async def test_notifications_have_agaves_shapes() -> None:
    async with Localnet(small_chain(), finalized_lag_slots=3) as net, connected(net) as ws:
        slots, roots = await ask(ws, "slotSubscribe"), await ask(ws, "rootSubscribe")
        logs = await ask(ws, "logsSubscribe", "allWithVotes", CONFIRMED)
        net.produce()
        assert await told(ws) == {
            "jsonrpc": "2.0",
            "method": "slotNotification",
            "params": {"result": {"parent": 1009, "root": 1007, "slot": 1010}, "subscription": slots},
        }
        block = net.chain.block(1010)
        assert block is not None
        for entry in block.entries:
            value = {"signature": entry.signature, "err": entry.err, "logs": list(entry.logs or ())}
            assert await told(ws) == {
                "jsonrpc": "2.0",
                "method": "logsNotification",
                "params": {"result": {"context": {"slot": 1010}, "value": value}, "subscription": logs},
            }
        assert await told(ws) == {
            "jsonrpc": "2.0",
            "method": "rootNotification",
            "params": {"result": 1007, "subscription": roots},
        }


async def test_all_leaves_votes_out() -> None:
    async with Localnet(small_chain()) as net, connected(net) as ws:
        await ask(ws, "logsSubscribe", "all", CONFIRMED)
        net.produce(3)
        blocks = [net.chain.block(slot) for slot in (1010, 1011, 1012)]
        expected = [entry.signature for block in blocks if block for entry in block.entries if not entry.vote]
        assert [await signature(ws) for _ in expected] == expected


async def test_a_transaction_is_told_once_for_each_subscription_it_mentions() -> None:
    async with Localnet(small_chain()) as net, connected(net) as ws:
        net.produce()
        first = await ask(ws, "logsSubscribe", {"mentions": [VOTE]}, CONFIRMED)
        second = await ask(ws, "logsSubscribe", {"mentions": [VOTE]}, CONFIRMED)
        net.produce()
        block = net.chain.block(1011)
        assert block is not None
        votes = [entry for entry in block.entries if entry.vote]
        seen = [(await told(ws))["params"]["subscription"] for _ in range(2 * len(votes))]
        assert sorted(seen) == sorted([first, second] * len(votes))


async def test_a_commitment_is_notified_when_its_tip_moves() -> None:
    async with Localnet(small_chain(), confirmed_lag_slots=2) as net, connected(net) as ws:
        await ask(ws, "logsSubscribe", "allWithVotes", CONFIRMED)
        net.produce()
        assert (await told(ws))["params"]["result"]["context"]["slot"] == 1008


async def test_a_signature_is_told_once_and_its_subscription_ends() -> None:
    async with Localnet(small_chain()) as net, connected(net) as ws:
        block = net.chain.block(1005)
        assert block is not None
        entry = block.entries[0]
        number = await ask(ws, "signatureSubscribe", entry.signature, CONFIRMED)
        done = await told(ws)
        assert done["method"] == "signatureNotification"
        assert done["params"] == {
            "result": {"context": {"slot": 1005}, "value": {"err": entry.err}},
            "subscription": number,
        }
        assert (await ask_error(ws, "signatureUnsubscribe", number))["message"] == "Invalid subscription id."


async def test_unsubscribing_ends_it_and_only_once() -> None:
    async with Localnet(small_chain()) as net, connected(net) as ws:
        number = await ask(ws, "slotSubscribe")
        assert (await ask_error(ws, "rootUnsubscribe", number))["code"] == -32602
        assert await ask(ws, "slotUnsubscribe", number) is True
        assert await ask_error(ws, "slotUnsubscribe", number) == {
            "code": -32602,
            "message": "Invalid subscription id.",
        }
        net.produce()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(ws.recv(), 0.1)


@pytest.mark.parametrize(
    ("method", "params", "code", "message"),
    [
        ("logsSubscribe", [{"mentions": []}], -32602, "Invalid Request: Only 1 address supported"),
        ("logsSubscribe", [{"mentions": [VOTE, VOTE]}], -32602, "Invalid Request: Only 1 address supported"),
        ("logsSubscribe", [{"mentions": ["0"]}], -32602, "Invalid Request: Invalid mentions provided"),
        ("logsSubscribe", [], -32602, "`params` should have at least 1 argument(s)"),
        ("blockSubscribe", ["all"], -32601, "Method not found"),
        ("getSlot", [], -32601, "Method not found"),
    ],
)
async def test_what_cannot_be_subscribed_is_refused(method: str, params: list[Any], code: int, message: str) -> None:
    async with Localnet(small_chain()) as net, connected(net) as ws:
        assert await ask_error(ws, method, *params) == {"code": code, "message": message}


async def test_garbage_is_answered_and_a_frame_too_large_ends_the_socket() -> None:
    async with Localnet(small_chain()) as net, connected(net) as ws:
        await ws.send("{")
        assert (await told(ws))["error"]["code"] == -32700
        await ws.send("[1, 2]")
        assert [one["error"]["code"] for one in await told(ws)] == [-32600, -32600]
        await ws.send("x" * 4097)
        with pytest.raises(ConnectionClosed) as closed:
            await told(ws)
        assert closed.value.rcvd is not None
        assert closed.value.rcvd.code == 1009


@asynccontextmanager
async def connected(net: Localnet) -> AsyncIterator[ClientConnection]:
    async with connect(net.ws_url, max_size=None) as ws:
        yield ws


async def told(ws: ClientConnection) -> Any:
    return orjson.loads(await asyncio.wait_for(ws.recv(), 30))


async def signature(ws: ClientConnection) -> str:
    return str((await told(ws))["params"]["result"]["value"]["signature"])


async def asked(ws: ClientConnection, method: str, *params: Any) -> Any:
    await ws.send(orjson.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).decode())
    return await told(ws)


async def ask(ws: ClientConnection, method: str, *params: Any) -> Any:
    return (await asked(ws, method, *params))["result"]


async def ask_error(ws: ClientConnection, method: str, *params: Any) -> Any:
    return (await asked(ws, method, *params))["error"]
