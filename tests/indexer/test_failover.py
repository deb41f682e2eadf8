"""Which endpoint is asked, when again, and which are refused at the start."""

import asyncio
import time
from typing import Any

import pytest

from indexer.errors import PeerError
from indexer.metrics import Metrics
from indexer.rpc import Rpc
from indexer.rpc_errors import BlockUnavailable, HistoryGone
from tests.indexer.raw_peer import GENESIS, Answer, http, raw_peer, refusal, result
from tests.indexer.rpc_client import settings


async def test_history_is_gone_only_when_every_endpoint_says_so() -> None:
    def gone(first: int) -> Answer:
        return lambda request: refusal(request, -32001, f"cleaned up. First available block: {first}")

    async with (
        raw_peer(gone(300)) as near,
        raw_peer(gone(200)) as far,
        Rpc(settings(near.url, far.url), Metrics()) as rpc,
    ):
        with pytest.raises(HistoryGone) as caught:
            await rpc.block(5)
    assert caught.value.first_available == 200
    async with (
        raw_peer(gone(300)) as near,
        raw_peer(lambda request: result(request, {"a": 1})) as archive,
        Rpc(settings(near.url, archive.url), Metrics()) as rpc,
    ):
        assert await rpc.block(5) == b'{"a": 1}'


@pytest.mark.parametrize("status", ["429 Too Many Requests", "503 Service Unavailable"])
async def test_retry_after_is_honoured(status: str) -> None:
    def answer(request: Any) -> bytes:
        return (
            http(b"", status=status, headers="Retry-After: 0.3\r\n") if len(peer.requests) < 2 else result(request, {})
        )

    async with raw_peer(answer) as peer, Rpc(settings(peer.url), Metrics()) as rpc:
        started = time.monotonic()
        await rpc.block(5)
        assert time.monotonic() - started >= 0.3


async def test_a_rate_limited_endpoint_leaves_the_calls_to_the_next() -> None:
    def limited(_: Any) -> bytes:
        return http(b"", status="429 Too Many Requests", headers="Retry-After: 60\r\n")

    async with (
        raw_peer(limited) as first,
        raw_peer(lambda request: result(request, {})) as second,
        Rpc(settings(first.url, second.url), Metrics()) as rpc,
    ):
        for _ in range(3):
            await rpc.block(5)
    assert len(first.requests) == 1
    assert len(second.requests) == 3


async def test_the_rate_limit_spaces_requests() -> None:
    async with (
        raw_peer(lambda request: result(request, {})) as peer,
        Rpc(settings(peer.url, rpc_requests_per_second=50), Metrics()) as rpc,
    ):
        started = time.monotonic()
        await asyncio.gather(*(rpc.block(5) for _ in range(20)))
        assert time.monotonic() - started >= (20 - 5 - 1) / 50


async def test_a_silent_endpoint_costs_one_timeout() -> None:
    async with (
        raw_peer(lambda _: b"") as silent,
        raw_peer(lambda request: result(request, {})) as good,
        Rpc(settings(silent.url, good.url, rpc_timeout_seconds=0.5), Metrics()) as rpc,
    ):
        assert await rpc.block(5) == b"{}"


async def test_another_endpoint_is_preferred_to_one_already_tried() -> None:
    def answer(name: str) -> Answer:
        return lambda request: result(request, name)

    async with (
        raw_peer(answer("a")) as a,
        raw_peer(answer("b")) as b,
        Rpc(settings(a.url, b.url), Metrics()) as rpc,
    ):
        tried: list[Any] = []
        assert [await rpc.block(5, tried=tried) for _ in range(3)] == [b'"a"', b'"b"', b'"a"']


async def test_no_block_is_said_at_once_when_the_other_endpoint_is_down() -> None:
    def answer(request: Any) -> bytes:
        return refusal(request, -32004, "Block not available for slot 5")

    async with raw_peer(answer) as peer:
        urls = (peer.url, "http://127.0.0.1:9")
        async with Rpc(settings(*urls, rpc_backoff_seconds=30), Metrics()) as rpc:
            with pytest.raises(BlockUnavailable):
                await rpc.block(5)
            assert len(peer.requests) == 1


async def test_the_genesis_hash_is_asked_of_every_endpoint() -> None:
    async with raw_peer(lambda _: None) as peer, Rpc(settings(peer.url, "http://127.0.0.1:9"), Metrics()) as rpc:
        assert await rpc.genesis_hash() == GENESIS


class Other:
    """Tells another genesis hash."""

    tells_genesis = True

    def __call__(self, request: Any) -> bytes:
        """Answer a request."""
        return result(request, "Another1111")


async def test_endpoints_of_two_clusters_are_refused() -> None:
    async with (
        raw_peer(lambda _: None) as one,
        raw_peer(Other()) as two,
        Rpc(settings(one.url, two.url), Metrics()) as rpc,
    ):
        with pytest.raises(PeerError, match="another cluster"):
            await rpc.genesis_hash()


async def test_an_endpoint_that_was_down_at_the_start_is_asked_for_its_cluster_before_use() -> None:
    async with (
        raw_peer(lambda request: refusal(request, -32004, "no")) as one,
        raw_peer(Other()) as two,
        Rpc(settings(one.url, two.url), Metrics()) as rpc,
    ):
        rpc._failover._genesis = GENESIS
        with pytest.raises(PeerError, match="another cluster"):
            await rpc.block(5)


class Html:
    """Not a Solana RPC."""

    tells_genesis = True

    def __call__(self, _: Any) -> bytes:
        """Answer anything."""
        return http(b"<html>welcome</html>", headers="Content-Type: text/html\r\n")


async def test_a_url_that_is_no_solana_rpc_is_refused_with_a_hint() -> None:
    async with raw_peer(Html()) as peer, Rpc(settings(peer.url), Metrics()) as rpc:
        with pytest.raises(PeerError, match="text/html, not JSON") as caught:
            await rpc.genesis_hash()
    assert "SOLANA_RPC_URL" in caught.value.hint


class Shaky:
    """Fails in a new way each time, then tells its genesis hash."""

    tells_genesis = True

    def __init__(self) -> None:
        self.answers = [http(b"<html>"), http(b"", status="502 Bad Gateway"), http(b""), None]

    def __call__(self, request: Any) -> bytes | None:
        """Answer a request."""
        return self.answers.pop(0) if self.answers else result(request, GENESIS)


async def test_an_endpoint_that_fails_in_changing_ways_is_waited_for_at_the_start() -> None:
    async with raw_peer(Shaky()) as peer, Rpc(settings(peer.url, rpc_attempts=8), Metrics()) as rpc:
        assert await rpc.genesis_hash() == GENESIS
    assert len(peer.requests) > 3


async def test_an_unreachable_endpoint_is_refused_with_a_hint() -> None:
    async with Rpc(settings("http://127.0.0.1:9"), Metrics()) as rpc:
        with pytest.raises(PeerError, match="Cannot connect to host") as caught:
            await rpc.genesis_hash()
    assert caught.value.exit_code == 3
