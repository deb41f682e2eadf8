"""`indexer up`: embedded NATS, topology and, without an RPC endpoint, a localnet; then the daemon with a live view."""

import argparse
import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import structlog
from pydantic import SecretStr
from rich.console import Console

from indexer import jetstream, log
from indexer.board import Board
from indexer.child import spawn
from indexer.config import Settings
from indexer.daemon import Done, Task, answered, run_daemon
from indexer.embedded import NatsServer
from indexer.errors import PeerError
from indexer.metrics import Metrics
from indexer.nats_connection import connected as nats_connected
from indexer.rpc import Rpc
from indexer.view import show

_log = structlog.get_logger()
_LOCALNET_START_SECONDS = 60


class LocalnetReady(msgspec.Struct):
    """The line `indexer localnet --json` prints when it serves."""

    rpc_url: str
    ws_url: str
    genesis_hash: str
    label: str
    first_slot: int


async def up(settings: Settings, task: Task, args: argparse.Namespace, stop: asyncio.Event) -> Done:
    """Start everything, run until ``stop`` or the end of the task, stop everything. Raises FatalError."""
    board = Board()
    async with AsyncExitStack() as stack:
        view = sys.stdout.isatty()
        _log_beside_view(settings, stack) if view else log.configure()
        if not settings.rpc_urls():
            settings = await _with_localnet(settings, args, board, stack)
        if "nats_url" not in settings.model_fields_set:
            settings = await _with_embedded_nats(settings, args.nats_port, stack)
        board.stream = settings.nats_url if "@" not in settings.nats_url else "NATS"
        async with nats_connected(settings, Metrics()) as nats:
            await jetstream.init(nats, replicas=1)
        drawn = asyncio.Event()
        drawing = asyncio.create_task(show(board, drawn, Console())) if view else None
        try:
            return await run_daemon(settings, task, board, stop)
        finally:
            drawn.set()
            if drawing is not None:
                await drawing


async def _with_localnet(settings: Settings, args: argparse.Namespace, board: Board, stack: AsyncExitStack) -> Settings:
    node = await stack.enter_async_context(_localnet(args))
    board.label = f"{node.label}: no SOLANA_RPC_URL is set"
    board.source = node.rpc_url
    _log.warning("no SOLANA_RPC_URL is set: running against the built-in localnet", data=node.label)
    start = {"start": str(node.first_slot)} if args.record and settings.start == "resume" else {}
    urls = {"solana_rpc_url": SecretStr(node.rpc_url), "solana_ws_url": SecretStr(node.ws_url)}
    return settings.model_copy(update=urls | start)


async def _with_embedded_nats(settings: Settings, port: int, stack: AsyncExitStack) -> Settings:
    async with Rpc(settings, Metrics()) as rpc:
        genesis_hash = await answered(rpc.genesis_hash())
    server = NatsServer(store_dir=settings.data_dir / genesis_hash, port=port)
    await stack.enter_async_context(server)
    _log.info("embedded NATS", url=server.url, data=str(server.store_dir))
    return settings.model_copy(update={"nats_url": server.url})


@asynccontextmanager
async def _localnet(args: argparse.Namespace) -> AsyncIterator[LocalnetReady]:
    command = [
        sys.executable,
        "-m",
        "indexer",
        "localnet",
        "--json",
        "--slot-milliseconds",
        str(args.slot_milliseconds),
    ]
    command += [part for path in args.record or () for part in ("--record", path)]
    if not args.record:
        command += ["--generate", "--seed", str(args.seed)]
    process = spawn(command, stdout=subprocess.PIPE)
    try:
        line = await asyncio.wait_for(asyncio.to_thread(_first_line, process), _LOCALNET_START_SECONDS)
        yield msgspec.json.decode(line, type=LocalnetReady)
    except (TimeoutError, msgspec.DecodeError) as error:
        raise PeerError(
            "the built-in localnet did not start", hint="`indexer localnet --generate` shows why"
        ) from error
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    return process.stdout.readline() if process.stdout is not None else b""


def _log_beside_view(settings: Settings, stack: AsyncExitStack) -> None:
    """The view has the screen, so logs go to a file."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    log.configure(stream=stack.enter_context((settings.data_dir / "indexer.log").open("a")))
