"""The embedded server: comes up, stays alone on its directory, and goes when its parent goes."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import nats
import pytest

from indexer.embedded import NatsServer, require_port
from indexer.errors import PeerError, UsageError


async def test_it_serves_jetstream_on_a_free_loopback_port(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path) as server:
        assert server.running
        assert server.url.startswith("nats://127.0.0.1:")
        async with await nats.connect(server.url) as client:
            await client.jetstream().add_stream(name="s", subjects=["s"])
            assert (await client.jetstream().publish("s", b"x")).seq == 1
    assert not server.running
    assert "Server Exiting" in server.log.read_text()


async def test_what_was_acked_is_there_after_a_sigkill_on_the_same_port(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path) as server:
        url = server.url
        async with await nats.connect(url) as client:
            await client.jetstream().add_stream(name="s", subjects=["s"])
            await client.jetstream().publish("s", b"x")
        await server.kill()
        await server.start()
        assert server.url == url
        async with await nats.connect(url) as client:
            assert (await client.jetstream().get_msg("s", 1)).data == b"x"


async def test_a_directory_has_one_server_at_a_time(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path):
        with pytest.raises(UsageError, match="in use by another nats-server") as caught:
            await NatsServer(store_dir=tmp_path, stop_seconds=0.1).start()
        assert "INDEXER_DATA_DIR" in caught.value.hint
    async with NatsServer(store_dir=tmp_path) as again:
        assert again.running


async def test_a_taken_port_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        server = NatsServer(store_dir=tmp_path, port=taken.getsockname()[1])
        with pytest.raises(PeerError, match="address already in use") as caught:
            await server.start()
    assert str(server.log) in caught.value.hint


async def test_a_port_that_a_server_is_just_leaving_is_waited_for(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path) as server:
        port = int(server.url.rpartition(":")[2])
        waiting = asyncio.create_task(require_port(port))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    await waiting


async def test_a_missing_binary_says_how_to_get_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="no nats-server") as caught:
        await NatsServer(store_dir=tmp_path).start()
    assert "[embedded]" in caught.value.hint


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the port is free until the next start")
async def test_nobody_is_given_the_port_of_a_killed_server(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path) as server:
        address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
        for _ in range(2):
            await server.kill()
            with socket.socket() as other, pytest.raises(OSError, match="Address already in use"):
                other.bind(address)
        await server.start()
        assert server.url.endswith(f":{address[1]}")


PARENT = """
import asyncio, sys
from pathlib import Path
from indexer.embedded import NatsServer, require_port

async def main():
    async with NatsServer(store_dir=Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
async def test_the_server_goes_when_its_parent_is_killed_and_frees_the_directory(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    parent = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        PARENT,
        str(tmp_path),
        stdout=subprocess.PIPE,
        env=environment,
    )
    assert parent.stdout is not None
    pid = int(await parent.stdout.readline())
    parent.send_signal(signal.SIGKILL)
    await parent.wait()
    async with NatsServer(store_dir=tmp_path) as server:
        assert server.pid != pid
        assert await gone(pid)


async def gone(pid: int) -> bool:
    """Whether the process ends in good time; a zombie nobody reaped has ended."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if state(pid) in ("", "Z"):
            return True
        await asyncio.sleep(0.02)
    return False


def state(pid: int) -> str:
    """The kernel's letter for the process; empty when there is none."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except FileNotFoundError:
        return ""
