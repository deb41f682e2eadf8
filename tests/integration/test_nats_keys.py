"""The keys deploy/nats/make-keys.sh makes, and the sample files that ask for them."""

import re
import signal
import subprocess
from pathlib import Path

import nkeys  # type: ignore[import-untyped]
import pytest

from indexer.embedded import find_binary
from tests.integration.forked import indexer
from tests.integration.sample_server import DEPLOY, Sample, make_keys
from tests.integration.terminal import until
from tests.integration.users_conf import read_users

USERS = read_users()
pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_keys(tmp_path_factory.mktemp("nats") / "keys", "localhost,127.0.0.1")


async def test_a_renewed_certificate_is_taken_up_at_a_sighup(tmp_path: Path) -> None:
    keys = make_keys(tmp_path / "keys", "localhost,127.0.0.1", DAYS="-1")
    async with Sample(keys=keys, folder=tmp_path / "one") as server:
        for old in (*keys.glob("localhost.*"), *keys.glob("operator.[pk]e[my]")):
            old.unlink()
        us = await server.settings("operator")
        make_keys(keys, "localhost,127.0.0.1")
        expired = await indexer("jetstream", "init", cwd=tmp_path, **us)
        assert (expired.code, "certificate has expired" in expired.err) == (3, True)
        assert server.process is not None
        server.process.send_signal(signal.SIGHUP)

        async def renewed() -> bool:
            return "Reloaded: tls" in server.log.read_text()

        await until(renewed)
        assert (await indexer("jetstream", "init", cwd=tmp_path, **us)).code == 0


@pytest.mark.parametrize("conf", ["single.conf", "node.conf"])
async def test_a_sample_does_not_start_before_everything_is_filled_in(conf: str, keys: Path, tmp_path: Path) -> None:
    more = {"NATS_CLUSTER_LISTEN": "127.0.0.1:-1", "NATS_ROUTES": '["nats://127.0.0.1:1"]'} if "node" in conf else {}
    full = Sample(keys=keys, folder=tmp_path / "x", conf=conf, more=more).environment()
    text = "".join((DEPLOY / name).read_text() for name in (conf, "listen.conf", "users.conf"))
    asked = {name for name in re.findall(r"\$([A-Z][A-Z_]+)\b", re.sub(r"#.*", "", text)) if name.startswith("NATS_")}
    assert asked == set(full)
    command = [find_binary(), "-c", str(DEPLOY / conf), "-t"]
    for name in (None, *sorted(asked)):
        environment = {key: value for key, value in full.items() if key != name}
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)  # noqa: ASYNC221 - over at once
        assert (ended.returncode == 0) == (name is None), ended.stderr
        assert name is None or name in ended.stderr
    readme = (DEPLOY / "README.md").read_text()
    assert [name for name in asked if f"`{name}`" not in readme and not name.startswith("NATS_NKEY_")] == []


async def test_the_keys_are_what_the_names_say(keys: Path) -> None:
    listed = dict(line.split("=") for line in (keys / "users.env").read_text().split())
    assert len(listed) == len(USERS) + 1
    for name, public in listed.items():
        seed = keys / f"{name.removeprefix('NATS_NKEY_').lower().replace('_', '-')}.nk"
        assert nkeys.from_seed(bytearray(seed.read_bytes().strip())).public_key.decode() == public
        assert seed.stat().st_mode & 0o77 == 0


async def test_making_keys_again_keeps_what_is_there(tmp_path: Path) -> None:
    folder = make_keys(tmp_path / "keys", "a.example")
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "ca.srl"}
    make_keys(folder, "a.example", "b.example,10.0.0.2")
    after = {path.name: path.read_bytes() for path in folder.iterdir() if path.name != "ca.srl"}
    assert after.keys() - before.keys() == {"b.example.pem", "b.example.key"}
    assert {name: after[name] for name in before} == before
