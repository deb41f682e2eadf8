"""`indexer up`: embedded NATS, topology and, without an RPC endpoint, a localnet; then the daemon with a live view.

The candle builder and the sink run beside it. The daemon ends first, then they, then NATS and localnet.
"""

import argparse
import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import structlog
from pydantic import SecretStr
from rich.console import Console

from indexer import genesis, jetstream, log
from indexer.board import Board
from indexer.clickhouse import installed, target_of
from indexer.clickhouse_migrate import migrated
from indexer.clickhouse_migrations import load
from indexer.config import Settings
from indexer.daemon import Done, Task, answered, run_daemon
from indexer.embedded import OWN_NAME, NatsServer, require_port, swaps_bytes
from indexer.errors import PeerError, UsageError
from indexer.health import require_free
from indexer.jetstream_patience import patiently
from indexer.metrics import Metrics
from indexer.nats_connection import Connection
from indexer.nats_connection import connected as nats_connected
from indexer.rpc import Rpc
from indexer.stopping import unless_stopped
from indexer.terminal import unechoed
from indexer.up_localnet import LocalnetProcess, started
from indexer.up_readers import left_out
from indexer.up_services import DATABASE, NAMES, services
from indexer.view import show

_log = structlog.get_logger()
_WATCH_SECONDS = 0.5
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
        async with unless_stopped(stop):
            await require_free(settings.metrics_addr)
            if "nats_url" not in settings.model_fields_set:
                await require_port(args.nats_port)
            if not settings.rpc_urls():
                node = await stack.enter_async_context(started(args))
                ends.append(node.end)
                settings = _with_localnet(settings, args, node, board)
            names = _wanted(settings, args)
            async with Rpc(settings, Metrics()) as rpc:
                home = settings.data_dir / await answered(rpc.genesis_hash())
            if "nats_url" not in settings.model_fields_set:
                server = await _embedded_nats(settings, home, args.nats_port, stack)
                ends.append(lambda: _end_of(server))
                settings = settings.model_copy(update={"nats_url": server.url, **_kept_candles(settings)})
                board.stream = server.url
            async with nats_connected(settings, Metrics()) as nats:
                await _topology(nats, settings)
                if not board.stream:
                    names = await _not_run_by_others(nats, settings, names, args.also)
                if board.label:
                    await genesis.label(nats, board.label.partition(":")[0], seconds=settings.ack_seconds)
            if DATABASE in names:
                settings = await _with_database(settings, home)
        done.beside, done.left = board.beside, board.left
        async with _drawn(board) if view else AsyncExitStack(), services(settings, board, names) as beside:
            await _while_they_live(run_daemon(settings, task, board, stop, done), [*ends, *beside.ends()])


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


def _wanted(settings: Settings, args: argparse.Namespace) -> list[str]:
    """The services to run beside the daemon; a database that is not installed is said and left out."""
    names = [name for name in NAMES if name not in args.without]
    try:
        if DATABASE in names:
            installed(target_of(settings))
    except UsageError as error:
        names.remove(DATABASE)
        sys.stderr.write(f"indexer: going on without a database: {error}; {error.hint}\n")
    return names


async def _not_run_by_others(nats: Connection, settings: Settings, names: list[str], also: list[str]) -> list[str]:
    """On a NATS of one's own, without what another process does there; said. ``also`` runs all the same."""
    ask = partial(left_out, nats, settings, [name for name in names if name not in also])
    out = await patiently(ask, seconds=settings.nats_connect_seconds)
    for sentence in out.values():
        sys.stderr.write(f"indexer: {sentence}\n")
    return [name for name in names if name not in out]


async def _with_database(settings: Settings, home: Path) -> Settings:
    """A server's tables are made. The embedded engine makes them itself, in the chain's directory, as the streams are.

    A link leads `indexer sql` to the last of these directories.
    """
    if settings.clickhouse_url.get_secret_value():
        target = target_of(settings)
        if target.directory is None:
            for one in await migrated(target, settings, load(settings.clickhouse_dir)):
                _log.info("applied", migration=one.name, to=str(target))
        return settings
    directory, link = home / "clickhouse", settings.data_dir / "clickhouse"
    directory.mkdir(parents=True, exist_ok=True)
    if link.is_symlink() or not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(directory.relative_to(settings.data_dir), target_is_directory=True)
    else:
        _log.warning("a database of `indexer clickhouse run` is there already", directory=str(link))
        sys.stderr.write(f"indexer: to ask this run: CLICKHOUSE_URL=chdb://{directory} indexer sql ...\n")
    return settings.model_copy(update={"clickhouse_url": SecretStr(f"chdb://{directory.absolute()}")})


async def _embedded_nats(settings: Settings, home: Path, port: int, stack: AsyncExitStack) -> NatsServer:
    server = NatsServer(store_dir=home, port=port, name=OWN_NAME, max_store_bytes=settings.embedded_store_bytes)
    await stack.enter_async_context(server)
    _log.info("embedded NATS", url=server.url, data=str(server.store_dir))
    return server


def _kept_candles(settings: Settings) -> dict[str, int]:
    """What is kept for revisions may take an eighth of the embedded store: 270 bytes a candle, 10 an id."""
    share = settings.embedded_store_bytes // 16
    candles, swaps = settings.candle_kept_candles, settings.candle_kept_swaps
    return {"candle_kept_candles": min(candles, share // 270 + 1), "candle_kept_swaps": min(swaps, share // 10 + 1)}


async def _topology(nats: Connection, settings: Settings) -> None:
    """Create what is missing; in a store of our own the swaps make room for new ones before it is full."""
    replicas = 1 if nats.greeting.get("server_name") == OWN_NAME else settings.jetstream_replicas or None
    most = swaps_bytes(settings, nats.greeting)
    await jetstream.init(
        nats, directory=settings.jetstream_dir, replicas=replicas, max_bytes=most, seconds=settings.nats_connect_seconds
    )


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
    with unechoed():
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
