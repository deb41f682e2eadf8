"""`indexer up`: embedded NATS, topology and, without an RPC endpoint, a localnet; then the daemon with a live view."""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr
from rich.console import Console

from indexer import genesis, jetstream, log
from indexer.board import Board
from indexer.config import Settings
from indexer.daemon import Done, Task, answered, run_daemon
from indexer.embedded import NatsServer
from indexer.errors import PeerError, UsageError
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.nats_connection import connected as nats_connected
from indexer.rpc import Rpc
from indexer.stopping import unless_stopped
from indexer.up_localnet import LocalnetProcess, started
from indexer.view import show

_log = structlog.get_logger()
_WATCH_SECONDS = 0.5
_SWAPS_SHARE = 0.75  # of the embedded store; candles and dead letters live in the rest
#: A record is all there is: no other node has what it lacks, and after its last block nothing moves.
_RECORDED = {"allow_missing_inner": True, "block_wait_seconds": 2.0, "ws_silence_seconds": 86_400.0}


async def up(settings: Settings, task: Task, args: argparse.Namespace, stop: asyncio.Event, done: Done) -> None:
    """Start everything, run until ``stop`` or the end of the task, stop everything. Raises FatalError, Stopped."""
    board = Board()
    async with AsyncExitStack() as stack:
        view = sys.stdout.isatty()
        _prepare_directory(settings.data_dir)
        _log_beside_view(settings, stack) if view else log.configure()
        ends: list[Callable[[], PeerError | None]] = []
        embedded = False
        async with unless_stopped(stop):
            if not settings.rpc_urls():
                node = await stack.enter_async_context(started(args))
                ends.append(node.end)
                settings = _with_localnet(settings, args, node, board)
            if "nats_url" not in settings.model_fields_set:
                embedded = True
                server = await _embedded_nats(settings, args.nats_port, stack)
                ends.append(lambda: _end_of(server))
                settings = settings.model_copy(update={"nats_url": server.url})
                board.stream = server.url
            async with nats_connected(settings, Metrics()) as nats:
                await _topology(nats, settings, embedded=embedded)
                if board.label:
                    await genesis.label(nats, board.label.partition(":")[0], seconds=settings.ack_seconds)
        async with _drawn(board) if view else AsyncExitStack():
            await _while_they_live(run_daemon(settings, task, board, stop, done), ends)


def _with_localnet(settings: Settings, args: argparse.Namespace, node: LocalnetProcess, board: Board) -> Settings:
    board.label = f"{node.label}: no SOLANA_RPC_URL is set"
    board.source = node.rpc_url
    board.times_are_now = not args.record
    _log.warning("no SOLANA_RPC_URL is set: running against the built-in localnet", data=node.label)
    changes: dict[str, Any] = {"solana_rpc_url": SecretStr(node.rpc_url), "solana_ws_url": SecretStr(node.ws_url)}
    if args.record:
        changes |= {name: value for name, value in _RECORDED.items() if name not in settings.model_fields_set}
        changes["start"] = str(node.first_slot) if settings.start == "resume" else settings.start
    return settings.model_copy(update=changes)


async def _embedded_nats(settings: Settings, port: int, stack: AsyncExitStack) -> NatsServer:
    async with Rpc(settings, Metrics()) as rpc:
        genesis_hash = await answered(rpc.genesis_hash())
    server = NatsServer(
        store_dir=settings.data_dir / genesis_hash, port=port, max_store_bytes=settings.embedded_store_bytes
    )
    await stack.enter_async_context(server)
    _log.info("embedded NATS", url=server.url, data=str(server.store_dir))
    return server


async def _topology(nats: Connection, settings: Settings, *, embedded: bool) -> None:
    """Create what is missing; in a store of our own the swaps make room for new ones before it is full."""
    most = int(settings.embedded_store_bytes * _SWAPS_SHARE) if embedded else None
    await jetstream.init(nats, directory=settings.jetstream_dir, replicas=1, max_bytes=most)


def _end_of(server: NatsServer) -> PeerError | None:
    return None if server.running else PeerError("the embedded nats-server ended", hint=f"its log is {server.log}")


async def _while_they_live(work: Coroutine[Any, Any, None], ends: list[Callable[[], PeerError | None]]) -> None:
    """Do the work; a child that ended is an error, since nobody would start it again."""
    job = asyncio.create_task(work)
    try:
        while not job.done():
            await asyncio.wait({job}, timeout=_WATCH_SECONDS)
            ended = next((error for end in ends if (error := end()) is not None), None)
            if ended is not None and not job.done():
                raise ended
        await job
    finally:
        job.cancel()
        await asyncio.gather(job, return_exceptions=True)


@asynccontextmanager
async def _drawn(board: Board) -> AsyncIterator[None]:
    """The live view, with a last frame at the end."""
    ended = asyncio.Event()
    drawing = asyncio.create_task(show(board, ended, Console()))
    try:
        yield
    finally:
        ended.set()
        await drawing


def _prepare_directory(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(
            f"cannot keep data in {path}: {error.strerror}", hint="choose another directory with INDEXER_DATA_DIR"
        ) from error


def _log_beside_view(settings: Settings, stack: AsyncExitStack) -> None:
    """The view has the screen, so logs go to a file."""
    path = settings.data_dir / "indexer.log"
    log.configure(stream=stack.enter_context(path.open("a")))
    sys.stdout.write(f"logs go to {path}\n")
