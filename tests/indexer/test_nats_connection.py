"""Connecting to NATS: every way in, every refusal as a person sees it, and coming back."""

import asyncio
import base64
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nkeys  # type: ignore[import-untyped]
import orjson
import pytest
from nacl.signing import SigningKey

from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.errors import FatalError, PeerError, TransientError, UsageError
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, NobodyListens, connect, connected

SECRET = "hunter2"  # noqa: S105 - a made-up one, to see that it is never shown


def settings(url: str, **values: Any) -> Settings:
    values = {"nats_connect_seconds": 5, "nats_backoff_seconds": 0.2} | values
    return Settings(_env_file=None, nats_url=url, **values)  # type: ignore[call-arg]


async def refused(url: str, **values: Any) -> FatalError:
    with pytest.raises(FatalError) as caught:
        await connect(settings(url, **values), Metrics())
    assert SECRET not in str(caught.value) + caught.value.hint
    return caught.value


async def let_in(url: str, **values: Any) -> None:
    connection = await connect(settings(url, **values), Metrics())
    assert connection.is_connected
    await connection.close()


async def until(condition: Callable[[], bool], seconds: float = 5) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.01)


async def test_nobody_there_is_said_after_the_time_limit_without_the_password() -> None:
    error = await refused(f"nats://me:{SECRET}@127.0.0.1:1", nats_connect_seconds=0.3)

    assert isinstance(error, PeerError)
    assert "cannot reach NATS at 127.0.0.1:1" in str(error)
    assert "nats-server" in error.hint


async def test_a_server_that_starts_late_is_waited_for(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path) as server:
        await server.kill()
        late = asyncio.create_task(connect(settings(server.url), Metrics()))
        await asyncio.sleep(0.1)
        await server.start()
        await (await late).close()


@pytest.mark.parametrize("url", ["nats://127.0.0.1:port", "", " , "])
async def test_an_address_that_is_none_is_a_usage_error(url: str) -> None:
    error = await refused(url)
    assert isinstance(error, UsageError)
    assert "NATS_URL" in str(error)


@pytest.mark.parametrize(
    ("extra", "good", "bad"),
    [
        (
            f'authorization {{ user: me, password: "{SECRET}" }}',
            {"nats_user": "me", "nats_password": SECRET},
            {"nats_user": "me", "nats_password": SECRET + "x"},
        ),
        (f'authorization {{ token: "{SECRET}" }}', {"nats_token": SECRET}, {"nats_token": SECRET + "x"}),
    ],
    ids=["password", "token"],
)
async def test_password_and_token(tmp_path: Path, extra: str, good: dict[str, str], bad: dict[str, str]) -> None:
    async with NatsServer(store_dir=tmp_path, extra=extra) as server:
        await let_in(server.url, **good)
        for wrong in (bad, {}):
            error = await refused(server.url, **wrong)
            assert isinstance(error, PeerError)
            assert "refused our credentials" in str(error)


async def test_a_list_of_servers_needs_only_one_that_lets_us_in(tmp_path: Path) -> None:
    closed = NatsServer(store_dir=tmp_path / "closed", extra="authorization { token: other }")
    async with closed, NatsServer(store_dir=tmp_path / "open") as server:
        await let_in(f"{closed.url},{server.url}")


def nkey(kind: int) -> tuple[str, str]:
    """A seed and its public key."""
    seed = nkeys.encode_seed(bytes(SigningKey.generate()), kind)
    return seed.decode(), nkeys.from_seed(bytearray(seed)).public_key.decode()


async def test_an_nkey_seed_file(tmp_path: Path) -> None:
    seed, public = nkey(nkeys.PREFIX_BYTE_USER)
    good, other, garbage = tmp_path / "good.nk", tmp_path / "other.nk", tmp_path / "garbage.nk"
    good.write_text(seed + "\n")
    other.write_text(nkey(nkeys.PREFIX_BYTE_USER)[0])
    garbage.write_text(SECRET)
    extra = f"authorization {{ users: [ {{ nkey: {public} }} ] }}"
    async with NatsServer(store_dir=tmp_path / "store", extra=extra) as server:
        await let_in(server.url, nats_nkey_seed_file=good)
        assert "refused our credentials" in str(await refused(server.url, nats_nkey_seed_file=other))
        assert "holds no NKey seed" in str(await refused(server.url, nats_nkey_seed_file=garbage))


