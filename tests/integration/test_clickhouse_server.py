"""`indexer clickhouse migrate` and `indexer sql` against a server over HTTP: addresses, users, rights, TLS, limits."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from indexer.clickhouse import ClickHouse, QueryError, target_of
from indexer.config import Settings
from indexer.sql_answer import session_limits
from tests.chaos.arena import ROOT
from tests.integration.clickhouse_server import Server, certificate, clickhouse, prepare
from tests.integration.forked import each, several
from tests.integration.terminal import indexer

pytestmark = [pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]
QUICK = {"INDEXER_CLICKHOUSE_CONNECT_SECONDS": "1"}
WRITES = [
    "INSERT INTO slots (slot) SELECT 1",
    "ALTER TABLE slots DELETE WHERE 1",
    "DROP TABLE slots",
    "TRUNCATE TABLE slots",
    "SYSTEM FLUSH LOGS",
    "OPTIMIZE TABLE slots FINAL",
    "CREATE TABLE more (a UInt8) ENGINE = Memory",
    "SET readonly = 0",
]
#: a profile of readonly = 2 leaves these to what its user is granted
OUTSIDE = [
    "INSERT INTO FUNCTION url('http://127.0.0.1:9/x', CSV, 'a UInt8') SELECT 1",
    "INSERT INTO FUNCTION file('out.csv', CSV, 'a UInt8') SELECT 1",
    "SELECT * FROM url('http://127.0.0.1:9/x', LineAsString)",
    "SELECT * FROM file('/etc/hostname', LineAsString)",
]
FILES = [path.stem for path in sorted((ROOT / "deploy" / "clickhouse").glob("*.sql"))]


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Server]:
    """One that has the schema in database dex."""
    async with clickhouse(tmp_path_factory.mktemp("server")) as server:
        await prepare(server)
        yield server


async def test_a_migration_makes_its_database_and_is_done_once(server: Server, tmp_path: Path) -> None:
    url = server.url("a%2Ddatabase%60s")
    migrations = [("clickhouse", "migrate", *flags) for flags in (("--dry-run",), (), ("--dry-run",), ())]
    runs = await several(*migrations, cwd=tmp_path, CLICKHOUSE_URL=url)
    assert [ended.code for ended in runs] == [0, 0, 0, 0], runs[1].said
    assert runs[0].out.split() == [word for name in FILES for word in ("would", "apply", f"{name}.sql")]
    assert runs[1].out.split() == [word for name in FILES for word in ("applied", f"{name}.sql")]
    assert f"{len(FILES)} migrations, all applied" in runs[2].out
    assert runs[2].out == runs[3].out
    shown = await indexer("sql", "--csv", "SHOW DATABASES LIKE 'a-%'", cwd=tmp_path, CLICKHOUSE_URL=server.url())
    assert shown.out.splitlines()[1:] == ["a-database`s"]


async def test_a_wrong_password_says_where_it_is_and_not_what_it_is(server: Server, tmp_path: Path) -> None:
    url = server.url(user="me:swordfish")
    commands = (("clickhouse", "migrate"), ("sql", "SELECT 1"))
    for ended in await several(*commands, cwd=tmp_path, CLICKHOUSE_URL=url, **QUICK):
        assert ended.code == 3
        assert "Authentication failed" in ended.err
        assert "CLICKHOUSE_URL has user and password" in ended.err
        assert "swordfish" not in ended.said
        assert "Received ClickHouse exception" not in ended.err


async def test_a_database_that_is_not_there_is_said_with_the_command_that_makes_it(
    server: Server, tmp_path: Path
) -> None:
    ended = await indexer("sql", "SELECT 1", cwd=tmp_path, CLICKHOUSE_URL=server.url("nowhere"))
    assert ended.code == 3
    assert "Database nowhere does not exist" in ended.err
    assert "`indexer clickhouse migrate` makes it" in ended.err


WRONG = [
    ("http://me:secret-word@127.0.0.1:8123/dex?verify=false", "CLICKHOUSE_TLS_CA"),
    ("http://me:secret-word@127.0.0.1:8123/dex/more", "more behind its host than a database"),
    ("http://me:secret/word@127.0.0.1:8123/dex", "%2F"),
    ("http://me:secret#word@127.0.0.1:8123/dex", "%23"),
    ("clickhouse://me:secret-word@127.0.0.1:9000/dex", "8123"),
]


async def test_an_address_that_cannot_be_meant_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    answers = await each([(("sql", "SELECT 1"), {"CLICKHOUSE_URL": url}) for url, _ in WRONG], cwd=tmp_path)
    for (url, sentence), ended in zip(WRONG, answers, strict=True):
        assert (ended.code, sentence in ended.err, "secret" in ended.said) == (2, True, False), f"{url}: {ended.said}"


async def test_nobody_there_is_one_sentence(tmp_path: Path) -> None:
    url = "http://me:secret-word@127.0.0.1:9/dex"
    commands = (("clickhouse", "migrate"), ("sql", "SELECT 1"))
    for ended in await several(*commands, cwd=tmp_path, CLICKHOUSE_URL=url, **QUICK):
        assert ended.code == 3
        said, hint = ended.err.splitlines()
        assert said.startswith("indexer: http://127.0.0.1:9/… does not answer: Failed to establish")
        assert said.endswith("[Errno 111] Connection refused")
        assert hint == "  is it running? CLICKHOUSE_URL names another"


async def test_https_is_spoken_whatever_the_port_and_a_ca_of_ones_own_is_a_setting(tmp_path: Path) -> None:
    pem = certificate(tmp_path)
    async with clickhouse(tmp_path, "--certificate", str(pem)) as server:
        url, plain_url = server.url("default", tls=True), server.url("default")
        ours = {"CLICKHOUSE_URL": url, "CLICKHOUSE_TLS_CA": str(tmp_path / "cert.pem")}
        others = ({"CLICKHOUSE_URL": url}, ours | {"CLICKHOUSE_TLS_CA": "no.pem"}, ours | {"CLICKHOUSE_URL": plain_url})
        query = ("sql", "--csv", "SELECT 6 * 7 AS n")
        commands = [(query, settings) for settings in (ours, *others)]
        ended, unknown, absent, plain = await each(commands, cwd=tmp_path, together=False)
        assert (ended.code, ended.out) == (0, "n\n42\n"), ended.said
        assert unknown.code == 3
        assert "CERTIFICATE_VERIFY_FAILED" in unknown.err
        assert (absent.code, "CLICKHOUSE_TLS_CA" in absent.err) == (2, True)
        assert plain.code == 3


async def test_tls_to_a_port_without_it_sends_no_password(server: Server, tmp_path: Path) -> None:
    before = server.asked("HTTP/1.1")
    ended = await indexer("sql", "SELECT 1", cwd=tmp_path, CLICKHOUSE_URL=server.url(tls=True))
    assert ended.code == 3
    assert "SSL" in ended.err
    assert server.asked("HTTP/1.1") == before


async def test_rows_are_limited_whatever_the_user_may_set(server: Server, tmp_path: Path) -> None:
    query = ("sql", "--csv", "SELECT number FROM numbers(100)")
    urls = [server.url(user=f"{user}:secret-word") for user in ("me", "reader", "limited")]
    commands = [(query, {"CLICKHOUSE_URL": url, "INDEXER_SQL_ROWS": "3"}) for url in urls]
    for ended in await each(commands, cwd=tmp_path, together=False):
        assert (ended.code, ended.out) == (0, "number\n0\n1\n2\n"), ended.said
        assert "the first 3 rows" in ended.err


@pytest.mark.parametrize("user", ["me:secret-word", "reader:secret-word", "limited:secret-word"])
async def test_the_server_itself_refuses_every_write_of_a_reading_session(server: Server, user: str) -> None:
    """What `indexer sql` would not send in the first place."""
    settings = Settings(clickhouse_url=server.url(user=user))  # type: ignore[arg-type]
    async with ClickHouse(target_of(settings), settings, limits=session_limits(settings)) as database:
        for statement in WRITES if user.startswith("limited") else WRITES + OUTSIDE:
            with pytest.raises(QueryError) as refused:
                await database.command(statement)
            assert refused.value.code == 164, statement
        assert await database.rows("SELECT count() FROM slots") == [(0,)]


async def test_a_query_that_takes_too_long_is_ended_by_the_server_and_says_so(server: Server, tmp_path: Path) -> None:
    query = "SELECT count() FROM numbers(1e12) WHERE sleepEachRow(0.00001) = 1"
    limits = {"INDEXER_SQL_SECONDS": "2", "INDEXER_CLICKHOUSE_SECONDS": "1"}
    ended = await indexer("sql", query, cwd=tmp_path, CLICKHOUSE_URL=server.url(), **limits)
    assert ended.code == 2
    assert "INDEXER_SQL_SECONDS" in ended.err


async def test_a_server_that_is_busy_for_a_moment_is_asked_again(server: Server, tmp_path: Path) -> None:
    await server.fail("unavailable", 2)
    ended = await indexer("sql", "--csv", "SELECT 1 AS one", cwd=tmp_path, CLICKHOUSE_URL=server.url())
    await server.fail("unavailable", 0)
    assert ended.code == 3
    assert "no healthy upstream" in ended.err
    await server.fail("unavailable", 2)
    ended = await indexer("clickhouse", "migrate", cwd=tmp_path, CLICKHOUSE_URL=server.url())
    assert ended.code == 0, ended.said
