"""`indexer chart` as a process, over what `indexer up` has stored."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from indexer.chart_bars import price_text
from tests.integration.recording import record
from tests.integration.sinking import sql
from tests.integration.terminal import Ended, indexer

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Path]:
    """Where `indexer up` has run over 13 minutes of chain time."""
    folder = tmp_path_factory.mktemp("charted")
    slots = range(1_000, 1_000 + 40 * 50, 50)
    record(folder, slots)
    ended = await indexer("up", "--record", "record", "--to-slot", str(slots[-1]), cwd=folder)
    assert ended.code == 0, ended.said
    yield folder


async def chart(folder: Path, *words: str) -> Ended:
    return await indexer("chart", *words, cwd=folder)


async def most_traded(folder: Path) -> str:
    query = "SELECT pool, sum(trades) AS n FROM candles_final WHERE interval = '1m' GROUP BY pool ORDER BY n DESC, pool"
    return str((await sql(folder, query))[0]["pool"])


async def test_without_a_pool_the_most_traded_are_listed(folder: Path) -> None:
    listed = await chart(folder)
    assert listed.code == 0, listed.said
    head, *rows = listed.out.splitlines()
    assert head.split() == ["pool", "program", "pair", "swaps", "1m", "candles"]
    assert rows[0].split()[0] == await most_traded(folder)
    swaps = [int(row.split()[-2]) for row in rows]
    assert swaps == sorted(swaps, reverse=True)


@pytest.mark.parametrize("interval", ["1m", "5m"])
async def test_what_is_drawn_is_what_is_stored(folder: Path, interval: str) -> None:
    pool = await most_traded(folder)
    query = f"SELECT max(high) AS high, min(low) AS low, sum(trades) AS trades, count() AS n, argMax(close, open_time) AS last FROM candles_final WHERE pool = '{pool}' AND interval = '{interval}'"  # noqa: S608, E501 - our own address
    (stored,) = await sql(folder, query)
    drawn = await chart(folder, pool, "--interval", interval, "--last", "500")
    assert drawn.code == 0, drawn.said
    step = (stored["high"] - stored["low"]) / 1000
    low, high, last = (price_text(stored[name], step) for name in ("low", "high", "last"))
    assert f"last {last}, low {low}, high {high} · " in drawn.out
    assert re.search(rf"\b{stored['n']} windows with trades, .* · {stored['trades']:,} trades", drawn.out)
    assert f" · {interval} · pool {pool}" in drawn.out.splitlines()[0]
    short = await chart(folder, pool, "--interval", interval, "--last", "1")
    assert " 1 windows with trades" in short.out


async def test_a_picture_is_written(folder: Path) -> None:
    written = await chart(folder, await most_traded(folder), "--png", "a.png")
    assert written.code == 0, written.said
    assert written.out.endswith("wrote a.png\n")
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")


async def test_pools_that_are_not_there_get_near_ones(folder: Path) -> None:
    pool = await most_traded(folder)
    wrong, short, strange, hour = [
        await chart(folder, *words) for words in ((pool[:-1] + "1",), (pool[:6],), ("0x'",), (pool, "--interval", "1h"))
    ]
    assert (wrong.code, short.code, strange.code, hour.code) == (4, 4, 2, 4)
    assert f"near it: {pool}, " in wrong.err
    assert f"near it: {pool}" in short.err
    assert "is no address" in strange.err
    assert "has no closed 1h candle yet" in hour.err


async def test_without_a_database_it_says_how_to_get_one(tmp_path: Path) -> None:
    ended = await chart(tmp_path, "58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2")
    assert (ended.code, "there is no database in" in ended.err, "indexer" in ended.err) == (4, True, True)
    assert (await chart(tmp_path, "--last", "0")).code == 2
