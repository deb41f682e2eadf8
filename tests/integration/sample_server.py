"""The sample servers of deploy/nats as processes, with keys that its own script made."""

import asyncio
import json
import os
import re
import shutil
import ssl
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import nats
import pytest
from nats.aio.client import Client

from indexer.child import spawn
from indexer.embedded import find_binary
from tests.chaos.arena import ROOT

DEPLOY = ROOT / "deploy" / "nats"
_START_SECONDS = 60


def make_keys(folder: Path, *nodes: str, **environment: str) -> Path:
    """Run the script as a person does."""
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make keys with")
    command = [str(DEPLOY / "make-keys.sh"), str(folder), *nodes]
    subprocess.run(command, check=True, capture_output=True, timeout=120, env=os.environ | environment)
    return folder


@dataclass(slots=True, kw_only=True)
class Sample:
    """One nats-server that runs a sample file as it is; an async context manager."""

    keys: Path
    folder: Path
    conf: str = "single.conf"
    node: str = "localhost"
    listen: str = "127.0.0.1:-1"
    trace: bool = False
    more: Mapping[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def environment(self) -> dict[str, str]:
        """Everything the sample file asks for."""
        users = dict(line.split("=", 1) for line in (self.keys / "users.env").read_text().split())
        return users | {
            "NATS_SERVER_NAME": self.folder.name,
            "NATS_LISTEN": self.listen,
            "NATS_MONITOR": "127.0.0.1:-1",
            "NATS_STORE_DIR": str(self.folder / "store"),
            "NATS_MAX_FILE_STORE": "1GB",
            "NATS_SERVER_CA": str(self.keys / "ca.pem"),
            "NATS_SERVER_CERT": str(self.keys / f"{self.node}.pem"),
            "NATS_SERVER_KEY": str(self.keys / f"{self.node}.key"),
            **self.more,
        }

    def start(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        flags = ["--ports_file_dir", str(self.folder), "-l", str(self.log), *(["-V"] if self.trace else [])]
        command = [find_binary(), "-c", str(DEPLOY / self.conf), *flags]
        self.process = spawn(command, env={"PATH": os.environ["PATH"]} | self.environment())

    async def ports(self) -> dict[str, list[str]]:
        """Addresses by purpose, once all listeners are up."""
        async with asyncio.timeout(_START_SECONDS):
            while not (files := list(self.folder.glob("*.ports"))) or not files[0].read_text():
                assert self.process is not None
                assert self.process.poll() is None, self.log.read_text()
                await asyncio.sleep(0.02)
        return dict(json.loads(files[0].read_text()))

    async def url(self) -> str:
        return (await self.ports())["nats"][0]

    async def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            await asyncio.to_thread(self.process.wait)

    async def __aenter__(self) -> Self:
        if self.process is None:
            self.start()
        await self.ports()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.stop()

    async def settings(self, user: str) -> dict[str, str]:
        """What a person exports to come in as ``user``."""
        return {
            "NATS_URL": await self.url(),
            "NATS_TLS_CA": str(self.keys / "ca.pem"),
            "NATS_TLS_CERT": str(self.keys / f"{user}.pem"),
            "NATS_TLS_KEY": str(self.keys / f"{user}.key"),
            "NATS_NKEY_SEED_FILE": str(self.keys / f"{user}.nk"),
            "NATS_INBOX_PREFIX": f"_INBOX.{user}",
        }

    def options(self, user: str) -> dict[str, Any]:
        """The same for a plain client."""
        tls = ssl.create_default_context(cafile=self.keys / "ca.pem")
        tls.load_cert_chain(self.keys / f"{user}.pem", self.keys / f"{user}.key")
        seed = str(self.keys / f"{user}.nk")
        return {
            "tls": tls, "nkeys_seed": seed, "inbox_prefix": f"_INBOX.{user}", "allow_reconnect": False,
            "connect_timeout": 30,
        }  # fmt: skip

    async def client(self, user: str) -> tuple[Client, list[str]]:
        """A plain client, and what the server denies it."""
        denied: list[str] = []

        async def note(error: Exception) -> None:
            denied.append(str(error))

        return await nats.connect(await self.url(), error_cb=note, **self.options(user)), denied

    def published(self, user: str) -> set[str]:
        """The subjects ``user`` has published to, by the server's own trace."""
        return set(self._traced(user, r"<<- \[H?PUB (\S+)"))

    def subscribed(self, user: str) -> set[str]:
        return set(self._traced(user, r"<<- \[SUB (\S+)"))

    def violations(self, user: str) -> set[str]:
        """What the server has denied ``user``."""
        return set(self._traced(user, r"Violation - Subject \"([^\"]+)"))

    def _traced(self, user: str, pattern: str) -> Iterator[str]:
        key = self.environment()[f"NATS_NKEY_{user.upper().replace('-', '_')}"]
        for line in self.log.read_text(errors="replace").splitlines():
            if f"/nkey:{key}" in line and (found := re.search(pattern, line)):
                yield found[1]
