"""Whatever comes in from a chain: the daemon says what is wrong, keeps its keys to itself, and loses nothing."""

import asyncio
import signal
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Self

import pytest
import pytest_asyncio

from indexer.embedded import NatsServer
from tests.chaos.arena import Daemon, Localnet
from tests.chaos.audit import audit, read_truth
from tests.indexer.raw_peer import http, raw_peer
from tests.integration import terminal
from tests.integration.between import pubsub_between, rpc_between
from tests.integration.chains import peers, standing
from tests.integration.forked import each, indexer, started
from tests.integration.streams import markers, read_stream, settled, swaps
from tests.integration.terminal import said, scraped, scraped_at, served, until

FIRST, BLOCKS = 7000, 30


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("truth") / "truth.jsonl"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chain(truth: Path) -> AsyncIterator[Localnet]:
    """Two nodes over a chain that moves when it is told to; faults are the second one's, the last of ``nodes``."""
    async with standing(truth, "--nodes", "2", first_slot=FIRST, blocks=BLOCKS) as net:
        yield net


class Faulty:
    """The node with the faults, alone; healed at the end."""

    def __init__(self, chain: Localnet, stream: NatsServer, **faults: Any) -> None:
        self._chain, self._faults = chain, faults
        self.settings = peers(chain, stream, node=-1)

    async def set(self, **faults: Any) -> None:
        """Change the node's faults."""
        self._faults |= faults
        await self._chain.control("/faults", faults)

    async def __aenter__(self) -> Self:
        await self.set(**self._faults)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._chain.control("/faults", {name: type(value)(0) for name, value in self._faults.items()})


async def wait_settled(stream: NatsServer, slot: int, daemon: Daemon) -> None:
    await until(lambda: settled(stream.url, slot), daemon)


async def wrong(stream: NatsServer, truth: Path, *, first: int, last: int) -> list[str]:
    """What the judge has against the stream."""
    return audit(await read_stream(stream.url), read_truth(truth), first_slot=first, last_slot=last).problems


def html(_: Any) -> bytes:
    """A host that is no RPC node."""
    return http(b"<html><body>Welcome to nginx!</body></html>", headers="Content-Type: text/html\r\n")


def forbidden(_: Any) -> bytes:
    return http(b"key hunter2 is not known here", status="403 Forbidden")


html.tells_genesis = forbidden.tells_genesis = True  # type: ignore[attr-defined]


async def test_hosts_that_are_no_rpc_nodes_and_keys_that_are_refused(chain: Localnet, tmp_path: Path) -> None:
    async with (
        raw_peer(html, path="/hunter1") as site,
        raw_peer(forbidden, path="/?api-key=hunter2") as closed,
        rpc_between(chain.nodes[0]["rpc_url"], key="hunter3") as guarded,
    ):
        urls = site.url, closed.url, f"{guarded}/v2/hunter4", "http://no-such-host.invalid/hunter5"
        runs = [(["run"], {"SOLANA_RPC_URL": url, "INDEXER_RPC_TIMEOUT_SECONDS": "2"}) for url in urls]
        no_node, refused, other_key, nobody = await each(runs, cwd=tmp_path)
    for ended in (no_node, refused, other_key, nobody):
        assert ended.code == 3, ended.said
        assert "no Solana RPC endpoint can be used: http://" in ended.err
        assert "check SOLANA_RPC_URL" in ended.err
        assert "hunter" not in ended.said
    assert "bytes of text/html, not JSON" in no_node.err
    assert "refuses us (HTTP 403): is the API key right?" in refused.err
    assert "refuses us (HTTP 401): is the API key right?" in other_key.err
    assert "Cannot connect to host no-such-host.invalid" in nobody.err


async def test_a_wrong_pubsub_address_is_named(chain: Localnet, stream: NatsServer, tmp_path: Path) -> None:
    rpc = chain.nodes[0]["rpc_url"]
    settings = peers(chain, stream)
    async with pubsub_between(chain.nodes[0]["ws_url"], key="hunter1") as guarded:
        urls = rpc.replace("http://", "ws://"), "ws://127.0.0.1:1/hunter2", f"{guarded}/hunter3"
        runs = [(["run"], settings | {"SOLANA_WS_URL": url}) for url in urls]
        no_socket, nobody, refused = await each(runs, cwd=tmp_path)
    for ended in (no_socket, nobody, refused):
        assert ended.code == 3, ended.said
        assert "cannot subscribe: ws://127.0.0.1:" in ended.err
        assert "check SOLANA_WS_URL" in ended.err
        assert "hunter" not in ended.said
    assert "in place of a WebSocket" in no_socket.err
    assert "HTTP 401 in place of a WebSocket: is the API key right?" in refused.err


