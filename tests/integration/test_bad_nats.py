"""NATS away, empty, full, or closed to us: the daemon says so, holds what it has, and goes on where it can."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import orjson
import pytest
import pytest_asyncio

from indexer.embedded import NatsServer
from tests.chaos.arena import Daemon, Localnet
from tests.chaos.audit import audit, read_truth
from tests.integration.chains import peers, standing
from tests.integration.forked import indexer, started
from tests.integration.streams import ask, change, config_of, make_streams, markers, read_stream, settled
from tests.integration.terminal import Ended, said, scraped, scraped_at, served, until

FIRST = 9000
INIT = "create it with `indexer jetstream init`"


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("truth") / "truth.jsonl"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def chain(truth: Path) -> AsyncIterator[Localnet]:
    async with standing(truth, first_slot=FIRST, blocks=10) as net:
        yield net


async def live(chain: Localnet, stream: NatsServer, folder: Path, **settings: str) -> tuple[Daemon, int]:
    """A daemon that has settled the tip, and the tip."""
    begin = await chain.tip()
    daemon = started(folder, "run", "--start", str(begin), **peers(chain, stream), **settings)
    await until(lambda: settled(stream.url, begin), daemon)
    return daemon, begin


async def wrong(stream: NatsServer, truth: Path, *, first: int, last: int) -> list[str]:
    """What the judge has against the stream."""
    return audit(await read_stream(stream.url), read_truth(truth), first_slot=first, last_slot=last).problems


async def blocked(daemon: Daemon) -> bool:
    return (await scraped(daemon))("publish_blocked") == 1


async def test_nats_down_at_the_start_is_said_after_a_while(chain: Localnet, tmp_path: Path) -> None:
    begin = time.monotonic()
    nowhere = {"NATS_URL": "nats://127.0.0.1:1,127.0.0.1:2", "INDEXER_NATS_CONNECT_SECONDS": "1"}
    ended = await indexer("run", cwd=tmp_path, **peers(chain), **nowhere)
    assert time.monotonic() - begin >= 1
    assert ended.code == 3
    assert "cannot reach NATS at 127.0.0.1:1, 127.0.0.1:2: " in ended.err
    assert "is nats-server running there? NATS_URL names it" in ended.err


async def test_nats_down_later_is_waited_out_and_nothing_is_lost(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    daemon, begin = await live(chain, stream, tmp_path)
    await stream.kill()
    await chain.control("/produce", {"blocks": 5})
    end = await chain.tip()
    await until(lambda: blocked(daemon), daemon)
    status, body = await served(daemon, "/readyz")
    assert status == 503
    ready = orjson.loads(body)
    assert (ready["ok"], ready["nats"], ready["pubsub"], ready["publish_blocked"]) == (False, False, True, True)
    assert (await served(daemon, "/healthz"))[0] == 200
    await stream.start()
    await until(lambda: settled(stream.url, end), daemon)
    await said(daemon, "connected to NATS again")
    metrics = await scraped_at(daemon, end)
    assert metrics("publish_blocked") == 0
    assert metrics("reconnects_total", peer="nats") == 1
    assert (await served(daemon, "/readyz"))[0] == 200
    assert await daemon.end(signal.SIGTERM) == 0
    assert await wrong(stream, truth, first=begin, last=end) == []


async def test_a_stop_while_nats_is_down_waits_no_longer_than_its_limit(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    daemon, begin = await live(chain, stream, tmp_path, INDEXER_DRAIN_SECONDS="1", INDEXER_NATS_CONNECT_SECONDS="600")
    await stream.kill()
    await chain.control("/produce", {"blocks": 2})
    end = await chain.tip()
    await until(lambda: blocked(daemon), daemon)
    assert await daemon.end(signal.SIGTERM) == 0
    assert "published" in daemon.tail(1)
    await stream.start()
    rest = await indexer("run", "--to-slot", str(end), cwd=tmp_path, **peers(chain, stream))
    assert rest.code == 0, rest.said
    assert await wrong(stream, truth, first=begin, last=end) == []


async def test_a_missing_stream_is_named_with_the_way_to_get_it(
    chain: Localnet, stream: NatsServer, tmp_path: Path
) -> None:
    daemon, _ = await live(chain, stream, tmp_path, INDEXER_NATS_CONNECT_SECONDS="1")
    await ask(stream.url, "STREAM.DELETE.dex-swaps")
    await chain.control("/produce", {"blocks": 2})
    assert await daemon.wait(seconds=90) == 3  # deleted while it ran
    assert "stream dex-swaps does not exist" in daemon.tail(2)
    assert INIT in daemon.tail(2)
    ended = await indexer("run", cwd=tmp_path, **peers(chain, stream))
    assert ended.code == 3
    assert "stream dex-swaps does not exist" in ended.err
    assert INIT in ended.err
    assert (await indexer("jetstream", "init", cwd=tmp_path, NATS_URL=stream.url)).code == 0
    await ask(stream.url, "STREAM.DELETE.dex-dead")
    ended = await indexer("run", cwd=tmp_path, **peers(chain, stream))
    assert (ended.code, "stream dex-dead does not exist" in ended.err) == (3, True)


async def test_a_server_without_jetstream_and_a_stream_without_batches_are_named(
    chain: Localnet, stream: NatsServer, tmp_path: Path
) -> None:
    await change(stream.url, allow_atomic=False)
    ended = await indexer("run", cwd=tmp_path, **peers(chain, stream))
    assert ended.code == 3
    assert "stream dex-swaps does not have allow_atomic" in ended.err
    assert "nats stream edit dex-swaps" in ended.err


async def test_missing_consumers_are_no_problem(
    chain: Localnet, stream: NatsServer, truth: Path, tmp_path: Path
) -> None:
    for consumer in ("clickhouse-sink", "api-query", "candle-builder"):
        await ask(stream.url, f"CONSUMER.DELETE.dex-swaps.{consumer}")
    last = FIRST + 8
    replay = ("run", "--replay-from-slot", str(FIRST), "--to-slot", str(last))
    ended = await indexer(*replay, cwd=tmp_path, **peers(chain, stream))
    assert ended.code == 0, ended.said
    assert await wrong(stream, truth, first=FIRST, last=last) == []


USERS = """authorization { users: [
  { user: admin, password: admin },
  { user: mute, password: hunter2, permissions: { publish: { allow: ">", deny: "dex.sol.>" } } },
  { user: blind, password: hunter2, permissions: { publish: { allow: "dex.sol.>" } } },
  { user: deaf, password: hunter2, permissions: { subscribe: { deny: "_INBOX.>" } } },
] }"""


async def test_a_user_without_permission_is_told_what_it_lacks(chain: Localnet, tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m", extra=USERS) as server:
        await make_streams(server.url.replace("//", "//admin:admin@"))
        begin = ("run", "--start", str(FIRST))

        async def run(user: str) -> Ended:
            settings = peers(chain, server) | {"NATS_USER": user, "NATS_PASSWORD": "hunter2"}
            return await indexer(*begin, cwd=tmp_path, **settings)

        mute, blind, deaf, stranger = await asyncio.gather(*map(run, ("mute", "blind", "deaf", "nobody")))
        stored = await ask(server.url.replace("//", "//admin:admin@"), "STREAM.INFO.dex-swaps")
    assert stored["state"]["messages"] == 0
    for ended in (mute, blind, deaf, stranger):
        assert ended.code == 3, ended.said
        assert "hunter" not in ended.said
        assert "Traceback" not in ended.said
    assert 'NATS denies us: permissions violation for publish to "dex.sol.' in mute.err.lower().replace(
        "nats d", "NATS d"
    )
    assert "$js.api." in blind.err.lower()
    assert "_inbox." in deaf.err.lower()
    for ended in (mute, blind, deaf):
        assert "the user needs publish rights on dex.sol.> and $JS.API.>" in ended.err
    assert "refused our credentials" in stranger.err
    assert "NATS_USER and NATS_PASSWORD" in stranger.err


@pytest.mark.parametrize("full", ["stream", "disk"])
async def test_a_full_store_holds_the_slot_alarms_and_goes_on_when_there_is_room(
    full: str, chain: Localnet, truth: Path, tmp_path: Path
) -> None:
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as stream:
        await make_streams(stream.url)
        await change(stream.url, discard="new")
        daemon, begin = await live(chain, stream, tmp_path, INDEXER_ACK_SECONDS="1")
        if full == "stream":
            used = (await ask(stream.url, "STREAM.INFO.dex-swaps"))["state"]["bytes"]
            await change(stream.url, max_bytes=used + 2000)
        else:
            stream.max_store_bytes = 50_000
            await stream.kill()
            await stream.start()
            await said(daemon, "connected to NATS again")
        await chain.control("/produce", {"blocks": 6})
        end = await chain.tip()
        await until(lambda: blocked(daemon), daemon)
        assert '"level":"error"' in await said(daemon, "publishing is blocked; the slot is held")
        await said(daemon, "maximum bytes exceeded" if full == "stream" else "insufficient resources|no answer")
        failures = await scraped(daemon)
        reasons = ("refused",) if full == "stream" else ("refused", "unanswered")
        assert sum(failures("publish_failures_total", reason=reason) for reason in reasons) > 0
        before = markers(await read_stream(stream.url))[-1]["slot"]
        assert before < end
        assert (await served(daemon, "/readyz"))[0] == 503
        status, body = await served(daemon, "/healthz")
        assert (status, orjson.loads(body)["publish_blocked"]) == (200, True)
        assert daemon.running
        if full == "stream":
            await change(stream.url, max_bytes=-1)
        else:
            stream.max_store_bytes = None
            await stream.kill()
            await stream.start()
        await until(lambda: settled(stream.url, end), daemon)
        await said(daemon, "publishing goes on")
        assert not await blocked(daemon)
        assert await daemon.end(signal.SIGTERM) == 0
        assert await wrong(stream, truth, first=begin, last=end) == []
        assert (await config_of(stream.url))["discard"] == "new"
