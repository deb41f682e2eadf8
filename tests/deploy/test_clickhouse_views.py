"""The views of deploy/clickhouse: what they give, and how much of the tables they read for it."""
# ruff: noqa: S608 - every query here is made of our own words

import random
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from indexer.clickhouse import ClickHouse, Target
from indexer.clickhouse_migrate import migrate
from indexer.clickhouse_migrations import load
from indexer.config import Settings

FILES = load(Path("deploy/clickhouse"))
LAST_PRICES = FILES[6].statements
SOL, USDC = "So11111111111111111111111111111111111111112", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
MINTS = (SOL, USDC, "aMint", "bMint", "cMint")
COLUMNS = (
    "slot", "block_time", "tx_index", "signature", "idx", "leg", "program", "pool", "user", "mint_in", "mint_out",
    "amount_in", "amount_out", "decimals_in", "decimals_out", "stored_at",
)  # fmt: skip
PRICES = "SELECT * FROM {} ORDER BY pool, base_mint, quote_mint"
#: what latest_price was before it was kept: of every swap, counted once
FROM_SWAPS = next(one for one in FILES[4].statements if "latest_price" in one).replace("latest_price", "from_swaps", 1)
Row = tuple[object, ...]


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[ClickHouse]:
    directory = tmp_path / "ch"
    async with ClickHouse(Target(dsn=f"chdb://{directory}", directory=directory), Settings()) as opened:
        yield opened


def swaps(dice: random.Random, slots: range) -> list[Row]:
    """Both directions, several pairs of a pool, decimals that are not known, amounts of nothing, times not known."""
    found: list[Row] = []
    for slot in slots:
        for place in range(dice.randrange(4)):
            mint_in, mint_out = dice.sample(MINTS[: dice.choice((2, 5))], 2)
            time = 0 if dice.random() < 0.1 else 1_790_000_000 + slot // 3
            amounts = dice.choice((0, 7, 10**6, 2**64 - 1)), dice.choice((0, 1, 10**9))
            decimals = dice.choice((None, 6, 9)), dice.choice((None, 0, 6))
            found += [
                (slot, time, place, f"s{slot}x{place}", dice.randrange(3), leg, f"p{place}", f"pool{dice.randrange(5)}",
                 f"user{dice.randrange(3)}", mint_in, mint_out, *amounts, *decimals, slot * 10**6)
                for leg in range(dice.choice((1, 1, 2)))
            ]  # fmt: skip
    return found


