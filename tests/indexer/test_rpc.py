"""The RPC client against one peer that misbehaves byte by byte, and no key in any error."""

import gzip
import json
from collections.abc import Callable
from typing import Any

import pytest

from indexer.errors import TransientError, UsageError
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
from tests.indexer.raw_peer import Answer, http, raw_peer, refusal, result
from tests.indexer.rpc_client import KEY, block, sample, settings


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
    assert json.loads(await block(lambda request: result(request, text, packed=True), rpc_timeout_seconds=30)) == text


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


@pytest.mark.parametrize("url", ["ftp://host/", "http://", "host:8899", f"http://[{KEY}", f"//{KEY}"])
def test_a_url_that_is_none_is_a_usage_error(url: str) -> None:
    with pytest.raises(UsageError) as caught:
        Rpc(settings(url), Metrics())
    assert KEY not in str(caught.value)


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
