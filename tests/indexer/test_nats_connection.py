"""Connecting to NATS: every way in, every refusal as a person sees it, and coming back."""

import asyncio
import subprocess
from pathlib import Path

import pytest

from indexer.embedded import NatsServer
from indexer.errors import PeerError, TransientError, UsageError
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, NobodyListens, connect, connected
from tests.indexer.nats_jwt import new_user
from tests.indexer.nats_ways import SECRET, let_in, refused, settings, until
from tests.integration.sample_server import make_keys


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_keys(tmp_path_factory.mktemp("nats") / "keys", "localhost,127.0.0.1")


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


async def test_an_nkey_seed_file(tmp_path: Path) -> None:
    user = new_user()
    good, other, garbage = tmp_path / "good.nk", tmp_path / "other.nk", tmp_path / "garbage.nk"
    good.write_text(user.seed + "\n")
    other.write_text(new_user().seed)
    garbage.write_text(SECRET)
    extra = f"authorization {{ users: [ {{ nkey: {user.public} }} ] }}"
    async with NatsServer(store_dir=tmp_path / "store", extra=extra) as server:
        await let_in(server.url, nats_nkey_seed_file=good)
        assert "refused our credentials" in str(await refused(server.url, nats_nkey_seed_file=other))
        assert "holds no NKey seed" in str(await refused(server.url, nats_nkey_seed_file=garbage))


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


async def test_no_credential_is_sent_to_a_server_without_tls(tmp_path: Path, keys: Path) -> None:
    async with NatsServer(store_dir=tmp_path) as server:
        error = await refused(server.url, nats_tls_ca=keys / "ca.pem", nats_user="me", nats_password=SECRET)
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
        await asyncio.wait_for(connection.wait_connected(), 30)
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
        await asyncio.wait_for(connection.wait_connected(), 30)
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


async def test_a_denied_publish_ends_the_wait_for_what_would_have_come(tmp_path: Path) -> None:
    """As the pages of the marker log: published, and answered on a subscription of its own."""
    subject = "$JS.API.DIRECT.GET.dex-swaps"
    async with NatsServer(store_dir=tmp_path, extra=permitted('{ publish: { deny: ["$JS.API.DIRECT.>"] } }')) as server:
        me = settings(server.url, nats_user="me", nats_password="me")  # noqa: S106 - a made-up one
        async with connected(me, Metrics()) as connection:
            await connection.publish(subject, b"{}", reply=connection.new_inbox())
            page: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            with pytest.raises(PeerError, match=r"direct\.get\.dex-swaps"):
                await asyncio.wait_for(connection.unless_denied(page, frozenset({subject})), 30)


async def test_a_denied_inbox_stops_the_start(tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path, extra=permitted('{ subscribe: { deny: ["_INBOX.>"] } }')) as server:
        error = await refused(server.url, nats_user="me", nats_password="me")  # noqa: S106 - a made-up one
    assert "subscription" in str(error)
    assert "_INBOX" in error.hint


def peer(metrics: Metrics, name: str) -> float | None:
    return metrics.registry.get_sample_value(name, {"peer": "nats"})
