"""The compose files: what a compose implementation makes of them."""

import re
import shutil
import subprocess
from pathlib import Path
from xml.etree import ElementTree as ET

import chdb
import pytest

from indexer.config import Settings
from indexer.embedded import find_binary
from tests.chaos.arena import ROOT
from tests.deploy.compose import CLUSTER, LAPTOP, Image, services

#: values of a person's own, all at once: a look at a file costs most of a second
GIVEN = {
    "SOLANA_RPC_URL": "https://a.example,https://b.example",
    "CLICKHOUSE_USER": "somebody",
    "CLICKHOUSE_PASSWORD": "hunter2",
}
ids = pytest.mark.parametrize("path", [LAPTOP, CLUSTER], ids=lambda path: path.name)


@ids
def test_every_service_is_locked_down(path: Path) -> None:
    for name, service in services(path).items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert re.fullmatch(r"\d+[mg]", service["mem_limit"]), name
        assert "privileged" not in service, name
        assert service["restart"] in {"unless-stopped", "on-failure", "no"}, name
        assert service["healthcheck"].get("disable") or service["healthcheck"]["test"][0] == "CMD", name
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", ())), name
        for volume in service.get("volumes", ()):
            source, _, how = volume.split(":") if volume.count(":") == 2 else (*volume.split(":"), "rw")
            assert how == ("ro" if source.startswith(".") else "rw"), volume
            assert not source.startswith(".") or (path.parent / source).exists(), volume


@ids
def test_images_are_pinned_and_nats_is_the_server_the_tests_run(path: Path) -> None:
    version = subprocess.run([find_binary(), "--version"], capture_output=True, text=True, check=True).stdout
    images = {service["image"] for service in services(path).values()}
    assert f"nats:{version.strip().rpartition('v')[2]}-alpine" in images
    assert all(re.search(r":v?\d+\.\d+\.\d+(\.\d+)?(-alpine)?$", image) for image in images)
    (clickhouse,) = (image for image in images if image.startswith("clickhouse/"))
    tested = chdb.query("SELECT version()").data().strip('"\n')  # type: ignore[no-untyped-call]
    assert clickhouse.rpartition(":")[2].split(".")[:2] == tested.split(".")[:2], "the release the tests run"
    assert (
        f'version = "{next(iter(images & {"solana-liquidity-indexer:0.1.0"})).rpartition(":")[2]}"'
        in (ROOT / "pyproject.toml").read_text()
    )


@ids
def test_only_the_endpoint_needs_a_value_and_every_variable_has_a_default(path: Path) -> None:
    text = path.read_text()
    assert [found for found in re.findall(r"\$\{([^}]*)\}", text) if ":-" not in found] == []
    without, given = services(path), services(path, **GIVEN)
    indexers = [name for name in without if name.startswith("indexer")]
    assert len(indexers) == {LAPTOP: 1, CLUSTER: 2}[path]
    for name in indexers:
        assert without[name]["environment"]["SOLANA_RPC_URL"] == "http://localnet:8899"
        assert given[name]["environment"]["SOLANA_RPC_URL"] == "https://a.example,https://b.example"
    assert without["localnet"]["environment"]["SOLANA_RPC_URL"] in {"", None}


@ids
def test_a_stop_waits_longer_than_the_daemon_drains(path: Path) -> None:
    for name, service in services(path).items():
        if service.get("command") in (["run"], ["candles"], ["clickhouse", "run"]):
            assert int(service["stop_grace_period"].removesuffix("s")) > Settings.model_fields["drain_seconds"].default
            assert service["healthcheck"]["test"] == ["CMD", *Image.of(ROOT / "Dockerfile").healthcheck], name


@ids
def test_the_sink_and_its_clickhouse_have_the_same_user_and_one_of_each_runs(path: Path) -> None:
    told = services(path, **GIVEN)
    for name in ("clickhouse-migrate", "clickhouse-sink"):
        assert told[name]["environment"]["CLICKHOUSE_URL"] == "http://somebody:hunter2@clickhouse:8123/dex"
    given = told["clickhouse"]["environment"]
    assert (given["CLICKHOUSE_USER"], given["CLICKHOUSE_PASSWORD"]) == ("somebody", "hunter2")
    (mounted,) = (one for one in told["clickhouse"]["volumes"] if one.endswith(":ro"))
    root = ET.parse(path.parent / mounted.split(":")[0]).getroot()  # noqa: S314 - our own file
    limit = root.findtext("max_server_memory_usage")
    assert root.tag == "clickhouse"
    assert limit is not None
    assert int(limit) < int(told["clickhouse"]["mem_limit"].removesuffix("g")) * 1024**3
    commands = [service.get("command") for service in told.values()]
    assert [commands.count(one) for one in (["candles"], ["clickhouse", "run"], ["clickhouse", "migrate"])] == [1, 1, 1]


@ids
def test_docker_compose_reads_it_too(path: Path) -> None:
    docker = shutil.which("docker")
    plugin = docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False).returncode == 0
    if not plugin:
        pytest.skip("no docker compose on this machine")
    command = [str(docker), "compose", "-f", str(path), "config", "--quiet"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@ids
def test_promtool_reads_what_prometheus_is_given(path: Path) -> None:
    promtool = shutil.which("promtool")
    if promtool is None:
        pytest.skip("no promtool on this machine")
    word = next(word for word in services(path)["prometheus"]["command"] if word.startswith("--config.file="))
    config = ROOT / "deploy" / "prometheus" / Path(word).name
    done = subprocess.run([promtool, "check", "config", str(config)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