def jwt(issuer_seed: str, subject: str, claims: dict[str, Any]) -> str:
    """A NATS JWT: as `nsc` would make it."""
    issuer = nkeys.from_seed(bytearray(issuer_seed.encode()))
    body = {"iss": issuer.public_key.decode(), "sub": subject, "iat": 1, "jti": "x", "nats": {"version": 2} | claims}
    parts = [base64.urlsafe_b64encode(orjson.dumps(part)).rstrip(b"=") for part in (_JWT_HEADER, body)]
    signed = b".".join(parts)
    signature = base64.urlsafe_b64encode(issuer.sign(signed)).rstrip(b"=")
    return b".".join((signed, signature)).decode()


_JWT_HEADER = {"typ": "JWT", "alg": "ed25519-nkey"}
_UNLIMITED = {"subs": -1, "data": -1, "payload": -1, "conn": -1, "imports": -1, "exports": -1, "leaf": -1}


async def test_a_creds_file(tmp_path: Path) -> None:
    operator_seed, operator = nkey(nkeys.PREFIX_BYTE_OPERATOR)
    account_seed, account = nkey(nkeys.PREFIX_BYTE_ACCOUNT)
    user_seed, user = nkey(nkeys.PREFIX_BYTE_USER)
    limits = _UNLIMITED | {"mem_storage": -1, "disk_storage": -1, "streams": -1, "consumer": -1}
    account_jwt = jwt(operator_seed, account, {"type": "account", "limits": limits})
    system = nkey(nkeys.PREFIX_BYTE_ACCOUNT)[1]
    system_jwt = jwt(operator_seed, system, {"type": "account", "limits": _UNLIMITED})
    operator_jwt = jwt(operator_seed, operator, {"type": "operator", "system_account": system})
    user_jwt = jwt(account_seed, user, {"type": "user", "subs": -1, "data": -1, "payload": -1})
    creds = tmp_path / "me.creds"
    creds.write_text(
        f"-----BEGIN NATS USER JWT-----\n{user_jwt}\n------END NATS USER JWT------\n\n"
        f"-----BEGIN USER NKEY SEED-----\n{user_seed}\n------END USER NKEY SEED------\n"
    )
    extra = f"operator: {operator_jwt}\nresolver: MEMORY\n"
    extra += f"resolver_preload: {{ {account}: {account_jwt}, {system}: {system_jwt} }}"
    async with NatsServer(store_dir=tmp_path / "store", extra=extra) as server:
        await let_in(server.url, nats_creds=creds)
        assert "refused our credentials" in str(await refused(server.url))


async def test_files_that_are_missing_or_something_else_are_named(tmp_path: Path) -> None:
    absent, wrong = tmp_path / "absent", tmp_path / "wrong"
    wrong.write_text(SECRET)
    for name, path, sentence in (
        ("nats_creds", absent, "NATS_CREDS: cannot read"),
        ("nats_creds", wrong, "is not a .creds file"),
        ("nats_nkey_seed_file", absent, "NATS_NKEY_SEED_FILE: cannot read"),
        ("nats_tls_ca", absent, "NATS_TLS_CA: cannot read"),
        ("nats_tls_ca", wrong, "NATS_TLS_"),
        ("nats_tls_key", wrong, "NATS_TLS_KEY without NATS_TLS_CERT"),
    ):
        error = await refused("nats://127.0.0.1:1", **{name: path})
        assert isinstance(error, UsageError)
        assert sentence in str(error)


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make certificates with")
    folder = tmp_path_factory.mktemp("certificates")
    for name in ("ca", "other"):
        openssl(folder, f"req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN={name} "
                f"-keyout {name}.key -out {name}.pem")  # fmt: skip
    (folder / "san").write_text("subjectAltName=IP:127.0.0.1\n")
    for name in ("server", "client"):
        openssl(folder, f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} "
                f"-keyout {name}.key -out {name}.csr")  # fmt: skip
        openssl(folder, f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile san "
                f"-out {name}.pem")  # fmt: skip
    return folder


def openssl(folder: Path, arguments: str) -> None:
    subprocess.run(["openssl", *arguments.split()], cwd=folder, check=True, capture_output=True)  # noqa: S607 - skipped where absent


async def test_tls_with_a_client_certificate(tmp_path: Path, certificates: Path) -> None:
    file = {name: certificates / name for name in ("ca.pem", "other.pem", "client.pem", "client.key")}
    extra = (
        f'tls {{ cert_file: "{certificates}/server.pem", key_file: "{certificates}/server.key", '
        f'ca_file: "{certificates}/ca.pem", verify: true }}'
    )
    ours = {"nats_tls_cert": file["client.pem"], "nats_tls_key": file["client.key"]}
    async with NatsServer(store_dir=tmp_path, extra=extra) as server:
        await let_in(server.url, nats_tls_ca=file["ca.pem"], **ours)
        await let_in(server.url.replace("nats://", "tls://"), nats_tls_ca=file["ca.pem"], **ours)
        error = await refused(server.url, nats_tls_ca=file["other.pem"], **ours)
        assert "no TLS connection to NATS" in str(error)
        assert "certificate" in str(error)
        assert "NATS_TLS_CA" in error.hint
        error = await refused(server.url, nats_tls_ca=file["ca.pem"], nats_connect_seconds=0.5)
        assert isinstance(error, PeerError)
        assert "NATS_TLS_CERT" in error.hint


