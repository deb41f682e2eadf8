"""The witness against a localnet that loses, repeats, freezes and cuts, and against sockets that talk nonsense."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from pydantic import SecretStr
from websockets.asyncio.server import ServerConnection, serve

from decoders.programs import PROGRAMS
from indexer.config import Settings
from indexer.errors import PeerError
from indexer.localnet.chain import Chain
from indexer.localnet.generate import Generated
from indexer.localnet.node import Localnet
from indexer.metrics import Metrics
from indexer.notified import Late, Notified
from indexer.pubsub import Listener, Socket
from indexer.subscribe import Witness

ADDRESSES = {program.address: program.name for program in PROGRAMS[:15]}  # fewer than one socket takes
KEY = "s3cr3t-api-key"


def settings(*urls: str, **changes: Any) -> Settings:
    """Quick limits; the environment and .env play no part."""
    fast = {"ws_backoff_seconds": 0.02, "ws_silence_seconds": 5, "ws_ping_seconds": 2}
    return Settings(_env_file=None, solana_ws_url=SecretStr(",".join(urls)), **{**fast, **changes})  # type: ignore[call-arg]


def sample(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"indexer_{name}", labels) or 0.0


async def until(true: Callable[[], Any], seconds: float = 30) -> None:
    """Wait for a condition, a bounded time."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it did not come"
        await asyncio.sleep(0.005)


def small_chain() -> Chain:
    return Chain(Generated(seed=3, transactions_per_block=15, skip_share=0.0))


def expected(net: Localnet, slot: int) -> set[str]:
    """Signatures that must be notified: successful, and naming a program."""
    block = net.chain.block(slot)
    assert block is not None
    return {entry.signature for entry in block.entries if entry.err is None and entry.accounts & ADDRESSES.keys()}


@pytest.mark.parametrize("changes", [{}, {"subscriptions_per_socket": 1}, {"commitment": "finalized"}])
async def test_every_successful_transaction_of_a_program_is_notified(changes: dict[str, Any]) -> None:
    metrics = Metrics()
    async with Localnet(small_chain()) as net, Witness(settings(net.ws_url, **changes), metrics, ADDRESSES) as witness:
        assert witness.connected
        assert witness.tip == -1
        before = net.tip
        net.produce(3)
        await until(lambda: witness.tip == net.tip and witness.notified(net.tip).keys() == expected(net, net.tip))
        assert witness.slots_after(before) == net.chain.slots(before + 1, net.tip)
        for slot in witness.slots_after(before):
            assert witness.notified(slot).keys() == expected(net, slot)
            assert set(witness.notified(slot).values()) <= set(ADDRESSES.values())
            assert witness.first_seen(slot) is not None
    assert sample(metrics, "notifications_total", program="raydium_amm_v4") > 0


async def test_one_subscription_for_all_hears_everything_but_votes() -> None:
    async with (
        Localnet(small_chain()) as net,
        Witness(settings(net.ws_url, subscribe="all"), Metrics(), ADDRESSES) as witness,
    ):
        net.produce(1)
        await until(lambda: witness.notified(net.tip).keys() >= expected(net, net.tip))


async def test_a_failed_transaction_says_that_its_slot_has_a_block_and_nothing_more() -> None:
    heard: list[Any] = []
    frame = {
        "method": "logsNotification",
        "params": {
            "result": {"context": {"slot": 7}, "value": {"signature": "s", "err": {"X": [1]}, "logs": []}},
            "subscription": 1,
        },
    }
    _socket(heard).on_frame(json.dumps(frame).encode())
    assert heard == [("failed", 7, None)]
    kept = Notified(slots=5, late=5)
    assert kept.tick(7, now=1.0)
    assert kept.signatures(7) == {}
    assert kept.tip == 7


