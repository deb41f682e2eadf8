"""The real parts of a campaign as processes: nats-server, localnet, daemons; and the means to hurt them."""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
import msgspec
import nats
import orjson
from nats.js.errors import NotFoundError

from indexer import jetstream
from indexer.child import spawn
from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from tests.chaos.cluster import cluster

ROOT = Path(__file__).resolve().parents[2]
_START_SECONDS = 90


@dataclass(slots=True, kw_only=True)
class Localnet:
    """A localnet process and its control path."""

    rpc_url: str
    ws_url: str
    first_slot: int
    genesis_hash: str
    process: subprocess.Popen[bytes]
    nodes: list[dict[str, str]]

    async def control(self, path: str, body: Mapping[str, Any] | None = None, *, node: int = -1) -> dict[str, Any]:
        """GET without a body, POST with one."""
        url = f"{self.nodes[node]['rpc_url']}/localnet{path}"
        async with aiohttp.ClientSession() as session:
            call = session.get(url) if body is None else session.post(url, data=orjson.dumps(body))
            async with call as answer:
                assert answer.status == 200, await answer.text()
                return dict(orjson.loads(await answer.read()))

    async def tip(self) -> int:
        """The chain's last slot with a block."""
        return int((await self.control(""))["tip_slot"])


@asynccontextmanager
async def localnet(*flags: str) -> AsyncIterator[Localnet]:
    """`indexer localnet` with these flags, stopped at the end."""
    process = spawn([sys.executable, "-m", "indexer", "localnet", "--json", *flags], stdout=subprocess.PIPE, stderr=2)
    try:
        assert process.stdout is not None
        line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), _START_SECONDS)
        told = orjson.loads(line)
        yield Localnet(
            rpc_url=",".join(node["rpc_url"] for node in told["nodes"]),
            ws_url=",".join(node["ws_url"] for node in told["nodes"]),
            first_slot=told["first_slot"],
            genesis_hash=told["genesis_hash"],
            process=process,
            nodes=told["nodes"],
        )
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait)
        if process.stdout is not None:
            process.stdout.close()


@dataclass(slots=True, kw_only=True)
class Daemon:
    """`indexer run` as a process; its log is a file."""

    command: Sequence[str]
    env: Mapping[str, str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0
    _log_before: int = 0

    def start(self) -> None:
        """Start it; its output is appended to the log."""
        with self.log.open("ab") as log:
            self._log_before = log.tell()
            self.process = spawn(self.command, env=self.env, stdout=log, stderr=log, cwd=self.log.parent)
        self.starts += 1

    def send(self, number: signal.Signals) -> None:
        """Send a signal to it."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(number)

    async def end(self, number: signal.Signals, *, seconds: float = 90) -> int:
        """Signal it, wait for its end and give its exit code (negative: the signal that killed it)."""
        self.send(number)
        return await self.wait(seconds=seconds)

    async def wait(self, *, seconds: float) -> int:
        """Its exit code. Kills it and raises TimeoutError when it does not end in time."""
        assert self.process is not None
        try:
            return await asyncio.to_thread(self.process.wait, seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise TimeoutError(f"the daemon did not end; its log ends:\n{self.tail()}") from None

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None

    @property
    def serves(self) -> bool:
        """Whether the process that runs has got to its metrics: from then on a signal is a stop that drains."""
        return self.running and b'"serving metrics"' in self.log.read_bytes()[self._log_before :]

    def tail(self, lines: int = 30) -> str:
        """The end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])

    def peak_memory_bytes(self) -> int:
        """The process's highest resident size so far, 0 where the system does not say."""
        return peak_memory_bytes(self.process.pid) if self.process is not None else 0

    def cpu_seconds(self) -> float:
        """User and system time of the process so far, 0 where the system does not say."""
        return cpu_seconds(self.process.pid) if self.process is not None else 0.0


