"""`indexer` as a person meets it: a process with a clean environment, what it wrote, how it ended, what it serves."""

import asyncio
import contextlib
import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.chaos.arena import ROOT, Daemon

#: how long to wait for what must come; only a failure takes it all, also where others keep the machine busy
PATIENCE_SECONDS = 120.0
_STARTED: list[Daemon] = []


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """Exit code and both outputs of a process that ended by itself."""

    code: int
    out: str
    err: str

    @property
    def said(self) -> str:
        """Everything a person saw."""
        return self.out + self.err


def environment(**settings: str) -> dict[str, str]:
    """This process's environment without anybody's settings, and with these."""
    clean = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith(("INDEXER_", "SOLANA_", "NATS_", "CLICKHOUSE_"))
    }
    clean["PATH"] = f"{Path(sys.executable).parent}:{clean.get('PATH', '')}"
    usual = {"PYTHONPATH": str(ROOT), "INDEXER_METRICS_ADDR": "127.0.0.1:0", "COLUMNS": "160"}
    return clean | usual | {"INDEXER_NATS_CONNECT_SECONDS": f"{PATIENCE_SECONDS / 2:g}"} | settings


async def indexer(*words: str, cwd: Path, **settings: str) -> Ended:
    """Run a command that ends by itself."""
    return await _ended([sys.executable, "-m", "indexer", *words], cwd, settings)


async def shell(line: str, *, cwd: Path, **settings: str) -> Ended:
    """Run a line as it was printed."""
    return await _ended(["sh", "-c", line], cwd, settings)


async def _ended(command: list[str], cwd: Path, settings: dict[str, str]) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=cwd, env=environment(**settings), stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), PATIENCE_SECONDS)
    except TimeoutError:
        process.kill()
        out, err = await process.communicate()
        raise AssertionError(f"{command} did not end in {PATIENCE_SECONDS:g} s:\n{(out + err).decode()}") from None
    assert process.returncode is not None
    return Ended(code=process.returncode, out=out.decode(), err=err.decode())


def started(folder: Path, *words: str, name: str = "daemon", **settings: str) -> Daemon:
    """A command that runs until it is told to end; both its outputs go to one log."""
    daemon = Daemon(
        command=[sys.executable, "-m", "indexer", *words], env=environment(**settings), log=folder / f"{name}.log"
    )
    daemon.start()
    _STARTED.append(daemon)
    return daemon


def end_all() -> None:
    """Kill what a test left running."""
    while _STARTED:
        daemon = _STARTED.pop()
        if daemon.process is not None and daemon.process.poll() is None:
            daemon.process.kill()
            daemon.process.wait()


@contextlib.contextmanager
def terminal(
    *words: str, cwd: Path, columns: int = 140, **settings: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    """A command on a terminal of its own."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(ours, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    take = "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); os.execv(sys.argv[1], sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", take, sys.executable, "-m", "indexer", *words],
        stdin=theirs, stdout=theirs, stderr=theirs, cwd=cwd, start_new_session=True,
        env=environment(TERM="xterm-256color", COLUMNS=str(columns), **settings),
    )  # fmt: skip
    os.close(theirs)
    try:
        yield process, ours
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def read_until(ours: int, text: bytes, seen: bytes = b"", *, seconds: float = PATIENCE_SECONDS) -> bytes:
    """What is drawn until ``text`` is, or the terminal closes."""
    os.set_blocking(ours, False)
    deadline = time.monotonic() + seconds
    while not re.search(text, seen):
        assert time.monotonic() < deadline, seen[-3000:].decode(errors="replace")
        try:
            seen += os.read(ours, 65536)
        except BlockingIOError:
            time.sleep(0.02)
        except OSError:  # the other side has closed
            break
    return seen


async def until(
    condition: Callable[[], Awaitable[Any]], *daemons: Daemon, seconds: float = PATIENCE_SECONDS, pause: float = 0.05
) -> Any:
    """What ``condition`` gives once it is true; fails with the daemons' last words when it does not come true."""
    deadline = time.monotonic() + seconds
    while not (value := await condition()):
        words = "\n".join(daemon.tail() for daemon in daemons)
        assert time.monotonic() < deadline, f"waited {seconds:g} s in vain\n{words}"
        await asyncio.sleep(pause)
    return value


async def said(daemon: Daemon, text: str, *, seconds: float = PATIENCE_SECONDS) -> str:
    """The first line of its log that matches ``text``."""

    async def line() -> str:
        lines = daemon.log.read_text(errors="replace").splitlines()
        return next((line for line in lines if re.search(text, line)), "")

    return str(await until(line, daemon, seconds=seconds))


async def served(daemon: Daemon, path: str) -> tuple[int, str]:
    """Status and body of a page of its metrics address."""
    line = await said(daemon, "serving metrics")
    url = line.split('"url":"')[1].split("/metrics")[0]
    async with aiohttp.ClientSession() as session, session.get(url + path) as answer:
        return answer.status, await answer.text()


@dataclass(frozen=True, slots=True)
class Scrape:
    """One look at /metrics."""

    text: str

    def __call__(self, name: str, **labels: str) -> float:
        """The sum of the samples of ``indexer_<name>`` that have these labels; 0 without one."""
        return sum(
            sample.value
            for family in text_string_to_metric_families(self.text)
            for sample in family.samples
            if sample.name == f"indexer_{name}" and labels.items() <= sample.labels.items()
        )


async def scraped(daemon: Daemon) -> Scrape:
    """Its metrics now."""
    return Scrape((await served(daemon, "/metrics"))[1])


async def scraped_at(daemon: Daemon, slot: int) -> Scrape:
    """Its metrics once ``slot`` counts: the stream has a marker a moment before the daemon hears of it."""

    async def counted() -> Scrape | None:
        scrape = await scraped(daemon)
        return scrape if scrape("settled_slot") >= slot else None

    found: Scrape = await until(counted, daemon)
    return found
