"""The localnet that `indexer up` brings: a child process that says where it listens, and why it ended."""

import argparse
import asyncio
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import IO

import msgspec

from indexer.child import spawn
from indexer.errors import PeerError, UsageError

_START_SECONDS = 60
_STOP_SECONDS = 5
_LAST_WORDS_BYTES = 2_000


class _Ready(msgspec.Struct):
    """The line `indexer localnet --json` prints when it serves."""

    rpc_url: str
    ws_url: str
    label: str
    first_slot: int


class LocalnetProcess(_Ready):
    """Where it serves and what; ``end`` says why it ended, None while it runs."""

    end: Callable[[], PeerError | None]


@asynccontextmanager
async def started(args: argparse.Namespace) -> AsyncIterator[LocalnetProcess]:
    """A localnet as the flags of `indexer up` describe it.

    Raises PeerError with its own words when it cannot start, UsageError with them when a flag is wrong.
    """
    with tempfile.TemporaryFile() as said:
        process = spawn(_command(args), stdout=subprocess.PIPE, stderr=said)

        def end() -> PeerError | None:
            return None if process.poll() is None else _error("the built-in localnet ended", said)

        try:
            ready = await _ready(process, said)
            yield LocalnetProcess(**msgspec.structs.asdict(ready), end=end)
        finally:
            await _ended(process)
            if process.stdout is not None:
                process.stdout.close()


async def _ended(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        await asyncio.to_thread(process.wait, _STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()  # it has nothing to lose
        await asyncio.to_thread(process.wait)


async def _ready(process: subprocess.Popen[bytes], said: IO[bytes]) -> _Ready:
    try:
        async with asyncio.timeout(_START_SECONDS):
            line = await asyncio.to_thread(_first_line, process)
        return msgspec.json.decode(line, type=_Ready)
    except (TimeoutError, msgspec.DecodeError) as error:
        with suppress(subprocess.TimeoutExpired):
            await asyncio.to_thread(process.wait, _STOP_SECONDS)
        if process.poll() == UsageError.exit_code:
            raise UsageError(_last_words(said), hint="`indexer up --help` has its flags") from error
        raise _error("the built-in localnet did not start", said) from error


def _error(what: str, said: IO[bytes]) -> PeerError:
    words = _last_words(said)
    return PeerError(f"{what}: {words}" if words else what, hint="`indexer localnet` alone shows more")


def _last_words(said: IO[bytes]) -> str:
    """What it wrote to its standard error, without the usage that stands before a wrong flag."""
    said.seek(0)
    text = said.read()[-_LAST_WORDS_BYTES:].decode(errors="replace").rpartition("indexer localnet: error: ")[2]
    return "; ".join(line.strip().removeprefix("indexer: ") for line in text.splitlines() if line.strip())


def _command(args: argparse.Namespace) -> list[str]:
    command = [sys.executable, "-m", "indexer", "localnet", "--json"]
    if args.slot_milliseconds is not None:
        command += ["--slot-milliseconds", str(args.slot_milliseconds)]
    for path in args.record or ():
        command += ["--record", path]
    if args.transactions is not None:
        command += ["--transactions", str(args.transactions)]
    if not args.record:
        command += ["--generate", "--seed", str(args.seed)]
    return command


def _first_line(process: subprocess.Popen[bytes]) -> bytes:
    return process.stdout.readline() if process.stdout is not None else b""
