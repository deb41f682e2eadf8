"""The RPC client against peers that misbehave byte by byte; the well-behaved node is tested with localnet below."""

import asyncio
import gzip
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from pydantic import SecretStr

from indexer.config import Settings
from indexer.errors import PeerError, TransientError, UsageError
from indexer.metrics import Metrics
from indexer.rpc import Rpc
from indexer.rpc_errors import (
    BlockUnavailable,
    BodyTooLarge,
    EndpointDown,
    Garbage,
    HistoryGone,
    NodeBehind,
    RateLimited,
    Refused,
    UnsupportedVersion,
)
from tests.indexer.raw_peer import GENESIS, Answer, http, raw_peer, refusal, result

KEY = "s3cr3t-api-key"


def settings(*urls: str, **changes: Any) -> Settings:
    """Quick limits; the environment and .env play no part."""
    fast = {"rpc_attempts": 2, "rpc_backoff_seconds": 0.02, "rpc_timeout_seconds": 1}
    return Settings(_env_file=None, solana_rpc_url=SecretStr(",".join(urls)), **{**fast, **changes})  # type: ignore[call-arg]


def sample(metrics: Metrics, name: str, **labels: str) -> float:
    return metrics.registry.get_sample_value(f"indexer_{name}", labels) or 0.0


async def block(answer: Answer, **changes: Any) -> bytes:
    """Ask one peer for block 5."""
    async with raw_peer(answer) as peer, Rpc(settings(peer.url, **changes), Metrics()) as rpc:
        return bytes(await rpc.block(5))


async def test_a_block_is_the_text_of_the_result_and_the_request_says_what_is_wanted() -> None:
    metrics = Metrics()
    async with (
        raw_peer(lambda request: result(request, {"parentSlot": 4}, packed=True)) as peer,
        Rpc(settings(peer.url, commitment="finalized", max_tx_version=3, rpc_gzip="yes"), metrics) as rpc,
    ):
        assert json.loads(bytes(await rpc.block(5))) == {"parentSlot": 4}
    assert peer.requests[0]["method"] == "getBlock"
    assert peer.requests[0]["params"] == [
        5,
        {
            "commitment": "finalized",
            "encoding": "json",
            "transactionDetails": "full",
            "maxSupportedTransactionVersion": 3,
            "rewards": False,
        },
    ]
    assert "Accept-Encoding: gzip" in peer.headers
    assert sample(metrics, "rpc_requests_total", method="getBlock", outcome="ok") == 1
    assert sample(metrics, "rpc_bytes_total") > 0


@pytest.mark.parametrize(
    ("code", "message", "kind"),
    [
        (-32004, "Block not available for slot 5", BlockUnavailable),
        (-32007, "Slot 5 was skipped, or missing due to ledger jump to recent snapshot", BlockUnavailable),
        (-32009, "Slot 5 was skipped, or missing in long-term storage", BlockUnavailable),
        (-32014, "Block status for slot 5 not yet available", BlockUnavailable),
        (-32601, "Method not found", Refused),
        (-32602, "Invalid params", Refused),
    ],
)
async def test_what_a_healthy_endpoint_refuses_is_raised_at_once(code: int, message: str, kind: type) -> None:
    async with (
        raw_peer(lambda request: refusal(request, code, message)) as peer,
        Rpc(settings(peer.url), Metrics()) as rpc,
    ):
        with pytest.raises(kind, match=str(code)):
            await rpc.block(5)
    assert len(peer.requests) == 1


@pytest.mark.parametrize(
    ("code", "message", "outcome"),
    [
        (-32005, "Node is behind by 42 slots", NodeBehind),
        (-32016, "Minimum context slot has not been reached", NodeBehind),
        (-32007, "50/second request limit reached", RateLimited),
        (429, "Too many requests for a specific RPC call", RateLimited),
    ],
)
async def test_a_node_that_cannot_answer_now_is_asked_again(code: int, message: str, outcome: type[Any]) -> None:
    metrics = Metrics()

    def answer(request: Any) -> bytes:
        return refusal(request, code, message) if len(peer.requests) < 2 else result(request, {})

    async with raw_peer(answer) as peer, Rpc(settings(peer.url), metrics) as rpc:
        assert await rpc.block(5) == b"{}"
    assert sample(metrics, "rpc_requests_total", method="getBlock", outcome=outcome.outcome) == 1


async def test_null_in_place_of_a_block_is_no_proof_of_anything() -> None:
    with pytest.raises(BlockUnavailable, match="null"):
        await block(lambda request: result(request, None))


async def test_history_gone_names_the_first_available_block() -> None:
    text = "Block 5 cleaned up, does not exist on node. First available block: 321"
    with pytest.raises(HistoryGone) as caught:
        await block(lambda request: refusal(request, -32001, text))
    assert caught.value.first_available == 321
    assert caught.value.by_all


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


async def test_an_unsupported_version_is_fatal_and_names_the_flag() -> None:
    with pytest.raises(UnsupportedVersion) as caught:
        await block(lambda request: refusal(request, -32015, "Transaction version (2) is not supported"))
    assert "--max-tx-version 2" in caught.value.hint