async def test_no_credential_is_sent_to_a_server_without_tls(tmp_path: Path, certificates: Path) -> None:
    async with NatsServer(store_dir=tmp_path) as server:
        error = await refused(server.url, nats_tls_ca=certificates / "ca.pem", nats_user="me", nats_password=SECRET)
    assert "does not offer TLS" in str(error)


async def test_an_account_without_jetstream_is_refused(tmp_path: Path) -> None:
    extra = "accounts { A { users: [ { user: a, password: a } ] } }"
    async with NatsServer(store_dir=tmp_path, extra=extra) as server:
        error = await refused(server.url, nats_user="a", nats_password="a")  # noqa: S106 - a made-up one
    assert "no JetStream" in str(error)


async def test_it_comes_back_after_a_restart_and_counts_it(tmp_path: Path) -> None:
    metrics = Metrics()
    async with NatsServer(store_dir=tmp_path) as server:
        connection = await connect(settings(server.url), metrics)
        assert connection.generation == 1
        assert peer(metrics, "indexer_connected") == 1
        waiting = asyncio.create_task(connection.ask("nobody.listens", seconds=30))
        unanswered = await connection.subscribe("nobody.listens")
        await asyncio.sleep(0.05)
        await server.kill()
        with pytest.raises(TransientError, match="lost"):
            await waiting
        await unanswered.unsubscribe()
        assert peer(metrics, "indexer_connected") == 0
        with pytest.raises(TransientError, match="not connected"):
            await connection.ask("nobody.listens", seconds=30)
        await server.start()
        await asyncio.wait_for(connection.wait_connected(), 5)
        assert connection.generation == 2
        assert peer(metrics, "indexer_connected") == 1
        assert peer(metrics, "indexer_reconnects_total") == 1
        await connection.close()


async def test_it_comes_back_after_being_thrown_out(tmp_path: Path) -> None:
    """Changed credentials make the server close the socket with an error the library takes as final."""
    users = 'authorization {{ users: [ {{ user: me, password: "{0}" }} ] }}'
    server = NatsServer(store_dir=tmp_path, extra=users.format("one"))
    async with server:
        connection = await connect(settings(server.url, nats_user="me", nats_password="one"), Metrics())  # noqa: S106
        await reload(server, users.format("one"), users.format("two"))
        await until(lambda: not connection.is_connected and "uthorization" in connection.last_failure)
        await reload(server, users.format("two"), users.format("one"))
        await asyncio.wait_for(connection.wait_connected(), 5)
        assert isinstance(connection, Connection)
        await connection.close()


async def reload(server: NatsServer, before: str, after: str) -> None:
    config = server.store_dir / "nats-server.conf"
    config.write_text(config.read_text().replace(before, after))
    subprocess.run(["kill", "-HUP", str(server.pid)], check=True)  # noqa: S607, ASYNC221 - over at once


def permitted(permissions: str) -> str:
    return f"authorization {{ users: [ {{ user: me, password: me, permissions: {permissions} }} ] }}"


async def test_what_the_server_denies_ends_the_wait_at_once(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, extra=permitted('{ publish: { deny: ["dex.sol.>"] } }')) as server:
        me = settings(server.url, nats_user="me", nats_password="me")  # noqa: S106 - a made-up one
        async with connected(me, Metrics()) as connection:
            with pytest.raises(PeerError, match=r"dex\.sol\.swaps") as caught:
                await connection.ask("dex.sol.swaps", seconds=30)
            assert "publish rights" in caught.value.hint
            with pytest.raises(NobodyListens, match="nobody answers"):
                await connection.ask("other", seconds=30)


async def test_a_denied_inbox_stops_the_start(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, extra=permitted('{ subscribe: { deny: ["_INBOX.>"] } }')) as server:
        error = await refused(server.url, nats_user="me", nats_password="me")  # noqa: S106 - a made-up one
    assert "subscription" in str(error)
    assert "_INBOX" in error.hint


def peer(metrics: Metrics, name: str) -> float | None:
    return metrics.registry.get_sample_value(name, {"peer": "nats"})
