"""Numbered SQL files into a database: in order, each once, and never another past."""
# ruff: noqa: S608 - every query here is made of our own words

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from indexer.clickhouse import ClickHouse, QueryError, SchemaError, Target, target_of
from indexer.clickhouse_migrate import applied_to, migrate, require_schema
from indexer.clickhouse_migrations import load
from indexer.config import Settings
from indexer.errors import CheckError, UsageError

OURS = Path("deploy/clickhouse")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the files, to be changed."""
    shutil.copytree(OURS, tmp_path / "sql")
    return tmp_path / "sql"


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[ClickHouse]:
    async with ClickHouse(_target(tmp_path), Settings()) as opened:
        yield opened


def _target(tmp_path: Path) -> Target:
    return Target(dsn=f"chdb://{tmp_path / 'ch'}", directory=tmp_path / "ch")


async def tables(database: ClickHouse) -> set[str]:
    return {name for (name,) in await database.rows("SHOW TABLES")}


async def test_files_are_applied_once_in_their_order_and_a_dry_run_applies_none(database: ClickHouse) -> None:
    files = load(OURS)
    assert [one.name for one in await migrate(database, files, dry_run=True)] == [one.name for one in files]
    assert await tables(database) == set()
    with pytest.raises(SchemaError, match=r"001_swaps.sql is not applied"):
        await require_schema(database, files)
    assert await migrate(database, files) == files
    await require_schema(database, files)
    expected = {"swaps", "slots", "candles", "dead_letters", "latest_price", "volume_by_program", "top_pools"}
    assert expected | {"candles_final", "schema_migrations"} <= await tables(database)
    assert await migrate(database, files) == []
    assert await applied_to(database) == {one.number: (one.name, one.checksum) for one in files}


async def test_two_at_once_do_no_harm(database: ClickHouse, tmp_path: Path) -> None:
    files = load(OURS)
    async with ClickHouse(_target(tmp_path), Settings()) as other:
        await asyncio.gather(migrate(database, files), migrate(other, files))
    assert len(await applied_to(database)) == len(files)
    assert await migrate(database, files) == []


async def test_one_that_was_cut_short_is_made_whole_by_the_next(database: ClickHouse, folder: Path) -> None:
    more = folder / "009_more.sql"
    wrong, right = (f"CREATE OR REPLACE VIEW v AS SELECT * FROM {name};\n" for name in ("absent", "more"))
    first = "CREATE TABLE IF NOT EXISTS more (a UInt8) ENGINE = Memory;\n"
    more.write_text(first + wrong)
    with pytest.raises(QueryError) as caught:
        await migrate(database, load(folder))
    assert caught.value.code == 60
    assert len(await applied_to(database)) == 8
    more.write_text(first + right)
    assert [one.number for one in await migrate(database, load(folder))] == [9]


async def test_an_edited_file_is_refused_and_a_mended_comment_is_not(database: ClickHouse, folder: Path) -> None:
    await migrate(database, load(folder))
    slots = folder / "002_slots.sql"
    slots.write_text("-- Better words.\n" + slots.read_text().replace("\n\n", "\n"))
    assert await migrate(database, load(folder)) == []
    slots.write_text(slots.read_text().replace("failed_txs     UInt32", "failed_txs     UInt64"))
    with pytest.raises(CheckError, match=r"002_slots.sql is not what was applied") as caught:
        await migrate(database, load(folder))
    assert "009_" in caught.value.hint


async def test_a_database_of_a_newer_program_and_one_with_a_hole_are_refused(
    database: ClickHouse, folder: Path
) -> None:
    await migrate(database, load(folder))
    shutil.move(folder / "008_trades_of.sql", folder.parent / "008_trades_of.sql")
    with pytest.raises(CheckError, match=r"008_trades_of.sql, which is not here"):
        await migrate(database, load(folder))
    shutil.move(folder.parent / "008_trades_of.sql", folder / "008_trades_of.sql")
    await database.command("ALTER TABLE schema_migrations DELETE WHERE number = 3 SETTINGS mutations_sync = 2")
    with pytest.raises(CheckError, match=r"003_candles.sql was left out"):
        await migrate(database, load(folder))


async def test_reads_by_pool_user_and_mint_take_the_projections(database: ClickHouse) -> None:
    await migrate(database, load(OURS))
    values = ", ".join(f"toString(number % 50000) AS {name}" for name in ("pool", "user", "mint_in", "mint_out"))
    filled = f"SELECT number AS slot, 'x' AS signature, {values} FROM numbers(100000)"
    await database.command(f"INSERT INTO swaps (slot, signature, pool, user, mint_in, mint_out) {filled}")
    always = "SETTINGS min_table_rows_to_use_projection_index = 0"
    for view, projections in (
        ("swaps_of_pool(pool = '7')", {"by_pool"}),
        ("swaps_of_user(user = '7')", {"by_user"}),
        ("swaps_of_mint(mint = '7')", {"by_mint_in", "by_mint_out"}),
    ):
        plan = await database.rows(f"EXPLAIN projections = 1, indexes = 1 SELECT * FROM {view} {always}")
        assert {line.split()[-1] for (line,) in plan if "Name: by_" in line} == projections
        assert await database.rows(f"SELECT DISTINCT slot FROM {view} ORDER BY slot") == [(7,), (50007,)]


async def test_the_last_revisions_are_read_as_they_lie_and_are_the_last(database: ClickHouse) -> None:
    await migrate(database, load(OURS))
    keys = "['1m', '1h'][1 + number % 2] AS interval, toString(intDiv(number, 2) % 50) AS pool"
    filled = f"SELECT {keys}, toDateTime(1790000000 + number % 10), number % 3 FROM numbers(3000)"
    await database.command(f"INSERT INTO candles (interval, pool, open_time, revision) {filled}")
    plan = "\n".join(line for (line,) in await database.rows("EXPLAIN SELECT * FROM candles_final"))
    assert "Read type: InOrder" in plan  # nothing is sorted as a whole, whatever there is
    assert "LimitBySortedStreamTransform" in str(await database.rows("EXPLAIN PIPELINE SELECT * FROM candles_final"))
    by = "interval, pool, open_time"
    expected = await database.rows(f"SELECT {by}, max(revision) FROM candles GROUP BY {by} ORDER BY {by}")
    assert await database.rows(f"SELECT {by}, revision FROM candles_final ORDER BY {by}") == expected


@pytest.mark.parametrize(
    ("name", "text", "why"),
    [
        ("009_x.sql", "DROP TABLE swaps;", "cannot be run again: DROP TABLE swaps"),
        ("009_x.sql", "INSERT INTO slots (slot) VALUES (1);", "cannot be run again"),
        ("009_x.sql", "CREATE TABLE x (a UInt8) ENGINE = Memory;", "cannot be run again"),
        ("6_x.sql", "", "not named as a migration"),
        ("010_x.sql", "", "without a gap"),
    ],
)
def test_a_file_that_could_not_be_run_again_is_no_migration(folder: Path, name: str, text: str, why: str) -> None:
    (folder / name).write_text(text)
    with pytest.raises(UsageError, match=why):
        load(folder)


def test_a_folder_without_files_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"no \*.sql in"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("url", "shown", "database"),
    [
        ("", "embedded ClickHouse in {data}/clickhouse", "default"),
        ("chdb:///a/b", "embedded ClickHouse in /a/b", "default"),
        ("https://me:secret@ch.example:8443/dex", "https://ch.example:8443/…", "dex"),
        ("http://ch:8123", "http://ch:8123", "default"),
    ],
)
def test_what_the_url_names_is_shown_without_its_secrets(tmp_path: Path, url: str, shown: str, database: str) -> None:
    target = target_of(Settings(clickhouse_url=url, data_dir=tmp_path))  # type: ignore[arg-type]
    assert str(target) == repr(target) == shown.format(data=tmp_path)
    assert target.database == database


@pytest.mark.parametrize(
    "url",
    ["clickhouse://x", "tcp://ch:9000", "http://", "http://ch:no", "chdb://", "ch:8123", "http://ch:8123/dex?x=y"],
)
def test_an_address_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(UsageError, match="CLICKHOUSE_URL"):
        target_of(Settings(clickhouse_url=url))  # type: ignore[arg-type]