GARBAGE: dict[str, tuple[Callable[[Any], bytes | None], type[Exception]]] = {
    "html": (lambda _: http(b"<html>Bad gateway</html>", headers="Content-Type: text/html\r\n"), Garbage),
    "empty": (lambda _: http(b""), Garbage),
    "cut json": (lambda _: http(b'{"jsonrpc": "2.0", "result": {"tr'), Garbage),
    "not utf-8": (lambda _: http(b'{"jsonrpc": "2.0", "id": 0, "error": {"code": 1, "message": "\xff\xfe"}}'), Garbage),
    "deep": (lambda _: http(b'{"id":0,"result":' + b"[" * 100_000), Garbage),
    "no result": (lambda _: http(b'{"jsonrpc": "2.0", "id": 0}'), Garbage),
    "another id": (lambda _: http(b'{"jsonrpc": "2.0", "id": 7, "result": {}}'), Garbage),
    "a list": (lambda _: http(b"[]"), Garbage),
    "broken gzip": (lambda _: http(b"\x1f\x8b garbage", headers="Content-Encoding: gzip\r\n"), Garbage),
    "cut gzip": (lambda _: http(gzip.compress(b"{}" * 99)[:-12], headers="Content-Encoding: gzip\r\n"), Garbage),
    "brotli": (lambda _: http(b"{}", headers="Content-Encoding: br\r\n"), Garbage),
    "cut body": (lambda _: http(b'{"id":0', length=500, headers="Connection: close\r\n"), EndpointDown),
    "hang up": (lambda _: None, EndpointDown),
    "no http": (lambda _: b"SSH-2.0-OpenSSH_9.6\r\n\r\n", EndpointDown),
    "redirect": (lambda _: http(b"", status="302 Found", headers="Location: http://elsewhere/\r\n"), EndpointDown),
    "html 502": (lambda _: http(b"<html>", status="502 Bad Gateway"), EndpointDown),
    "forbidden": (lambda _: http(b"no", status="403 Forbidden"), TransientError),
}


@pytest.mark.parametrize("name", GARBAGE)
async def test_what_is_not_json_rpc_is_transient_and_the_next_endpoint_is_asked(name: str) -> None:
    answer, kind = GARBAGE[name]
    metrics = Metrics()
    async with (
        raw_peer(answer) as bad,
        raw_peer(lambda request: result(request, {})) as good,
        Rpc(settings(bad.url, good.url), metrics) as rpc,
    ):
        assert await rpc.block(5) == b"{}"
    outcome = getattr(kind, "outcome", "unauthorized")
    assert sample(metrics, "rpc_requests_total", method="getBlock", outcome=outcome) == 1
    with pytest.raises(TransientError, match="no endpoint answered"):
        await block(answer)


@pytest.mark.parametrize("packed", [False, True])
async def test_a_body_over_the_limit_is_not_read_to_its_end(*, packed: bool) -> None:
    with pytest.raises(BodyTooLarge, match="INDEXER_RPC_BODY_BYTES"):
        await block(lambda request: result(request, "x" * 1_000_000, packed=packed), rpc_body_bytes=100_000)


async def test_a_large_packed_body_is_unpacked_whole() -> None:
    text = "".join(str(number) for number in range(300_000))
    assert json.loads(await block(lambda request: result(request, text, packed=True))) == text


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
        Rpc(settings(silent.url, good.url, rpc_timeout_seconds=0.2), Metrics()) as rpc,
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


async def test_batches_keep_the_order_of_signatures() -> None:
    def answer(requests: Any) -> bytes:
        if isinstance(requests, dict):
            return result(requests, requests["params"][0])
        replies = [{"id": one["id"], "result": one["params"][0] if one["id"] else None} for one in reversed(requests)]
        return http(json.dumps(replies).encode())

    async with raw_peer(answer) as peer, Rpc(settings(peer.url, rpc_batch_calls=2), Metrics()) as rpc:
        assert await rpc.transactions(["a", "b", "c"]) == [None, b'"b"', b'"c"']


async def test_signature_statuses_are_typed() -> None:
    value = {"context": {"slot": 9}, "value": [{"slot": 7, "confirmations": None, "err": None}, None]}
    async with raw_peer(lambda request: result(request, value)) as peer, Rpc(settings(peer.url), Metrics()) as rpc:
        found, unknown = await rpc.signature_statuses(["a", "b"])
        assert found is not None
        assert found.slot == 7
        assert unknown is None


# At the start


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


@pytest.mark.parametrize("url", ["ftp://host/", "http://", "host:8899", f"http://[{KEY}", f"//{KEY}"])
def test_a_url_that_is_none_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Rpc(settings(url), Metrics())
    assert KEY not in str(caught.value)


# Secrets


SECRET_ANSWERS: dict[str, Answer] = {
    **{name: answer for name, (answer, _) in GARBAGE.items()},
    "echo": lambda request: refusal(request, -32602, f"unknown key {KEY} in /v2/{KEY}?api-key={KEY}"),
    "echo 500": lambda request: refusal(request, -1, f"unknown key {KEY}", status="500 Internal Server Error"),
    "echo version": lambda request: refusal(request, -32015, f"unknown key {KEY}"),
}


@pytest.mark.parametrize("name", SECRET_ANSWERS)
async def test_no_error_shows_a_key(name: str) -> None:
    async with (
        raw_peer(SECRET_ANSWERS[name], path=f"/v2/{KEY}?api-key={KEY}") as peer,
        Rpc(settings(peer.url), Metrics()) as rpc,
    ):
        with pytest.raises(Exception) as caught:  # noqa: PT011 - every kind is looked at
            await rpc.block(5)
        error: BaseException | None = caught.value
        assert KEY not in repr(rpc) + repr(rpc._failover) + repr(rpc._failover.endpoints)
    while error is not None:
        assert KEY not in str(error) + repr(error) + repr(vars(error))
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