async def test_settled_slots_are_forgotten_and_what_comes_then_is_late() -> None:
    kept = Notified(slots=5, late=2)
    kept.add(7, "a", "p", now=1.0)
    kept.settle(7)
    assert kept.signatures(7) == {}
    for signature in "bcd":
        assert not kept.add(7, signature, "p", now=2.0)
    assert [late.signature for late in kept.take_late()] == ["c", "d"], "bounded: the newest"
    assert kept.take_late() == []
    assert kept.after(0) == []
    kept.add(8, "e", None, now=3.0)
    assert kept.first_seen(8) == 3.0


async def test_only_the_newest_slots_are_kept_and_coverage_says_so() -> None:
    kept = Notified(slots=3, late=1)
    assert not kept.covers(100)
    kept.restart(9)
    for slot in (10, 11, 12):
        kept.tick(slot, now=0.0)
    assert kept.covers(10)
    kept.tick(13, now=0.0)
    assert kept.after(0) == [11, 12, 13]
    assert not kept.covers(10)
    assert kept.covers(11)
    kept.restart(None)
    assert not kept.covers(13)


async def test_changed_wakes_for_a_slot_heard_of_first() -> None:
    async with Localnet(small_chain()) as net, Witness(settings(net.ws_url), Metrics(), ADDRESSES) as witness:
        assert not await witness.changed(0.01)
        net.produce(1)
        assert await witness.changed(30)


async def test_a_cut_socket_is_opened_again_with_new_subscriptions() -> None:
    metrics = Metrics()
    async with Localnet(small_chain()) as net, Witness(settings(net.ws_url), metrics, ADDRESSES) as witness:
        net.produce(2)
        await until(lambda: witness.covers(net.tip + 1))
        for _ in range(2):
            await net.close_sockets()
            await until(lambda: not witness.connected)
            assert not witness.covers(net.tip + 1), "what came meanwhile is lost"
            await until(lambda: witness.connected)
            net.produce(2)
            await until(lambda: witness.tip == net.tip and witness.covers(net.tip + 1))
    assert sample(metrics, "reconnects_total", peer="pubsub") >= 2
    assert sample(metrics, "connected", peer="pubsub") in (0, 1)


@pytest.mark.parametrize("fault", ["silent_sockets", "frozen_sockets"])
async def test_a_socket_that_falls_silent_is_dropped_and_opened_again(fault: str) -> None:
    limits = {"ws_silence_seconds": 0.3, "ws_ping_seconds": 0.3}
    async with Localnet(small_chain()) as net, Witness(settings(net.ws_url, **limits), Metrics(), ADDRESSES) as witness:
        setattr(net.faults, fault, True)
        net.changed()
        net.produce(1)
        await until(lambda: not witness.connected)
        setattr(net.faults, fault, False)
        net.changed()
        await until(lambda: witness.connected)
        first = net.tip + 1
        async with asyncio.timeout(30):
            while witness.tip < first:
                net.produce(1)  # more than once: with such limits a pause of ours drops the socket, and its news
                await asyncio.sleep(0.1)


async def test_a_refused_subscription_is_a_clear_error() -> None:
    async with Localnet(small_chain()) as net:
        with pytest.raises(PeerError, match="logsSubscribe for broken was refused") as caught:
            async with Witness(settings(net.ws_url), Metrics(), {"not a key": "broken"}):
                pass
    assert "SOLANA_WS_URL" in caught.value.hint


@pytest.mark.parametrize(
    ("url", "said"),
    [
        (f"ws://127.0.0.1:9/{KEY}", "127.0.0.1:9"),
        (f"ws:///{KEY}", "hostname"),
        (f"http://127.0.0.1:9/?api-key={KEY}", "URI"),
    ],
)
async def test_a_wrong_url_is_a_clear_error_without_its_key(url: str, said: str) -> None:
    with pytest.raises(PeerError, match=said) as caught:
        async with Witness(settings(url), Metrics(), ADDRESSES):
            pass
    assert KEY not in str(caught.value)
    assert KEY not in repr(Witness(settings(url), Metrics(), ADDRESSES))


