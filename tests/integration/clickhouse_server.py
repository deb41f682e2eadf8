"""A ClickHouse over HTTP as a process of its own for a test: it can be killed, started again, and made to fail."""

import re
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import pytest

from indexer.clickhouse import ClickHouse, target_of
from indexer.clickhouse_migrate import migrate
from indexer.clickhouse_migrations import load
from indexer.config import Settings
from tests.chaos.arena import ROOT, Daemon
from tests.chaos.cluster import free_ports
from tests.integration.terminal import environment, said

#: name, password, and what its profile sets
USERS = ("me:secret-word:", "reader:secret-word:readonly=1", "limited:secret-word:readonly=2")


@dataclass(slots=True, kw_only=True)
class Server:
    """`tests.clickhouse_http` in ``folder``, at the same port after every start."""

    folder: Path
    flags: list[str] = field(default_factory=list)
    port: int = field(default_factory=lambda: free_ports(1)[0])
    process: Daemon | None = None

    async def start(self, *flags: str) -> None:
        """Start it, with ``flags`` for this time; back when it listens."""
        self.folder.mkdir(exist_ok=True)
        command = [
            sys.executable,
            "-u",
            "-m",
            "tests.clickhouse_http",
            str(self.folder / "data"),
            "--port",
            str(self.port),
        ]
        for user in USERS:
            command += ["--user", user]
        log = self.folder / "server.log"
        log.write_text("")
        self.process = Daemon(command=[*command, *self.flags, *flags], env=environment(), log=log)
        self.process.start()
        self.port = int((await said(self.process, "listening on")).split()[-1])

    def kill(self) -> None:
        """It is gone, in the middle of whatever it does."""
        assert self.process is not None
        assert self.process.process is not None
        self.process.process.kill()
        self.process.process.wait()

    def url(self, database: str = "dex", *, user: str = "me:secret-word", tls: bool = False) -> str:
        """What CLICKHOUSE_URL would be."""
        return f"http{'s' if tls else ''}://{user}@127.0.0.1:{self.port}/{database}"

    async def fail(self, name: str, times: int) -> None:
        """Make the next requests of a kind go wrong; 0 ends it."""
        query = {"name": name, "times": str(times)}
        async with aiohttp.ClientSession() as session:
            url = f"http://127.0.0.1:{self.port}/faults"
            async with session.post(url, params=query) as answer:
                assert answer.status == 200

    def asked(self, pattern: str) -> int:
        """How many requests of its log match."""
        assert self.process is not None
        return len(re.findall(pattern, self.process.log.read_text()))


@asynccontextmanager
async def clickhouse(folder: Path, *flags: str) -> AsyncIterator[Server]:
    """A server that ends with the test."""
    server = Server(folder=folder / "clickhouse", flags=list(flags))
    await server.start()
    try:
        yield server
    finally:
        server.kill()


async def prepare(server: Server, database: str = "dex", *, more: Sequence[str] = ()) -> None:
    """The schema in its database, and ``more`` statements there."""
    settings = Settings(clickhouse_url=server.url(database))  # type: ignore[arg-type]
    target = target_of(settings)
    async with ClickHouse(target.without_database(), settings) as anywhere:
        await anywhere.command(f"CREATE DATABASE IF NOT EXISTS {database}")
    async with ClickHouse(target, settings) as inside:
        await migrate(inside, load(ROOT / "deploy" / "clickhouse"))
        for statement in more:
            await inside.command(statement)


def certificate(folder: Path) -> Path:
    """A key and its own certificate for 127.0.0.1, in one PEM. Skips the test where nothing can make them."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make keys with")
    key, cert, both = folder / "key.pem", folder / "cert.pem", folder / "both.pem"
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    command += ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(cert)]
    subprocess.run(command, check=True, capture_output=True)
    both.write_text(key.read_text() + cert.read_text())
    return both