async def test_a_key_that_works_is_nowhere_to_be_seen(chain: Localnet, stream: NatsServer, tmp_path: Path) -> None:
    node = chain.nodes[0]
    async with (
        rpc_between(node["rpc_url"], key="hunter1") as rpc,
        pubsub_between(node["ws_url"], key="hunter2") as pubsub,
    ):
        settings = {
            "SOLANA_RPC_URL": f"{rpc}/hunter1/?api-key=hunter1",
            "SOLANA_WS_URL": f"{pubsub}/?token=hunter2",
            "NATS_URL": stream.url.replace("//", "//me:hunter3@"),
        }
        daemon = started(tmp_path, "run", "--start", str(FIRST), **settings)
        await wait_settled(stream, await chain.tip(), daemon)
        pages = [await served(daemon, path) for path in ("/metrics", "/healthz", "/readyz")]
        await stream.kill()  # trouble has words too
        await said(daemon, "NATS connection")
        await stream.start()
    await said(daemon, "subscription lost")
    assert await daemon.end(signal.SIGTERM) == 0
    assert [status for status, _ in pages] == [200, 200, 200]
    assert not [text for _, text in pages if "hunter" in text]
    assert "hunter" not in daemon.log.read_text()
    assert not [message for message in await read_stream(stream.url) if b"hunter" in message.raw]


GARBAGE = (
    b"\x00\xff\xfe", "", "{", "[]", "null", '"slotNotification"', '{"params": 7}', "[" * 50_000,
    '{"jsonrpc":"2.0","method":"logsNotification","params":{"result":{"value":{}},"subscription":"x"}}',
    '{"jsonrpc":"2.0","method":"slotNotification","params":{"result":{"slot":"soon"},"subscription":1}}',
    '{"method":"logsNotification","params":{"result":{"context":{"slot":-5},"value":{"signature":""}},"subscription":9}}',
    '{"jsonrpc":"2.0","result":12345,"id":99999}',
)  # fmt: skip