async def test_http_in_place_of_a_websocket_is_a_clear_error() -> None:
    async with Localnet(small_chain()) as net:
        with pytest.raises(PeerError, match=r"HTTP 4\d\d in place of a WebSocket"):
            async with Witness(settings(net.rpc_url.replace("http", "ws")), Metrics(), ADDRESSES):
                pass


@asynccontextmanager
async def odd_peer(handler: Callable[[ServerConnection], Awaitable[None]]) -> AsyncIterator[str]:
    """A WebSocket server that says exactly what a test wants."""
    async with serve(handler, "127.0.0.1", 0, compression=None) as server:
        yield f"ws://127.0.0.1:{server.sockets[0].getsockname()[1]}"


NONSENSE = (
    b"\xff\xfe\x00",
    "",
    "[]",
    "null",
    '{"method":"logsNotification"',
    '{"method":"logsNotification","params":{"result":7,"subscription":1}}',
    '{"params":{"result":{},"subscription":1}}',
    '{"params":{"result":{"context":{"slot":"x"},"value":{"signature":"s"}},"subscription":1}}',
    '{"jsonrpc":"2.0","id":99,"result":1}',
    "[" * 100_000,
)


async def test_nonsense_is_counted_and_harmless() -> None:
    async def handler(connection: ServerConnection) -> None:
        for number in range(len(ADDRESSES) + 1):
            asked = json.loads(await connection.recv())
            await connection.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": number}))
        for frame in NONSENSE:
            await connection.send(frame)
        value = {"signature": "s", "err": None, "logs": None, "later": {"a": [1]}}
        result = {"context": {"slot": 12, "apiVersion": "9"}, "value": value}
        await connection.send(json.dumps({"params": {"result": result, "subscription": 1}}))
        await connection.wait_closed()

    metrics = Metrics()
    async with odd_peer(handler) as url, Witness(settings(url), metrics, ADDRESSES) as witness:
        await until(lambda: witness.notified(12).keys() == {"s"})
        assert witness.connected
    assert sample(metrics, "garbage_frames_total") == len(NONSENSE)


async def test_a_frame_over_the_limit_ends_the_socket_not_the_witness() -> None:
    turns = 0

    async def handler(connection: ServerConnection) -> None:
        nonlocal turns
        turns += 1
        for number in range(len(ADDRESSES) + 1):
            asked = json.loads(await connection.recv())
            await connection.send(json.dumps({"jsonrpc": "2.0", "id": asked["id"], "result": number}))
        if turns == 1:
            await connection.send("x" * 5000)
        await connection.wait_closed()

    async with (
        odd_peer(handler) as url,
        Witness(settings(url, ws_message_bytes=2000), Metrics(), ADDRESSES) as witness,
    ):
        await until(lambda: turns == 2 and witness.connected)


async def test_subscriptions_that_are_never_answered_end_the_socket() -> None:
    async def handler(connection: ServerConnection) -> None:
        await connection.wait_closed()

    async with odd_peer(handler) as url:
        with pytest.raises(PeerError, match="subscriptions stayed unanswered"):
            async with Witness(settings(url, ws_silence_seconds=0.1), Metrics(), ADDRESSES):
                pass


def _socket(heard: list[Any]) -> Socket:
    return Socket(
        settings("ws://127.0.0.1:9"),
        ADDRESSES,
        Listener(
            succeeded=lambda *news: heard.append(("succeeded", *news)),
            failed=lambda *news: heard.append(("failed", *news)),
            progressed=lambda slot: heard.append(("progressed", slot)),
            subscribed=lambda: heard.append(("subscribed",)),
            garbage=lambda: heard.append(("garbage",)),
        ),
    )


def test_late_notifications_name_their_slot() -> None:
    kept = Notified(slots=3, late=3)
    kept.settle(5)
    kept.add(4, "a", "p", now=0.0)
    assert kept.take_late() == [Late(slot=4, signature="a", program="p")]