def published_again(dice: random.Random, rows: list[Row]) -> list[Row]:
    """By a build that knows more: decimals, a program's other name, amounts."""
    named = [dict(zip(COLUMNS, row, strict=True)) for row in dice.sample(rows, len(rows) // 4)]
    for row in named:
        row |= {"decimals_in": 6, "decimals_out": 9, "program": "newer", "stored_at": 10**13}
        row |= {"amount_in": 3, "amount_out": dice.randrange(1, 2**64)}
    return [tuple(row.values()) for row in named]


async def inserted(database: ClickHouse, rows: list[Row], dice: random.Random) -> None:
    """In any order, some of them twice, in batches of any size."""
    mixed = rows + dice.sample(rows, len(rows) // 3)
    dice.shuffle(mixed)
    while mixed:
        batch = [mixed.pop() for _ in range(min(len(mixed), dice.randrange(1, 120)))]
        await database.insert("swaps", COLUMNS, batch)


async def same(database: ClickHouse) -> list[Row]:
    """The prices, which are those of the old definition in every column."""
    await database.command(FROM_SWAPS)
    found, expected = [await database.rows(PRICES.format(name)) for name in ("latest_price", "from_swaps")]
    assert found == expected
    assert (await database.table(PRICES.format("latest_price")))[0] == (
        await database.table(PRICES.format("from_swaps"))
    )[0]
    return found


@pytest.mark.parametrize("done", range(len(LAST_PRICES)))
async def test_last_prices_are_those_of_all_swaps_wherever_their_migration_was_cut_short(
    database: ClickHouse, done: int
) -> None:
    dice = random.Random(done)
    await migrate(database, FILES[:6])
    rows = swaps(dice, range(1, 150))
    await inserted(database, rows, dice)
    for statement in LAST_PRICES[:done]:
        await database.command(statement)
    rows += swaps(dice, range(150, 200))
    await inserted(database, rows[-40:], dice)
    await migrate(database, FILES)
    assert len(await same(database)) > 20
    rows += swaps(dice, range(200, 250))
    await inserted(database, rows, dice)
    await inserted(database, published_again(dice, rows), dice)
    await inserted(database, rows, dice)
    before = await same(database)
    assert any(row[1] == "newer" for row in before)
    for statement in LAST_PRICES:
        await database.command(statement)
    await database.command("OPTIMIZE TABLE last_prices FINAL")
    assert await same(database) == before


async def test_a_last_price_that_is_taken_back_stays_until_the_next_trade_or_a_filling_anew(
    database: ClickHouse,
) -> None:
    await migrate(database, FILES)
    row = (5, 1_790_000_000, 0, "s", 0, 0, "p", "pool", "u", "aMint", SOL, 8, 4, 0, 0, 1)
    undone = (*row[:-3], None, 0, 2)
    await database.insert("swaps", COLUMNS, [row])
    assert [one[4] for one in await same(database)] == [0.5]
    await database.insert("swaps", COLUMNS, [undone])
    assert len(await database.rows("SELECT * FROM latest_price")) == 1
    await database.command("TRUNCATE TABLE last_prices")
    await database.command(LAST_PRICES[2])
    assert await same(database) == []


async def test_trades_of_one_and_the_newest_of_them_are_those_of_trades(database: ClickHouse) -> None:
    dice = random.Random(3)
    await migrate(database, FILES)
    rows = swaps(dice, range(1, 120))
    await inserted(database, rows, dice)
    await inserted(database, published_again(dice, rows), dice)
    for of, where, names in (
        ("pool", "pool = '{}'", ("pool0", "pool4")),
        ("user", "user = '{}'", ("user1",)),
        ("mint", "'{}' IN (base_mint, quote_mint)", (SOL, "aMint", "nothing")),
    ):
        for name in names:
            await same_trades(database, of, name, where.format(name))


async def same_trades(database: ClickHouse, of: str, name: str, where: str) -> None:
    by = "ORDER BY slot DESC, tx_index DESC, idx DESC, leg DESC"
    all_of_it = await database.rows(f"SELECT * FROM trades_of_{of}({of} = '{name}') {by}")
    assert all_of_it == await database.rows(f"SELECT * FROM trades WHERE {where} {by}")
    assert (len(all_of_it) > 20) == (name != "nothing")
    for n in (1, 7, 1000):
        newest = await database.rows(f"SELECT * FROM newest_trades_of_{of}({of} = '{name}', n = {n})")
        assert newest == all_of_it[:n]


async def test_the_newest_trades_are_read_and_no_others(database: ClickHouse) -> None:
    """Of half of all the swaps, and of six that lie far apart."""
    await migrate(database, FILES)
    await database.command("SYSTEM STOP MERGES")
    values = ", ".join(
        f"if(number % 2 = 0, 'often', toString(number % 50000)) AS {name}" for name in ("pool", "user", "mint_in")
    )
    for first in (0, 200_000):
        filled = f"SELECT intDiv(number, 100) AS slot, toString(number), {values} FROM numbers({first}, 200000)"
        await database.command(f"INSERT INTO swaps (slot, signature, pool, user, mint_in) {filled}")
    for value in ("often", "7"):
        await reads_the_newest_alone(database, value)


async def reads_the_newest_alone(database: ClickHouse, value: str) -> None:
    unbuffered = "SETTINGS read_in_order_use_buffering = 0"  # what is read ahead is bounded, but by more than there is
    for of in ("pool", "user", "mint"):
        before = await selected(database)
        newest = f"SELECT slot FROM newest_trades_of_{of}({of} = '{value}', n = 5) {unbuffered}"
        rows = await database.rows(newest)
        assert rows[0][0] >= 3500
        assert len(rows) == 5
        # a granule of each part's projection, and those the slots are in; for a mint the last again for its other side
        assert await selected(database) - before < 150_000
    slots = f"SELECT slot FROM swaps WHERE pool IN ('{value}', '') ORDER BY pool DESC, slot DESC LIMIT 9"
    plan = await database.rows(f"EXPLAIN indexes = 1 {slots}")
    text = "\n".join(line for (line,) in plan)
    assert "ReadFromMergeTree (by_pool)" in text
    assert "Read type: InReverseOrder" in text


async def selected(database: ClickHouse) -> int:
    """Rows that queries of this process have read so far."""
    found = await database.rows("SELECT value FROM system.events WHERE event = 'SelectedRows'")
    return int(found[0][0]) if found else 0


async def test_a_time_has_its_first_slot(database: ClickHouse) -> None:
    await migrate(database, FILES)
    times = [(slot, 1_790_000_000 + slot // 2, 0, "s", 0, 0, *("x",) * 5, 1, 1, 6, 6, 1) for slot in range(10, 20)]
    await database.insert("swaps", COLUMNS, times)
    at = "SELECT slot FROM slot_at(time = toDateTime({}, 'UTC'))"
    assert await database.rows(at.format(1_790_000_007)) == [(14,)]
    assert await database.rows(at.format(1_790_000_010)) == []
