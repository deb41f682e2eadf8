"""`indexer sql` and `indexer clickhouse migrate` as processes: a running sink answers for its directory."""

import asyncio
import csv
import json
import os
import re
import signal
import stat
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import orjson
import pytest
import pytest_asyncio

from indexer.embedded import NatsServer
from tests.chaos.arena import ROOT, Daemon
from tests.indexer.test_clickhouse_rows import CANDLE
from tests.integration.forked import Case, each, several
from tests.integration.sinking import load, make_tables, publish, read_up, sink, sql
from tests.integration.streams import make_streams
from tests.integration.terminal import PATIENCE_SECONDS, Ended, indexer, read_until, said, started, terminal, until

pytestmark = pytest.mark.asyncio(loop_scope="module")

LONG = "SELECT count() FROM numbers(1e12) WHERE sipHash64(number) = 1"
#: takes no less time, and hardly a processor's
SLOW = "SELECT count() FROM numbers(1e12) WHERE sleepEachRow(0.00001) = 1"
LARGE = "SELECT groupArray(number) FROM numbers(1e9)"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory, template: Path) -> AsyncIterator[Path]:
    """A directory that a sink has filled, and no process has."""
    folder = tmp_path_factory.mktemp("filled")
    async with NatsServer(store_dir=folder / "nats", sync="2m") as server:
        await make_streams(server.url)
        messages = load(30, 100)
        await publish(server.url, messages)
        pools = {orjson.loads(payload)["pool"] for subject, _, payload in messages if subject == "dex.sol.swaps"}
        candles = [CANDLE | {"pool": pool, "id": f"501:candle:1m:{pool}:1790000040:2"} for pool in pools]
        await publish(server.url, [("dex.sol.candles.1m", str(one["id"]), orjson.dumps(one)) for one in candles])
        await make_tables(folder, template)
        daemon = sink(folder, server.url)
        await until(lambda: read_up(server.url), daemon)
        await until(lambda: read_up(server.url, "dex-candles-1m"), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
    yield folder


async def ask(folder: Path, *words: str, **settings: str) -> Ended:
    return await indexer("sql", *words, cwd=folder, **settings)


async def ask_all(folder: Path, *queries: tuple[str, ...], **settings: str) -> list[Ended]:
    return await several(*(("sql", *words) for words in queries), cwd=folder, **settings)


async def test_a_query_is_a_table_json_lines_or_csv(folder: Path) -> None:
    query = (
        "SELECT program, count() AS swaps, max(amount_in) > 0 AS paid, NULL AS none FROM swaps FINAL GROUP BY program"
    )
    query += " ORDER BY program LIMIT 2"
    table, lines, comma = await ask_all(folder, (query,), ("--json", query), ("--csv", query))
    assert [ended.code for ended in (table, lines, comma)] == [0, 0, 0], table.said + lines.said
    rows = [json.loads(line) for line in lines.out.splitlines()]
    assert rows[0].keys() == {"program", "swaps", "paid", "none"}
    head, *body = table.out.splitlines()
    assert head.split() == ["program", "swaps", "paid", "none"]
    assert body[0].split() == [rows[0]["program"], str(rows[0]["swaps"]), "1", "null"]
    assert comma.out.splitlines()[:2] == ["program,swaps,paid,none", f"{rows[0]['program']},{rows[0]['swaps']},1,\\N"]
    assert table.err == ""


async def test_null_is_no_empty_text_in_csv_and_no_text_is_null(folder: Path) -> None:
    values = ["NULL", "''", r"'\\N'", "'null'", "' '", "'a,\"b'", r"'1\n2'", "'x'", "7"]
    query = f"SELECT {', '.join(f'{value} AS c{at}' for at, value in enumerate(values))}"
    texts = ["", r"\N", "null", " ", 'a,"b', "1\n2", "x"]
    written = (await ask(folder, "--csv", query)).out
    assert written.partition("\n")[2] == r'\N,"","\N",null," ","a,""b","1' + '\n2",x,7\n'
    assert next(csv.reader([written.partition("\n")[2]])) == [r"\N", *texts, "7"]


async def test_rows_are_limited_and_a_note_says_so(folder: Path) -> None:
    queries = ("SELECT slot FROM swaps FINAL ORDER BY slot", "SELECT slot FROM swaps LIMIT 7")
    ended, exact = await ask_all(folder, *(("--json", query) for query in queries), INDEXER_SQL_ROWS="7")
    assert len(ended.out.splitlines()) == 7
    assert "the first 7 rows" in ended.err
    assert (len(exact.out.splitlines()), exact.err) == (7, "")


WRONG: list[tuple[str, dict[str, str], str, str]] = [
    ("SELECT * FROM swap", {}, "Unknown table", "there are: candles, candles_final, dead_letters"),
    ("SELECT pol FROM swaps", {}, "pol", "DESCRIBE swaps"),
    ("SELECT * FROM swap", {}, "Maybe you meant default.swaps?", "there are: "),
    ("SELEC 1", {}, "SELEC is not let through", "did you mean SELECT?"),
    ("SELECT count( FROM swaps", {}, "Syntax error: failed at position 20", "could not go on"),
    ("DROP TABLE swaps", {}, "DROP is not let through", "SELECT count() FROM swaps"),
    ("SELECT * FROM file('/etc/passwd', 'LineAsString')", {}, "readonly", "SHOW TABLES"),
    (SLOW, {"INDEXER_SQL_SECONDS": "1"}, "exceeded", "slot"),
    (
        LARGE,
        {"INDEXER_SQL_MEMORY_BYTES": "100000000"},
        "memory",
        "narrow it",
    ),
]


async def test_errors_say_what_to_do(folder: Path) -> None:
    answers = await each([(("sql", query), settings) for query, settings, _, _ in WRONG], cwd=folder, together=False)
    for (query, _, sentence, hint), ended in zip(WRONG, answers, strict=True):
        assert (ended.code, sentence in ended.err, hint in ended.err) == (2, True, True), f"{query}: {ended.said}"


async def test_a_running_sink_answers_who_can_read_its_port_file(folder: Path, tmp_path: Path) -> None:
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as server:
        await make_streams(server.url)
        daemon = sink(folder, server.url, name="running")
        await said(daemon, '"event":"sink"')
        all_of_them = ("--json", "SELECT count() AS n FROM swaps FINAL")
        commands = (("sql", *all_of_them), ("sql", "SELECT * FROM swap"), ("clickhouse", "migrate"))
        quickly = {"INDEXER_CLICKHOUSE_CONNECT_SECONDS": "0.5"}
        ended, taught, migrating = await several(*commands, cwd=folder, **quickly)
        assert json.loads(ended.out) == {"n": 3000}
        assert (taught.code, "there are: candles" in taught.err) == (2, True)
        path = folder / ".indexer" / "clickhouse.sql.json"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        place = json.loads(path.read_text())
        url = f"http://127.0.0.1:{place['port']}/query"
        mine = {"Authorization": f"Bearer {place['token']}"}
        assert await answered(url, "SELECT 1", {}) == 403
        assert await answered(url, "SELECT 1", mine) == 200
        assert await answered(url, "SELECT 1 INTO OUTFILE '/tmp/x'", mine) == 400
        assert await answered(url, "x" * 100_000, mine) == 413
        assert (migrating.code, "migrates by itself" in migrating.err) == (3, True), migrating.said
        assert await daemon.end(signal.SIGKILL) == -signal.SIGKILL
        assert path.exists()
        after = await ask(folder, *all_of_them)
        assert json.loads(after.out) == {"n": 3000}
        await stops_while_asked(folder, server)
        assert not path.exists()


async def test_who_asks_a_running_sink_sets_the_limits_and_what_nobody_waits_for_ends(
    folder: Path, tmp_path: Path
) -> None:
    async with NatsServer(store_dir=tmp_path / "nats", sync="2m") as server:
        await make_streams(server.url)
        daemon = sink(folder, server.url, name="limited")
        await said(daemon, '"event":"sink"')
        numbers = "SELECT number FROM numbers(5000)"
        second = {"INDEXER_SQL_SECONDS": "1"}
        asked: list[tuple[tuple[str, ...], dict[str, str]]] = [
            (("sql", "--json", numbers, "--sql-rows", "4000"), {}),
            (("sql", "--json", numbers), {}),
            (("sql", SLOW), second),
        ]
        many, few, late = await each(asked, cwd=folder, together=False)
        assert len(many.out.splitlines()) == 4000
        assert (len(few.out.splitlines()), "the first 1,000 rows of more; --sql-rows" in few.err) == (1000, True)
        assert (late.code, "INDEXER_SQL_SECONDS" in late.err) == (2, True), late.said
        path = folder / ".indexer" / "clickhouse.sql.json"
        place = json.loads(path.read_text())
        url, mine = f"http://127.0.0.1:{place['port']}/query", {"Authorization": f"Bearer {place['token']}"}
        assert [await answered(f"{url}?rows={bad}", "SELECT 1", mine) for bad in ("x", "0", "-1")] == [400] * 3
        idle = daemon.cpu_seconds()
        gone = started(folder, "sql", LONG, name="gone", INDEXER_SQL_SECONDS="3600")
        await until(lambda: worked(daemon, idle + 1), daemon)  # it is being answered; nothing else outside tells
        assert await gone.end(signal.SIGINT) == -signal.SIGINT
        assert await sql(folder, "SELECT 1 AS n") == [{"n": 1}]  # they wait for each other: not for an hour
        assert await daemon.end(signal.SIGTERM) == 0


async def test_ctrl_c_ends_a_query_of_ones_own_at_once(folder: Path) -> None:
    daemon = started(folder, "sql", LONG, name="own", INDEXER_SQL_SECONDS="3600")
    await until(lambda: worked(daemon, 2.5), daemon)  # a start takes one
    assert await daemon.end(signal.SIGINT) == -signal.SIGINT
    assert daemon.log.read_text() == ""


async def test_integers_of_any_size_are_whole_and_names_are_no_markup(folder: Path) -> None:
    query = (
        "SELECT 18446744073709551615 AS a, toUInt256(2) * 18446744073709551615 AS b, toInt64(-9007199254740993) AS c,"
        " NULL AS d, true AS e, nan AS f, toDecimal128('1.10', 2) AS g, map('k', toUInt64(9007199254740993)) AS h"
    )
    ended, table, markup = await ask_all(folder, ("--json", query), (query,), ("SELECT '[/x]'",))
    assert json.loads(ended.out) == {
        "a": 2**64 - 1, "b": 2 * (2**64 - 1), "c": -(2**53) - 1, "d": None, "e": True, "f": None, "g": "1.10",
        "h": {"k": 2**53 + 1},
    }  # fmt: skip
    assert table.out.split()[8:] == [
        "18446744073709551615", "36893488147419103230", "-9007199254740993", "null", "true", "null", "1.10", '{"k":',
        "9007199254740993}",
    ]  # fmt: skip
    assert markup.out.split() == ["'[/x]'", "[/x]"]


async def test_what_is_too_wide_for_a_terminal_is_a_column_a_line(folder: Path) -> None:
    narrow, wide = [await asyncio.to_thread(shown, folder, columns) for columns in (80, 2000)]
    names = [line.split()[0] for line in narrow]
    assert names.count("slot") == names.count("signature") == names.count("stored_at") == 2
    assert len([line for line in narrow if "row 1" in line or "row 2" in line]) == 2
    signatures = {line.split()[1] for line in narrow if line.split()[0] == "signature"}
    assert len(wide) == 3
    assert all(signature in line for line, signature in zip(wide[1:], sorted(signatures), strict=True))


def shown(folder: Path, columns: int) -> list[str]:
    """The lines of a query on a terminal that wide."""
    query = "SELECT * FROM swaps FINAL ORDER BY slot, signature LIMIT 2"
    with terminal("sql", query, cwd=folder, columns=columns) as (process, ours):
        seen = read_until(ours, b"never")
        assert process.wait(PATIENCE_SECONDS) == 0
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", seen.decode()).splitlines()


async def test_no_address_is_broken_in_a_pipe(folder: Path) -> None:
    query = "SELECT * FROM swaps FINAL ORDER BY slot, tx_index LIMIT 1"
    lines, table = await ask_all(folder, ("--json", query), (query,))
    row = json.loads(lines.out)
    head, line = table.out.splitlines()
    assert head.split() == list(row)
    assert {row["pool"], row["signature"], row["mint_in"], row["vault_out"]} <= set(line.split())


async def worked(daemon: Daemon, seconds: float) -> bool:
    """Whether it has taken so much CPU time; where the system does not tell, a while later."""
    if sys.platform != "linux":
        await asyncio.sleep(3)
        return True
    return not daemon.running or daemon.cpu_seconds() > seconds


async def stops_while_asked(folder: Path, server: NatsServer) -> None:
    daemon = sink(folder, server.url, name="stopping")
    await said(daemon, '"event":"sink"')
    asking = asyncio.create_task(ask(folder, "SELECT sleep(2)"))
    await asyncio.sleep(1)
    assert await daemon.end(signal.SIGTERM) == 0
    assert (await asking).code in (0, 3)


async def answered(url: str, query: str, headers: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, data=query, headers=headers) as answer:
        return answer.status


async def test_no_database_is_said_and_none_is_made(tmp_path: Path) -> None:
    ended = await ask(tmp_path, "SELECT 1")
    assert (ended.code, "there is no database in" in ended.err) == (4, True)
    assert os.listdir(tmp_path) == []  # noqa: PTH208 - the plainest look


async def test_a_server_that_is_not_there_is_named_without_its_password(tmp_path: Path) -> None:
    url = "http://me:secret-word@127.0.0.1:1/dex"
    there, quickly = {"CLICKHOUSE_URL": url}, {"INDEXER_CLICKHOUSE_CONNECT_SECONDS": "0.5"}
    cases: list[Case] = [
        (("sql", "SELECT 1"), there | quickly),
        (("clickhouse", "migrate"), there | quickly),
        (("clickhouse", "run"), {"CLICKHOUSE_URL": "tcp://me:secret-word@ch:9000"}),
        (("config",), there),
    ]
    answers = await each(cases, cwd=tmp_path)
    assert [ended.code for ended in answers] == [3, 3, 2, 0], [ended.said for ended in answers]
    assert "http://127.0.0.1:1/… does not answer" in answers[0].err
    assert all("secret-word" not in ended.said for ended in answers)


async def test_migrate_says_what_it_does(tmp_path: Path) -> None:
    migrate = ("clickhouse", "migrate")
    dry, done, again = await several((*migrate, "--dry-run"), migrate, migrate, cwd=tmp_path)
    assert dry.out.splitlines()[0] == "would apply 001_swaps.sql"
    assert (done.code, done.out.splitlines()[-1]) == (0, "applied 008_trades_of.sql"), done.said
    assert again.out.startswith("8 migrations, all applied: embedded ClickHouse in "), again.said


def documented() -> list[tuple[str, list[str]]]:
    """The queries of deploy/clickhouse/README.md, each with the columns its output shows."""
    text = (ROOT / "deploy" / "clickhouse" / "README.md").read_text()
    return [(query, head.split()) for query, head in re.findall(r'^\$ indexer sql "(.+)"\n(.+)$', text, re.MULTILINE)]


async def test_the_documented_queries_give_the_documented_columns(folder: Path) -> None:
    assert len(documented()) == 5
    answers = await ask_all(folder, *((query,) for query, _ in documented()))
    for (query, head), ended in zip(documented(), answers, strict=True):
        assert ended.code == 0, ended.said
        assert ended.out.splitlines()[0].split() == head
        assert len(ended.out.splitlines()) > 1, query
