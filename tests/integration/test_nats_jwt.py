"""The daemon with a .creds file: access that ends while it runs, and comes back."""

import signal
import time
from pathlib import Path

import nats
import orjson

from indexer.embedded import NatsServer
from tests.chaos.audit import audit, read_truth
from tests.indexer.nats_jwt import Operator, new_user
from tests.integration.chains import peers, standing
from tests.integration.streams import read_stream
from tests.integration.terminal import indexer, said, scraped, served, started, until

FIRST = 9000


async def test_revoked_access_holds_the_slot_says_why_and_a_renewed_file_is_enough(tmp_path: Path) -> None:
    operator, user, truth = Operator(), new_user(), tmp_path / "truth"
    now = int(time.time())
    path = operator.user(tmp_path / "me.creds", user, iat=now - 60, exp=now + 3600)
    system = operator.user(tmp_path / "sys.creds", new_user(), system=True)
    watcher = str(operator.user(tmp_path / "watcher.creds", new_user()))
    conf = operator.conf(full=tmp_path / "jwt")
    server = NatsServer(store_dir=tmp_path / "nats", sync="2m", extra=conf)
    async with server, standing(truth, first_slot=FIRST, blocks=10) as chain:
        us = peers(chain, server) | {"NATS_CREDS": str(path), "INDEXER_NATS_BACKOFF_SECONDS": "0.3"}
        assert (await indexer("jetstream", "init", cwd=tmp_path, **us)).code == 0

        async def at(slot: int) -> bool:
            return (await scraped(daemon))("settled_slot") >= slot

        begin = await chain.tip()
        daemon = started(tmp_path, "run", "--start", str(begin), **us)
        await until(lambda: at(begin), daemon)
        client = await nats.connect(server.url, user_credentials=str(system))
        revoked = operator.account_jwt(revocations={user.public: int(time.time()) - 30})
        assert b"error" not in (await client.request("$SYS.REQ.CLAIMS.UPDATE", revoked.encode(), timeout=30)).data
        await client.close()
        await said(daemon, "NATS refused our credentials")
        await chain.control("/produce", {"blocks": 5})
        end = await chain.tip()
        await said(daemon, "publishing is blocked; the slot is held")
        status, body = await served(daemon, "/readyz")
        assert (status, orjson.loads(body)["nats"]) == (503, False)
        assert (await served(daemon, "/healthz"))[0] == 200
        refused = await indexer("run", cwd=tmp_path, **us)
        assert refused.code == 3
        assert "NATS_CREDS" in refused.err
        operator.user(path, user, iat=int(time.time()), exp=now + 3600)
        await said(daemon, "connected to NATS again")
        await until(lambda: at(end), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
        assert user.seed not in daemon.tail(1000) + refused.said
        stored = await read_stream(server.url, user_credentials=watcher)
    assert audit(stored, read_truth(truth), first_slot=begin, last_slot=end).problems == []


async def test_an_expired_file_ends_the_start_with_the_date(tmp_path: Path) -> None:
    operator = Operator()
    path = operator.user(tmp_path / "me.creds", new_user(), exp=1_700_000_000)
    async with NatsServer(store_dir=tmp_path / "nats", extra=operator.conf()) as server:
        ended = await indexer("jetstream", "init", cwd=tmp_path, NATS_URL=server.url, NATS_CREDS=str(path))
    assert ended.code == 3
    assert "expired at 2023-11-14 22:13:20 UTC" in ended.err
    assert "Traceback" not in ended.err
