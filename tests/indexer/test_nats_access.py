"""TLS and credentials: what is refused before anything is sent, and what a refusal by the server says."""

from pathlib import Path
from typing import Any

import pytest

from indexer.embedded import NatsServer
from indexer.errors import PeerError, UsageError
from tests.indexer.nats_jwt import new_user
from tests.indexer.nats_ways import SECRET, let_in, refused
from tests.integration.sample_server import make_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_keys(tmp_path_factory.mktemp("nats") / "keys", "good,127.0.0.1", "named,other.example")


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Another CA and what it signed, all of it expired yesterday but the CA."""
    return make_keys(tmp_path_factory.mktemp("nats") / "others", "old,127.0.0.1", DAYS="-1")


def tls(keys: Path, node: str, more: str = "verify: true") -> str:
    files = f'cert_file: "{keys}/{node}.pem", key_file: "{keys}/{node}.key", ca_file: "{keys}/ca.pem"'
    return f"tls {{ {files}, {more} }}"


def ours(keys: Path) -> dict[str, Any]:
    return {
        "nats_tls_ca": keys / "ca.pem",
        "nats_tls_cert": keys / "indexer.pem",
        "nats_tls_key": keys / "indexer.key",
    }


async def test_a_client_certificate_lets_us_in_and_its_absence_is_named(
    tmp_path: Path, keys: Path, others: Path
) -> None:
    async with NatsServer(store_dir=tmp_path, extra=tls(keys, "good")) as server:
        await let_in(server.url, **ours(keys))
        await let_in(server.url.replace("nats://", "tls://"), **ours(keys))
        bare = await refused(server.url, nats_tls_ca=keys / "ca.pem")
        foreign = await refused(server.url, **ours(others) | {"nats_tls_ca": keys / "ca.pem"})
        wrong_ca = await refused(server.url, **ours(keys) | {"nats_tls_ca": others / "ca.pem"})
    for error in (bare, foreign, wrong_ca):
        assert isinstance(error, PeerError)
        assert "no TLS connection to NATS" in str(error)
    assert "NATS_TLS_CERT and NATS_TLS_KEY, signed by the CA it trusts" in bare.hint
    assert "NATS_TLS_CERT and NATS_TLS_KEY, signed by the CA it trusts" in foreign.hint
    assert "verify failed" in str(wrong_ca) or "issuer" in str(wrong_ca)
    assert "NATS_TLS_CA is the CA that signed the server's" in wrong_ca.hint


async def test_an_expired_server_certificate_is_said_to_be_one(tmp_path: Path, others: Path) -> None:
    async with NatsServer(store_dir=tmp_path, extra=tls(others, "old", "verify: false")) as server:
        error = await refused(server.url, nats_tls_ca=others / "ca.pem")
    assert "certificate has expired" in str(error)
    assert "has to be renewed" in error.hint


async def test_an_expired_client_certificate_is_said_to_be_ours(tmp_path: Path, keys: Path, others: Path) -> None:
    mixed = tls(keys, "good").replace(f"{keys}/ca.pem", f"{others}/ca.pem")
    async with NatsServer(store_dir=tmp_path, extra=mixed) as server:
        error = await refused(server.url, **ours(others) | {"nats_tls_ca": keys / "ca.pem"})
    assert "no TLS connection" in str(error)
    assert "NATS_TLS_CERT" in error.hint


async def test_a_certificate_of_another_host_says_which_name_it_wants(tmp_path: Path, keys: Path) -> None:
    async with NatsServer(store_dir=tmp_path, extra=tls(keys, "named")) as server:
        error = await refused(server.url, **ours(keys))
    assert "127.0.0.1" in str(error)
    assert "a name that stands in the server's certificate" in error.hint


async def test_tls_before_the_greeting(tmp_path: Path, keys: Path) -> None:
    async with NatsServer(store_dir=tmp_path, extra=tls(keys, "good")) as usual:
        error = await refused(usual.url, nats_tls_first=True, nats_connect_seconds=1, **ours(keys))
        assert isinstance(error, PeerError)
    first = NatsServer(store_dir=tmp_path / "first", extra=tls(keys, "good", "verify: true, handshake_first: auto"))
    async with first:
        await let_in(first.url, nats_tls_first=True, **ours(keys))
        await let_in(first.url, **ours(keys))


async def test_paths_may_begin_at_home(tmp_path: Path, keys: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(keys))
    async with NatsServer(store_dir=tmp_path, extra=tls(keys, "good")) as server:
        home = {name: Path("~") / path.name for name, path in ours(keys).items()}
        await let_in(server.url, **home)


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"nats_user": "me", "nats_token": SECRET}, "NATS_USER and NATS_TOKEN are both set"),
        ({"nats_user": "me", "nats_creds": "x.creds"}, "NATS_CREDS and NATS_USER are both set"),
        ({"nats_creds": "x", "nats_nkey_seed_file": "y"}, "NATS_CREDS and NATS_NKEY_SEED_FILE are both set"),
        ({"nats_password": SECRET}, "NATS_PASSWORD without NATS_USER"),
    ],
)
async def test_two_credentials_at_once_are_refused(values: dict[str, Any], sentence: str) -> None:
    error = await refused("nats://127.0.0.1:1", **values)
    assert isinstance(error, UsageError)
    assert sentence in str(error)


async def test_an_inbox_of_ones_own(tmp_path: Path) -> None:
    """Only with it does an answer reach a user that may hear nothing else."""
    user = new_user()
    seed = tmp_path / "me.nk"
    seed.write_text(user.seed)
    extra = f'authorization {{ users: [ {{ nkey: {user.public}, permissions: {{ subscribe: "_INBOX.me.>" }} }} ] }}'
    async with NatsServer(store_dir=tmp_path / "store", extra=extra) as server:
        await let_in(server.url, nats_nkey_seed_file=seed, nats_inbox_prefix="_INBOX.me")
        error = await refused(server.url, nats_nkey_seed_file=seed)
    assert 'subscription to "_inbox.' in str(error)
    assert "subscribe rights on _INBOX.>" in error.hint
    assert "NATS_INBOX_PREFIX" in error.hint


async def test_a_file_that_is_not_text_is_a_usage_error(tmp_path: Path) -> None:
    wrong = tmp_path / "der"
    wrong.write_bytes(b"\xff\xfe\x00")
    for name in ("nats_creds", "nats_nkey_seed_file", "nats_tls_ca"):
        error = await refused("nats://127.0.0.1:1", **{name: wrong})
        assert isinstance(error, UsageError)
        assert "is not text" in str(error)
