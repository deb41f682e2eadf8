"""Commands for the price of a fork: each a process of its own, with its outputs, its signals and its exit code.

A worker's first one starts a server that imports what commands import, and forks one whenever a test wants it; it may
run until it is told to end. So this is for what commands say and do; how they are started, and how the interpreter
ends, `terminal` is for.
"""

import asyncio
import atexit
import contextlib
import ctypes
import json
import os
import selectors
import signal
import socket
import struct
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile
from typing import IO, NoReturn, cast

from indexer.__main__ import _parser, main
from indexer.child import spawn
from indexer.clickhouse_library import library
from tests.chaos.arena import Daemon
from tests.integration.terminal import _STARTED, PATIENCE_SECONDS, Ended, environment

#: a command's words, and the variables it is given
Case = tuple[Sequence[str], Mapping[str, str]]
_ENGINE_OR_SERVER = ("sql", "chart", "clickhouse")
_REQUEST_BYTES = 100_000
_OUTPUTS = 2
_NUMBER = struct.Struct("i")
_address: list[str] = []


async def indexer(*words: str, cwd: Path, **settings: str) -> Ended:
    """Run a command that ends by itself."""
    with TemporaryFile() as out, TemporaryFile() as err:
        process = Forked(words, settings, cwd, out, err)
        try:
            code = await asyncio.to_thread(process.wait, PATIENCE_SECONDS)
        finally:
            process.kill()
        return Ended(code=code, out=_content(out), err=_content(err))


async def several(*commands: Sequence[str], cwd: Path, **settings: str) -> list[Ended]:
    """How the commands ended, one run after the other, all of them with the same settings."""
    return await each([(words, settings) for words in commands], cwd=cwd, together=False)


async def each(cases: Sequence[Case], *, cwd: Path, together: bool = True) -> list[Ended]:
    """How each of the commands ended, in their order; ``together``: they run side by side."""
    if together:
        return await asyncio.gather(*(indexer(*words, cwd=cwd, **settings) for words, settings in cases))
    return [await indexer(*words, cwd=cwd, **settings) for words, settings in cases]


def started(folder: Path, *words: str, name: str = "daemon", **settings: str) -> Daemon:
    """A command that runs until it is told to end; both its outputs go to one log."""
    daemon = _ForkedDaemon(command=words, env=settings, log=folder / f"{name}.log")
    daemon.start()
    _STARTED.append(daemon)
    return daemon


class _ForkedDaemon(Daemon):
    """``command`` is the words alone, ``env`` the settings alone."""

    def start(self) -> None:
        with self.log.open("ab") as log:
            forked = Forked(self.command, dict(self.env), self.log.parent, log, log)
        self.process = cast("subprocess.Popen[bytes]", forked)
        self.starts += 1


class Forked:
    """What `subprocess.Popen` has, of a process that is the server's child."""

    def __init__(
        self, words: Sequence[str], settings: dict[str, str], cwd: Path, out: IO[bytes], err: IO[bytes]
    ) -> None:
        self.returncode: int | None = None
        self._answers = socket.socket(socket.AF_UNIX)
        self._answers.connect(_server())
        asked = json.dumps([words, settings, str(cwd)]).encode()
        socket.send_fds(self._answers, [asked], [out.fileno(), err.fileno()])
        self.pid: int = _NUMBER.unpack(self._answers.recv(_NUMBER.size))[0]

    def wait(self, timeout: float | None = None) -> int:
        """Its exit code, negative the signal that killed it. Raises `subprocess.TimeoutExpired`."""
        if self.returncode is None:
            self._answers.settimeout(timeout)
            try:
                self.returncode = _NUMBER.unpack(self._answers.recv(_NUMBER.size))[0]
            except (TimeoutError, BlockingIOError):
                raise subprocess.TimeoutExpired("indexer", timeout or 0) from None
            self._answers.close()
        return self.returncode

    def poll(self) -> int | None:
        """The same, None while it runs."""
        try:
            return self.wait(0)
        except subprocess.TimeoutExpired:
            return None

    def send_signal(self, number: int) -> None:
        """Nothing for one that has ended."""
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        """At once."""
        self.send_signal(signal.SIGKILL)