@dataclass(slots=True, kw_only=True)
class Arena:
    """Nats-servers with the topology, one localnet, any number of daemons, one directory."""

    folder: Path
    servers: Sequence[NatsServer]
    net: Localnet
    env: Mapping[str, str] = field(default_factory=dict)
    daemons: list[Daemon] = field(default_factory=list)

    @property
    def server(self) -> NatsServer:
        """The only server, or the first of the cluster."""
        return self.servers[0]

    @property
    def nats_url(self) -> str:
        """Every server, comma separated."""
        return ",".join(server.url for server in self.servers)

    def daemon(self, *flags: str, name: str = "daemon", command: str = "run") -> Daemon:
        """A daemon of these parts, not started yet."""
        env = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("INDEXER_", "SOLANA_", "NATS_", "CLICKHOUSE_"))
        }
        env |= {
            "SOLANA_RPC_URL": self.net.rpc_url,
            "SOLANA_WS_URL": self.net.ws_url,
            "NATS_URL": self.nats_url,
            "INDEXER_METRICS_ADDR": "127.0.0.1:0",
            "PYTHONPATH": str(ROOT),
            **self.env,
        }
        daemon = Daemon(
            command=[sys.executable, "-m", "indexer", command, *flags], env=env, log=self.folder / f"{name}.log"
        )
        self.daemons.append(daemon)
        return daemon

    async def last_slot(self) -> int | None:
        """The last slot that a main marker in the stream settles; None without a marker or a server."""
        try:
            servers = self.nats_url.split(",")
            client = await nats.connect(servers, connect_timeout=2, allow_reconnect=False, error_cb=_unsaid)
        except (OSError, TimeoutError, nats.errors.Error):
            return None
        try:
            message = await client.jetstream().get_last_msg("dex-swaps", "dex.sol.slots")
            body = orjson.loads(message.data or b"{}")
            return int(body.get("to_slot", body["slot"]))
        except (NotFoundError, nats.errors.Error, TimeoutError):
            return None
        finally:
            await client.close()

    async def wait_settled(self, slot: int, *, seconds: float) -> None:
        """Until the stream has settled ``slot``. Raises TimeoutError with the daemons' last words."""
        deadline = time.monotonic() + seconds
        while (last := await self.last_slot()) is None or last < slot:
            if time.monotonic() > deadline:
                words = "\n".join(f"{one.log.name}: {one.tail()}" for one in self.daemons)
                raise TimeoutError(f"the stream is at {last}, not at {slot}\n{words}")
            await asyncio.sleep(0.1)


async def _unsaid(_: Exception) -> None:
    """A server that is down is what a campaign is about."""


@asynccontextmanager
async def arena(
    folder: Path,
    *localnet_flags: str,
    window_seconds: float | None = None,
    sync: str = "always",
    nodes: int = 1,
    env: Mapping[str, str] = MappingProxyType({}),
) -> AsyncIterator[Arena]:
    """Everything started and torn down; with more than one of ``nodes`` every stream has a replica on each.

    ``env`` are settings of the daemons.
    """
    async with AsyncExitStack() as stack:
        if nodes > 1:
            servers = await stack.enter_async_context(cluster(folder, nodes=nodes, sync=sync))
        else:
            servers = [await stack.enter_async_context(NatsServer(store_dir=folder / "nats", sync=sync))]
        net = await stack.enter_async_context(localnet(*localnet_flags))
        place = Arena(folder=folder, servers=servers, net=net, env=env)
        await init_topology(place.nats_url, window_seconds=window_seconds, replicas=nodes)
        try:
            yield place
        finally:
            for daemon in place.daemons:
                if daemon.running:
                    daemon.send(signal.SIGCONT)
                    await daemon.end(signal.SIGKILL)


def peak_memory_bytes(pid: int) -> int:
    """A process's highest resident size so far, 0 where the system does not say."""
    with contextlib.suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
        return int(found[1]) * 1024 if found else 0
    return 0


def cpu_seconds(pid: int) -> float:
    """User and system time of a process so far, 0 where the system does not say."""
    with contextlib.suppress(OSError):
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return 0.0


async def init_topology(url: str, *, window_seconds: float | None = None, replicas: int = 1) -> None:
    """What `indexer jetstream init` makes, with another duplicate window if asked."""
    async with connected(Settings(_env_file=None, nats_url=url), Metrics()) as connection:  # type: ignore[call-arg]
        await jetstream.init(connection, replicas=replicas, seconds=120)
    if window_seconds is None:
        return
    client = await nats.connect(url.split(","))
    try:
        answer = await client.request("$JS.API.STREAM.INFO.dex-swaps", b"", timeout=30)
        config = msgspec.json.decode(answer.data)["config"]
        config["duplicate_window"] = int(window_seconds * 1e9)
        answer = await client.request("$JS.API.STREAM.UPDATE.dex-swaps", orjson.dumps(config), timeout=30)
        assert b"error" not in answer.data, answer.data
    finally:
        await client.close()