async def test_garbage_frames_are_counted_and_passed_over(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    begin = await chain.tip()
    async with pubsub_between(chain.nodes[0]["ws_url"], garbage=GARBAGE) as pubsub:
        settings = peers(chain, stream) | {"SOLANA_WS_URL": pubsub}
        daemon = started(tmp_path, "run", "--start", str(begin), **settings)
        await said(daemon, "estimated")
        await chain.control("/produce", {"blocks": 12})
        end = await chain.tip()
        await scraped_at(daemon, end)

        async def heard() -> Any:
            """Frames come on several sockets: a slot may be settled before all that was said of it has come."""
            scrape = await scraped(daemon)
            return scrape if min(scrape("garbage_frames_total"), scrape("notifications_total")) > 20 else None

        metrics = await until(heard, daemon)
        assert metrics("reconnects_total", peer="pubsub") == 0
        assert metrics("notification_to_ack_seconds_count") >= 12
        assert await daemon.end(signal.SIGTERM) == 0
    assert await wrong(stream, truth, first=begin, last=end) == []


async def test_a_block_of_20_megabytes_is_a_block(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    async with Faulty(chain, stream, huge_block=1.0) as node:
        begin = await chain.tip()
        daemon = terminal.started(tmp_path, "run", "--start", str(begin), **node.settings)
        await wait_settled(stream, begin, daemon)
        await chain.control("/produce", {"blocks": 1})
        end = await chain.tip()
        metrics = await scraped_at(daemon, end)
        assert metrics("rpc_bytes_total") > 40e6
        assert daemon.peak_memory_bytes() < 400e6
        assert await daemon.end(signal.SIGTERM) == 0
    assert await wrong(stream, truth, first=begin, last=end) == []


async def test_a_block_over_the_limit_is_missing_and_the_setting_is_named(
    chain: Localnet, stream: NatsServer, tmp_path: Path
) -> None:
    begin = await chain.tip()
    limits = {"INDEXER_RPC_BODY_BYTES": "5000000", "INDEXER_BLOCK_WAIT_SECONDS": "1"}
    async with Faulty(chain, stream, huge_block=0.0) as node:
        daemon = started(tmp_path, "run", "--start", str(begin), **node.settings, **limits)
        await wait_settled(stream, begin, daemon)
        await node.set(huge_block=1.0)
        await chain.control("/produce", {"blocks": 1})
        large = await chain.tip()
        reason = await said(daemon, f'"slot":{large},.*given up')
        assert "larger than 5000000 bytes (INDEXER_RPC_BODY_BYTES)" in reason
        await node.set(huge_block=0.0)
        await chain.control("/produce", {"blocks": 2})
        await wait_settled(stream, await chain.tip(), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
    statuses = {body["slot"]: body["status"] for body in markers(await read_stream(stream.url))}
    assert statuses.pop(large) == "missing"
    assert set(statuses.values()) == {"complete"}


async def test_null_fields_are_asked_of_another_node(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    def nulls(call: dict[str, Any], result: Any) -> Any:
        if call["method"] != "getBlock":
            return result
        if call["params"][0] % 3 == 0:
            return result | {"blockTime": None}
        if call["params"][0] % 3 == 1:
            return result | {"blockhash": None}
        for transaction in result["transactions"]:
            transaction["meta"]["innerInstructions"] = None
        return result

    last = FIRST + 20
    async with rpc_between(chain.nodes[0]["rpc_url"], change=nulls) as rpc:
        both = peers(chain, stream) | {"SOLANA_RPC_URL": f"{rpc},{chain.nodes[1]['rpc_url']}"}
        ended = await indexer("run", "--replay-from-slot", str(FIRST), "--to-slot", str(last), cwd=tmp_path, **both)
    assert ended.code == 0, ended.said
    assert "missing" not in ended.out
    assert "dead letters" not in ended.out
    assert await wrong(stream, truth, first=FIRST, last=last) == []


async def test_a_node_that_answers_nothing_useful_for_a_while_makes_no_slot_missing(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    begin = await chain.tip()
    async with Faulty(chain, stream, server_error=0.0, garbage_body=0.0) as node:
        impatient = {"INDEXER_BLOCK_WAIT_SECONDS": "0.5", "INDEXER_RPC_BACKOFF_SECONDS": "0.2"}
        daemon = started(tmp_path, "run", "--start", str(begin), **node.settings, **impatient)
        await wait_settled(stream, begin, daemon)
        await node.set(server_error=0.6, garbage_body=1.0)
        await chain.control("/produce", {"blocks": 3}, node=0)
        assert "not hydrated yet" in await said(daemon, "(HTTP 502|not JSON)")
        await asyncio.sleep(1)
        assert (await served(daemon, "/healthz"))[0] == 200
        await node.set(server_error=0.0, garbage_body=0.0)
        end = await chain.tip()
        await wait_settled(stream, end, daemon)
        assert await daemon.end(signal.SIGTERM) == 0
    assert await wrong(stream, truth, first=begin, last=end) == []
    assert {body["status"] for body in markers(await read_stream(stream.url))} == {"complete"}


async def test_an_unknown_transaction_version_stops_loudly_and_nothing_after_it_is_published(
    chain: Localnet, stream: NatsServer, tmp_path: Path
) -> None:
    async with Faulty(chain, stream, version_one=0.0) as node:
        begin = await chain.tip()
        daemon = started(tmp_path, "run", "--start", str(begin), "--max-tx-version", "0", **node.settings)
        await wait_settled(stream, begin, daemon)
        await node.set(version_one=1.0)
        await chain.control("/produce", {"blocks": 3})
        assert await daemon.wait(seconds=90) == 2
        last_words = daemon.tail(3)
        assert f"published {len(swaps(await read_stream(stream.url)))} swaps in 1 slots" in last_words
        assert "a block holds a transaction newer than version 0" in last_words
        assert "--max-tx-version 1" in last_words
        assert [body["slot"] for body in markers(await read_stream(stream.url))] == [begin]

        end = await chain.tip()
        able = ("run", "--to-slot", str(end), "--max-tx-version", "1")
        ended = await indexer(*able, cwd=tmp_path, **node.settings)
        assert (ended.code, "published" in ended.out) == (0, True), ended.said
    assert markers(await read_stream(stream.url))[-1]["slot"] == end
