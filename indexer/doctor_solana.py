"""What `indexer doctor` says of the chain: each endpoint as the daemon would use it, and its sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import msgspec
from pydantic import SecretStr
from websockets.exceptions import WebSocketException

from decoders.programs import PROGRAMS
from indexer.config import Settings
from indexer.endpoints import redact, scrub
from indexer.errors import FatalError, TransientError
from indexer.genesis import MAINNET
from indexer.jetstream_line import Line, Verdict, as_line, size_of, span
from indexer.metrics import Metrics
from indexer.pubsub import Listener, Socket
from indexer.rpc import Rpc

_LOOPBACK = {"127.0.0.1", "localhost", "::1"}
_ENOUGH = 2  # endpoints of which one may fail
_BACK_SLOTS = 32  # behind the tip, where every node has its blocks
_CLOCK = "set this machine's clock (chrony, systemd-timesyncd): lag and candles are told by it"


class _Block(msgspec.Struct, rename="camel", gc=False):
    block_time: int | None = None


@dataclass(slots=True, kw_only=True)
class Node:
    """One endpoint's answers, as far as they came; ``failure`` is why the next one did not."""

    name: str
    genesis: str | None = None
    version: str = ""
    tip: int | None = None
    first: int | None = None
    block_bytes: int = 0
    block_seconds: float = 0.0
    block_time: int | None = None
    failure: str = ""


async def look(settings: Settings) -> list[Node]:
    """Ask every endpoint, each alone. Raises UsageError for what is no address."""
    return list(await asyncio.gather(*(_ask(settings, url) for url in settings.rpc_urls())))


async def solana_lines(settings: Settings, nodes: Sequence[Node], *, production: bool) -> AsyncIterator[Line]:
    """A line for each thing an endpoint must be able to do."""
    if not nodes:
        figure = "none set: `indexer up` brings its own localnet"
        yield as_line("endpoints", "SOLANA_RPC_URL", figure, "fail" if production else "ok", "set two or more", 0)
        return
    yield _endpoints(nodes, production=production)
    yield _transport(settings, production=production)
    for line in _told(settings, nodes, production=production):
        yield line
    yield _clock(settings, nodes, time.time(), production=production)
    sockets = (_pubsub(settings, url, production=production) for url in settings.ws_urls())
    for line in await asyncio.gather(*sockets):
        yield line


async def _ask(settings: Settings, url: str) -> Node:
    node = Node(name=redact(url))
    alone = settings.model_copy(update={"solana_rpc_url": SecretStr(url)})
    try:
        async with asyncio.timeout(settings.doctor_seconds), Rpc(alone, Metrics()) as rpc:
            node.genesis = await rpc.genesis_hash()
            node.version = await rpc.version()
            node.tip = await rpc.slot()
            node.first = await rpc.first_available_block()
            slots = await rpc.blocks(max(node.first, node.tip - _BACK_SLOTS), node.tip)
            began = time.monotonic()
            block = await rpc.block(_settled(slots))
            node.block_seconds, node.block_bytes = time.monotonic() - began, len(block)
            node.block_time = msgspec.json.decode(block, type=_Block).block_time
    except TimeoutError:
        node.failure = f"no answer in {settings.doctor_seconds:g} s"
    except (TransientError, FatalError, msgspec.MsgspecError) as error:
        node.failure = scrub(str(error), url)
    return node