def _server() -> str:
    """Where the server of this worker listens; it is started for the first who asks, and ends with the tests."""
    if not _address:
        folder = TemporaryDirectory(prefix="forks-")
        address = f"{folder.name}/socket"
        with socket.socket(socket.AF_UNIX) as listening:
            listening.bind(address)
            listening.listen()
            words = [sys.executable, "-m", "tests.integration.forked", str(listening.fileno())]
            process = spawn(words, env=environment(), stderr=2, keep=[listening.fileno()])
        _address.append(address)
        atexit.register(_end, process, folder)
    return _address[0]


def _end(process: subprocess.Popen[bytes], folder: TemporaryDirectory[str]) -> None:
    process.terminate()
    process.wait()
    folder.cleanup()


def _serve(listening: socket.socket) -> None:
    """Fork a command for everybody who connects, and tell its pid at once and its exit code at its end."""
    with selectors.DefaultSelector() as ready:
        ready.register(listening, selectors.EVENT_READ)
        while True:
            for key, _ in ready.select():
                if key.fileobj is listening:
                    asker, _ = listening.accept()
                    child, alive = _forked(asker)
                    asker.send(_NUMBER.pack(child))
                    ready.register(alive, selectors.EVENT_READ, (child, asker))
                else:
                    ready.unregister(key.fileobj)
                    _tell(key.fd, *key.data)


def _forked(asker: socket.socket) -> tuple[int, int]:
    """The child, and a pipe that closes when it ends."""
    asked, outputs, _, _ = socket.recv_fds(asker, _REQUEST_BYTES, _OUTPUTS)
    words, settings, cwd = json.loads(asked)
    _load(words)
    alive, ours = os.pipe()
    child = os.fork()
    if child == 0:
        _begin(words, settings, cwd, outputs)
    for descriptor in (*outputs, ours):
        os.close(descriptor)
    return child, alive


def _begin(words: Sequence[str], settings: dict[str, str], cwd: str, outputs: Sequence[int]) -> NoReturn:
    """In the child: as `spawn` has it, a session of its own, and an end when the server ends."""
    try:
        os.setsid()
        os.chdir(cwd)
        if sys.platform == "linux":
            ctypes.CDLL(None).prctl(1, int(signal.SIGTERM))
        out, err = (os.fdopen(output, "wb") for output in outputs)
        _command(words, settings, (out, err))
    finally:
        os._exit(1)


def _tell(alive: int, child: int, asker: socket.socket) -> None:
    os.close(alive)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    with asker, contextlib.suppress(OSError):  # who asked may be gone
        asker.send(_NUMBER.pack(code))


def _load(words: Sequence[str]) -> None:
    _parser(words)  # it imports the command's module
    if words and words[0] in _ENGINE_OR_SERVER:
        library(engine=False)  # an engine that was there before a fork would not be whole after it


def _command(words: Sequence[str], settings: Mapping[str, str], outputs: Sequence[IO[bytes]]) -> NoReturn:
    """In the child: the command with its outputs where they are wanted."""
    code = 1
    try:
        for descriptor, output in zip((1, 2), outputs, strict=True):
            os.dup2(output.fileno(), descriptor)
        os.environ.update(settings)
        sys.argv = ["indexer", *words]
        code = main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:  # noqa: BLE001 - the child must not go on as its parent
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)  # with the interpreter's end every page of the imports would be copied


def _content(output: IO[bytes]) -> str:
    with output:
        output.seek(0)
        return output.read().decode()


if __name__ == "__main__":
    _serve(socket.socket(fileno=int(sys.argv[1])))
