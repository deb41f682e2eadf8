"""`indexer clickhouse run` into a server over HTTP that is killed, slow or refuses: every message is a row once."""

import signal
from pathlib import Path

import orjson
import pytest

from indexer.clickhouse import ClickHouse, target_of
from indexer.config import Settings
from indexer.embedded import NatsServer
from indexer.message import swap_id
from tests.chaos.arena import Daemon
from tests.integration.clickhouse_server import Server, clickhouse, prepare
from tests.integration.forked import Case, each
from tests.integration.sinking import consumer, load, publish, read_up, sink, swap_ids, templates
from tests.integration.streams import ask
from tests.integration.terminal import indexer, said, served, until

pytestmark = pytest.mark.timeout(240)
README = Path(__file__).parents[2] / "deploy" / "clickhouse" / "README.md"
SMALL = {"INDEXER_CLICKHOUSE_BATCH_MESSAGES": "200", "INDEXER_CLICKHOUSE_BATCH_BYTES": "1000000"}


async def rows(server: Server, query: str) -> list[tuple[object, ...]]:
    """Of a query, in this process."""
    settings = Settings(clickhouse_url=server.url())  # type: ignore[arg-type]
    async with ClickHouse(target_of(settings), settings) as database:
        return await database.rows(query)


async def found(server: Server) -> list[str]:
    """The ids of all swaps that FINAL shows."""
    keys = await rows(server, "SELECT slot, signature, idx, leg FROM swaps FINAL")
    return [swap_id(*key) for key in keys]  # type: ignore[arg-type]


async def test_resets_timeouts_and_late_errors_leave_every_message_a_row_once(
    stream: NatsServer, tmp_path: Path
) -> None:
    messages = load(20, 50)
    huge = templates()[0] | {"amount_in": 2**64 - 1}
    poison = [("dex.sol.swaps", f"poison{n}", body) for n, body in enumerate([b"\xff", orjson.dumps(huge)])]
    await publish(stream.url, messages[:400] + poison + messages[400:])
    async with clickhouse(tmp_path, "--slow-seconds", "4") as server:
        await prepare(server, more=["ALTER TABLE swaps ADD CONSTRAINT few CHECK amount_in < 18000000000000000000"])
        for fault, times in (("reset_after_insert", 2), ("error_after_headers", 1), ("slow_insert", 1)):
            await server.fail(fault, times)
        daemon = sink(tmp_path, stream.url, CLICKHOUSE_URL=server.url(), INDEXER_CLICKHOUSE_SECONDS="2", **SMALL)
        await until(lambda: read_up(stream.url), daemon, seconds=180)
        await until(lambda: read_up(stream.url, "dex-dead"), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
        names = await found(server)
        assert sorted(names) == sorted(swap_ids(messages))
        assert server.asked("async_insert=0") >= 5  # whatever the server's own default is
        letters = await rows(server, "SELECT reason FROM dead_letters FINAL ORDER BY sequence")
        assert letters == [("contract",), ("clickhouse",)]
    told = await consumer(stream.url)
    assert told["delivered"]["consumer_seq"] == len(messages) + len(poison)
    log = daemon.log.read_text()
    for reason in ("Read timed out", "Connection reset by peer", "late."):
        assert reason in log
    assert "secret-word" not in log


async def test_a_server_that_is_killed_and_started_again_costs_nothing(stream: NatsServer, tmp_path: Path) -> None:
    messages = load(10, 50)
    async with clickhouse(tmp_path) as server:
        await prepare(server)
        daemon = sink(tmp_path, stream.url, CLICKHOUSE_URL=server.url(), **SMALL)
        await until(lambda: is_ready(daemon), daemon)
        server.kill()
        await publish(stream.url, messages)
        await said(daemon, "batch held")
        await until(lambda: refused(daemon), daemon)
        status, body = await served(daemon, "/readyz")
        assert (status, "secret-word" in body) == (503, False)
        assert (await served(daemon, "/healthz"))[0] == 200
        await server.start("--user", "me:another-word:")  # its password was changed meanwhile
        await said(daemon, "Authentication failed")
        server.kill()
        await server.start()
        await until(lambda: read_up(stream.url), daemon)
        await until(lambda: is_ready(daemon), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
        assert sorted(await found(server)) == sorted(swap_ids(messages))
    log = daemon.log.read_text()
    assert "secret-word" not in log
    assert log.count("batch held") < 8  # once a reason, and not once a try
    assert (await ask(stream.url, "STREAM.INFO.dex-dead"))["state"]["messages"] == 0


async def test_a_start_ends_on_what_a_person_must_mend_and_waits_for_the_tables(
    stream: NatsServer, tmp_path: Path
) -> None:
    async with clickhouse(tmp_path) as server:
        wrong = (
            (server.url(user="me:swordfish"), "CLICKHOUSE_URL has user and password"),
            (server.url(), "`indexer clickhouse migrate` makes it"),
        )
        run = ("clickhouse", "run")
        cases = [(run, {"NATS_URL": stream.url, "CLICKHOUSE_URL": url}) for url, _ in wrong]
        for (_, sentence), ended in zip(wrong, await each(cases, cwd=tmp_path, together=False), strict=True):
            assert (ended.code, sentence in ended.err, "swordfish" in ended.said) == (3, True, False), ended.said
        await publish(stream.url, load(2, 10))
        daemon = sink(tmp_path, stream.url, CLICKHOUSE_URL=server.url("default"))
        await said(daemon, "001_swaps.sql is not applied")
        await prepare(server, "default")
        await until(lambda: read_up(stream.url), daemon)


async def test_users_need_what_the_readme_grants_them_and_no_more(stream: NatsServer, tmp_path: Path) -> None:
    async with clickhouse(tmp_path, f"--grant={granted('migrator')}") as server:
        url = server.url()
        migrated = await indexer("clickhouse", "migrate", cwd=tmp_path, CLICKHOUSE_URL=url)
        assert migrated.code == 0, migrated.said
        server.kill()
        server.flags = [f"--grant={granted('sink')}"]
        await server.start()
        await publish(stream.url, load(2, 10))
        daemon = sink(tmp_path, stream.url, CLICKHOUSE_URL=url)
        await until(lambda: read_up(stream.url), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
        server.kill()
        server.flags = [f"--grant={granted('reader')}"]
        await server.start()
        queries = ("SELECT count() AS n FROM trades", "SELECT count() > 0 AS kept FROM latest_price")
        commands: list[Case] = [(("sql", "--csv", query), {"CLICKHOUSE_URL": url}) for query in queries]
        commands.append((("clickhouse", "migrate"), {"CLICKHOUSE_URL": server.url("other")}))
        read, prices, denied = await each(commands, cwd=tmp_path, together=False)
        assert (read.code, read.out) == (0, "n\n20\n"), read.said
        assert (prices.code, prices.out) == (0, "kept\n1\n"), prices.said
        assert denied.code == 3
        assert "what each user needs" in denied.err


def granted(user: str) -> str:
    """What the README grants a user."""
    (line,) = [line for line in README.read_text().splitlines() if line.endswith(f" TO {user};")]
    return line.removeprefix("GRANT ").removesuffix(f" TO {user};")


async def refused(daemon: Daemon) -> bool:
    return "Connection refused" in (await served(daemon, "/readyz"))[1]


async def is_ready(daemon: Daemon) -> bool:
    return (await served(daemon, "/readyz"))[0] == 200