def _settled(slots: Sequence[int]) -> int:
    """One with a block, and not the newest: behind a balancer not every node has that yet."""
    if not slots:
        raise TransientError(f"it lists no block of its last {_BACK_SLOTS} slots")
    return slots[len(slots) // 2]


def _endpoints(nodes: Sequence[Node], *, production: bool) -> Line:
    good = [node for node in nodes if not node.failure]
    hosts = {urlsplit(node.name).netloc for node in good}
    verdict: Verdict = "ok"
    if not good or (production and len(hosts) < _ENOUGH):
        verdict = "fail"
    elif len(good) < len(nodes):
        verdict = "warn"
    figure = f"{len(good)} of {len(nodes)} answer"
    advice = "two endpoints of different hosts: one that fails is failed over" if good else "is SOLANA_RPC_URL right?"
    return as_line("endpoints", "SOLANA_RPC_URL", figure, verdict, advice, len(good))


def _transport(settings: Settings, *, production: bool) -> Line:
    """API keys are part of the addresses."""
    urls = [urlsplit(url) for url in (*settings.rpc_urls(), *settings.ws_urls())]
    plain = [url.hostname for url in urls if url.scheme in ("http", "ws") and url.hostname not in _LOOPBACK]
    figure = f"plain to {', '.join(sorted({str(host) for host in plain}))}" if plain else "TLS, or this machine"
    verdict: Verdict = "ok" if not plain else "fail" if production else "warn"
    return as_line("transport", "endpoints", figure, verdict, "https:// and wss://: keys travel in the address", None)


def _told(settings: Settings, nodes: Sequence[Node], *, production: bool) -> Iterator[Line]:
    tips = [node.tip for node in nodes if node.tip is not None]
    genesis = next((node.genesis for node in nodes if node.genesis), None)
    for node in nodes:
        if node.genesis is not None:
            yield _genesis(node, genesis, production=production)
        yield _node(node, max(tips, default=0), settings)
        if node.block_bytes:
            figure = f"{size_of(node.block_bytes)} in {node.block_seconds * 1000:,.0f} ms"
            slow = node.block_seconds > settings.rpc_timeout_seconds / 2
            yield as_line("block", node.name, figure, "warn" if slow else "ok", "a nearer or faster endpoint", None)
        if node.first is not None and node.tip is not None:
            yield _history(node, node.tip - node.first, settings, production=production)


def _genesis(node: Node, first: str | None, *, production: bool) -> Line:
    if node.genesis != first:
        figure = f"{node.genesis}, others {first}"
        return as_line("genesis", node.name, figure, "fail", "all endpoints must be of one cluster", None)
    verdict: Verdict = "warn" if production and node.genesis != MAINNET else "ok"
    figure = "mainnet" if node.genesis == MAINNET else str(node.genesis)
    return as_line("genesis", node.name, figure, verdict, "not mainnet: meant so?", None)


def _node(node: Node, tip: int, settings: Settings) -> Line:
    if node.failure:
        return as_line("node", node.name, node.failure, "fail", "mend it, or take it out of SOLANA_RPC_URL", None)
    behind = tip - (node.tip or 0)
    verdict: Verdict = "fail" if behind > settings.ready_lag_slots else "ok"
    figure = f"{node.version}, {settings.commitment} slot {node.tip:,}, {behind:,} behind the first"
    return as_line("node", node.name, figure, verdict, "a stale node: its operator must mend it", behind)


def _history(node: Node, slots: int, settings: Settings, *, production: bool) -> Line:
    verdict: Verdict = "warn" if production and slots < settings.doctor_history_slots else "ok"
    advice = "an outage longer than its history leaves missing slots: an endpoint with more"
    return as_line("history", node.name, f"{slots:,} slots, from {node.first:,}", verdict, advice, slots)


def _clock(settings: Settings, nodes: Sequence[Node], now: float, *, production: bool) -> Line:
    """Blocks are dated by their validators, to a second or two, and confirmed a second later."""
    times = [node.block_time for node in nodes if node.block_time is not None]
    if not times:
        return as_line("clock", "block time", "not seen", "unseen", "no endpoint gave a block with its time", None)
    off = now - max(times)
    figure = f"{span(abs(off))} {'behind' if off >= 0 else 'ahead of'} our clock"
    if not production and nodes[0].genesis != MAINNET:
        return as_line("clock", "block time", f"{figure}; not mainnet, not judged", "ok", "", off)
    limit = settings.doctor_clock_seconds
    verdict: Verdict = "fail" if abs(off) >= limit else "warn" if abs(off) >= limit / 3 else "ok"
    return as_line("clock", "block time", figure, verdict, _CLOCK, off)


async def _pubsub(settings: Settings, url: str, *, production: bool) -> Line:
    """Subscribe as the daemon does, to one program, and see the chain move."""
    name, slots, moved = redact(url), set[int](), asyncio.Event()

    def progressed(slot: int) -> None:
        slots.add(slot)
        if len(slots) > 1:
            moved.set()

    subscribed = asyncio.Event()
    listener = Listener(
        succeeded=lambda *_: None, failed=lambda *_: None, progressed=progressed, subscribed=subscribed.set,
        garbage=lambda: None,
    )  # fmt: skip
    socket = asyncio.create_task(Socket(settings, {PROGRAMS[0].address: PROGRAMS[0].name}, listener).run(url))
    both = asyncio.create_task(_both(moved, subscribed))
    try:
        await asyncio.wait({socket, both}, timeout=settings.doctor_seconds, return_when=asyncio.FIRST_COMPLETED)
        if both.done():
            return as_line("pubsub", name, f"subscribed, slot {max(slots):,}", "ok", "", max(slots))
        if subscribed.is_set() and not socket.done():
            figure, verdict = f"subscribed, no new slot in {settings.doctor_seconds:g} s", _still(production=production)
            return as_line("pubsub", name, figure, verdict, "the chain stands still, or the node does not follow", None)
        why = _why(socket, url) if socket.done() else f"no answer in {settings.doctor_seconds:g} s"
        return as_line("pubsub", name, why, "fail", "SOLANA_WS_URL: the daemon does not start without it", None)
    finally:
        for task in (socket, both):
            task.cancel()
        await asyncio.gather(socket, both, return_exceptions=True)


def _still(*, production: bool) -> Verdict:
    """A localnet may be told to stand still."""
    return "fail" if production else "warn"


async def _both(*events: asyncio.Event) -> None:
    for event in events:
        await event.wait()


def _why(socket: "asyncio.Task[None]", url: str) -> str:
    error = socket.exception()
    if error is not None and not isinstance(error, (TransientError, OSError, WebSocketException, TimeoutError)):
        raise error
    return scrub(f"{error}" or type(error).__name__, url)
