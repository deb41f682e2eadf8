"""Operator, account and user JWTs on real servers: in time, too late, revoked, renewed, and not allowed."""

import asyncio
import time
from pathlib import Path

import nats
import pytest
from structlog.testing import capture_logs
from structlog.typing import EventDict

from indexer.embedded import NatsServer
from indexer.errors import PeerError
from indexer.metrics import Metrics
from indexer.nats_connection import connect, connected
from tests.indexer.nats_jwt import Operator, new_user
from tests.indexer.nats_ways import let_in, refused, settings, until


@pytest.mark.parametrize("resolver", ["memory", "full"])
async def test_a_creds_file_lets_in_and_nothing_else_does(resolver: str, tmp_path: Path) -> None:
    operator, other = Operator(), Operator()
    user = new_user()
    creds = operator.user(tmp_path / "me.creds", user, exp=int(time.time()) + 600)
    wrong_seed = operator.user(tmp_path / "seed.creds", user)
    wrong_seed.write_text(wrong_seed.read_text().replace(user.seed, new_user().seed))
    foreign = other.user(tmp_path / "other.creds", user)
    conf = operator.conf(full=None if resolver == "memory" else tmp_path / "jwt")
    async with NatsServer(store_dir=tmp_path / "store", extra=conf) as server:
        await let_in(server.url, nats_creds=creds)
        for values in ({}, {"nats_creds": wrong_seed}, {"nats_creds": foreign}):
            error = await refused(server.url, **values)
            assert isinstance(error, PeerError)
            assert "refused our credentials" in str(error)
            assert user.seed not in str(error) + error.hint


async def test_an_expired_jwt_is_said_to_be_one(tmp_path: Path) -> None:
    operator = Operator()
    creds = operator.user(tmp_path / "me.creds", new_user(), exp=1_700_000_000)
    async with NatsServer(store_dir=tmp_path / "store", extra=operator.conf()) as server:
        error = await refused(server.url, nats_creds=creds)
    assert "expired at 2023-11-14 22:13:20 UTC" in str(error)
    assert "me.creds" in str(error)
    assert "renew the file NATS_CREDS names" in error.hint


def said(logs: list[EventDict], words: str) -> list[EventDict]:
    return [entry for entry in logs if words in str(entry.get("error"))]


async def test_a_jwt_that_expires_is_waited_out_and_its_renewal_on_disk_is_enough(tmp_path: Path) -> None:
    operator, user, metrics = Operator(), new_user(), Metrics()
    path = tmp_path / "me.creds"
    async with NatsServer(store_dir=tmp_path / "store", extra=operator.conf()) as server:
        operator.user(path, user, exp=int(time.time()) + 4)
        with capture_logs() as logs:
            connection = await connect(settings(server.url, nats_creds=path), metrics)
            await until(lambda: bool(said(logs, "expired at")))
            assert not connection.is_connected
            for unfinished in ("", "-----BEGIN NATS USER JWT-----\n", None):
                path.unlink() if unfinished is None else path.write_text(unfinished)
                before = len(said(logs, "NATS_CREDS"))
                await until(lambda: len(said(logs, "NATS_CREDS")) > before)  # noqa: B023 - over before the next turn
            operator.user(path, user, exp=int(time.time()) + 600)
            await asyncio.wait_for(connection.wait_connected(), 30)
        assert connection.generation == 2
        assert user.seed not in str(logs)
        assert not any(entry["log_level"] == "error" for entry in logs)
        await connection.close()


async def test_a_revoked_user_is_thrown_out_and_a_new_jwt_brings_it_back(tmp_path: Path) -> None:
    """As `nsc push` does it: the account's new JWT goes to the servers over the system account."""
    operator, user = Operator(), new_user()
    path = operator.user(tmp_path / "me.creds", user, iat=int(time.time()) - 60)
    system = operator.user(tmp_path / "sys.creds", new_user(), system=True)
    conf = operator.conf(full=tmp_path / "jwt")
    async with NatsServer(store_dir=tmp_path / "store", extra=conf) as server:
        connection = await connect(settings(server.url, nats_creds=path), Metrics())
        revoked = operator.account_jwt(revocations={user.public: int(time.time()) - 30})
        client = await nats.connect(server.url, user_credentials=str(system))
        answer = await client.request("$SYS.REQ.CLAIMS.UPDATE", revoked.encode(), timeout=30)
        assert b'"code":200' in answer.data.replace(b" ", b"")
        await client.close()
        await until(lambda: not connection.is_connected and "uthorization" in connection.last_failure)
        assert "refused our credentials" in str(await refused(server.url, nats_creds=path))
        operator.user(path, user, iat=int(time.time()))
        await asyncio.wait_for(connection.wait_connected(), 30)
        await connection.close()


async def test_what_a_jwt_does_not_allow_is_named(tmp_path: Path) -> None:
    operator = Operator()
    claims = {"pub": {"allow": ["dex.sol.>"]}, "sub": {"allow": ["_INBOX.>"]}}
    creds = operator.user(tmp_path / "me.creds", new_user(), claims=claims)
    async with NatsServer(store_dir=tmp_path / "store", extra=operator.conf()) as server:
        async with connected(settings(server.url, nats_creds=creds), Metrics()) as connection:
            with pytest.raises(PeerError, match=r"\$js\.api\.stream\.info\.dex-swaps") as caught:
                await connection.ask("$JS.API.STREAM.INFO.dex-swaps", seconds=30)
        assert "publish rights" in caught.value.hint
        claims["sub"] = {"allow": ["_INBOX.me.>"]}
        operator.user(creds, new_user(), claims=claims)
        error = await refused(server.url, nats_creds=creds)
        assert "NATS_INBOX_PREFIX" in error.hint
        await let_in(server.url, nats_creds=creds, nats_inbox_prefix="_INBOX.me")
