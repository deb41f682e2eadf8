"""`indexer chart` as a process, over what a sink has stored."""

import re
import signal
from collections.abc import AsyncIterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import pytest
import pytest_asyncio
from base58 import b58encode

from indexer.chart_bars import price_text
from indexer.embedded import NatsServer
from tests.indexer.candle_history import builder, feed
from tests.indexer.candle_stream import put
from tests.indexer.test_clickhouse_rows import CANDLE
from tests.integration.candle_rows import Day
from tests.integration.forked import several
from tests.integration.sinking import make_tables, publish, read_up, sink, sql
from tests.integration.streams import make_streams
from tests.integration.terminal import Ended, indexer, until

pytestmark = pytest.mark.asyncio(loop_scope="module")


MOST_TRADED = "SELECT pool, sum(trades) AS n FROM candles_final WHERE interval = '1m' GROUP BY 1 ORDER BY n DESC, pool"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def folder(tmp_path_factory: pytest.TempPathFactory, template: Path) -> AsyncIterator[Path]:
    """Where a sink has stored 13 minutes of swaps, their candles, and those of one pool that are made for a test."""
    folder = tmp_path_factory.mktemp("charted")
    day = Day(5, time=FIRST // 3600 * 3600)
    day.step(0, 3)
    for _ in range(39):
        day.step(20, 8)
    events = [replace(one, data=one.data | addressed(one.data)) for one in day.events]
    candles = [(one.subject, one.id, one.payload) for one in feed(builder(), events)]
    async with NatsServer(store_dir=folder / "nats", sync="2m") as server:
        await make_streams(server.url)
        await put(server.url, events)
        await publish(server.url, [*candles, *MADE])
        await make_tables(folder, template)
        daemon = sink(folder, server.url)
        for name in ("dex-swaps", "dex-candles-1m", "dex-candles-5m", "dex-candles-1h"):
            await until(partial(read_up, server.url, name), daemon)
        assert await daemon.end(signal.SIGTERM) == 0
    yield folder


def addressed(body: dict[str, Any]) -> dict[str, str]:
    """A pool's address in place of its name."""
    return {"pool": b58encode(body["pool"].encode().ljust(32, b".")).decode()} if "pool" in body else {}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def most_traded(folder: Path) -> str:
    return str((await sql(folder, MOST_TRADED))[0]["pool"])


async def charts(folder: Path, *commands: tuple[str, ...]) -> list[Ended]:
    return await several(*(("chart", *words) for words in commands), cwd=folder)


async def test_without_a_pool_the_most_traded_are_listed(folder: Path, most_traded: str) -> None:
    listed = await indexer("chart", cwd=folder)
    assert listed.code == 0, listed.said
    head, *rows = listed.out.splitlines()
    assert head.split() == ["pool", "program", "pair", "swaps", "1m", "candles"]
    assert rows[0].split()[0] == most_traded
    swaps = [int(row.split()[-2]) for row in rows]
    assert swaps == sorted(swaps, reverse=True)


async def test_what_is_drawn_is_what_is_stored(folder: Path, most_traded: str) -> None:
    words = [
        (most_traded, "--interval", interval, "--last", last) for interval in ("1m", "5m") for last in ("500", "1")
    ]
    minutes, minute, fives, five = await charts(folder, *words)
    await is_what_is_stored(folder, most_traded, "1m", minutes)
    await is_what_is_stored(folder, most_traded, "5m", fives)
    assert " 1 window with trades" in minute.out
    assert " 1 window with trades" in five.out


async def is_what_is_stored(folder: Path, pool: str, interval: str, drawn: Ended) -> None:
    query = f"SELECT max(high) AS high, min(low) AS low, sum(trades) AS trades, count() AS n, argMax(close, open_time) AS last FROM candles_final WHERE pool = '{pool}' AND interval = '{interval}'"  # noqa: S608, E501 - our own address
    (stored,) = await sql(folder, query)
    assert drawn.code == 0, drawn.said
    step = (stored["high"] - stored["low"]) / 1000
    low, high, last = (price_text(stored[name], step) for name in ("low", "high", "last"))
    assert f"last {last}, low {low}, high {high} · " in drawn.out
    assert re.search(rf"\b{stored['n']} windows? with trades, .* · {stored['trades']:,} trades", drawn.out)
    assert f" · {interval} · pool {pool}" in drawn.out.splitlines()[0]


async def test_a_picture_is_written(folder: Path, most_traded: str) -> None:
    written, wrong = await charts(folder, *((most_traded, "--png", name) for name in ("a.png", "a.jpg")))
    assert written.code == 0, written.said
    assert written.out.endswith("wrote a.png\n")
    assert (folder / "a.png").read_bytes().startswith(b"\x89PNG")
    assert (wrong.code, "--png a.png" in wrong.err) == (2, True)


async def test_pools_that_are_not_there_get_near_ones(folder: Path, most_traded: str) -> None:
    pool = most_traded
    wrong, short, strange, hour = await charts(
        folder, (pool[:-1] + "1",), (pool[:6],), ("0x'",), (pool, "--interval", "1h")
    )
    assert (wrong.code, short.code, strange.code, hour.code) == (4, 4, 2, 4)
    assert f"near it: {pool}, " in wrong.err
    assert f"near it: {pool}" in short.err
    assert "is no address" in strange.err
    assert "has no closed 1h candle yet" in hour.err


async def test_without_a_database_it_says_how_to_get_one(tmp_path: Path) -> None:
    ended, none = await charts(tmp_path, (POOL,), ("--last", "0"))
    assert (ended.code, "there is no database in" in ended.err, "indexer" in ended.err) == (4, True, True)
    assert none.code == 2


POOL = "58oQChx4yWmvKdwLLZzBi4ChoCc2fqCUWBkwMihLYQo2"
SOL, USDC = "So11111111111111111111111111111111111111112", "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
BONK = "DezXAZ8z7PnrnRJjz3wXBoRgixCa6xjnB7YaB1pPB263"
FIRST = 1_790_000_040  # 14:14 UTC


def candle(window: int, prices: tuple[str, ...] | None, *, revision: int = 0, **values: Any) -> tuple[str, str, bytes]:
    """One of the pool's, as `indexer candles` publishes it: open, high, low, close."""
    named = dict(zip(("open", "high", "low", "close"), prices or (None,) * 4, strict=True))
    time = FIRST + 60 * window
    body = CANDLE | {
        "pool": POOL, "base_mint": SOL, "quote_mint": USDC, "open_time": time, "close_time": time + 60,
        "incomplete": False, "trades": 1, "revision": revision, **named, **values,
    }  # fmt: skip
    name = POOL if body["base_mint"] == SOL else f"{POOL}.{body['base_mint']}.{body['quote_mint']}"
    body["id"] = f"501:candle:1m:{name}:{time}:{revision}"
    return "dex.sol.candles.1m", str(body["id"]), orjson.dumps(body)


MADE = [
    candle(0, ("100", "100", "100", "100"), trades=5),
    candle(1, ("100", "900", "1", "900"), trades=2),
    candle(1, ("100", "120", "90", "110"), revision=2, trades=4),
    candle(1, ("100", "800", "2", "800"), revision=1, trades=3),
    candle(2, None, trades=1),
    candle(4, ("110", "115", "108", "112"), trades=6, incomplete=True),
    candle(4, ("5", "7", "5", "6"), trades=1, base_mint=BONK, quote_mint=SOL),
]


async def test_the_highest_revision_counts_and_a_pair_can_be_chosen(folder: Path) -> None:
    pairs = (("--pair", "BONK/SOL"), ("--pair", "JUP/SOL"), ("--last", "2"))
    drawn, other, absent, last = await charts(folder, (POOL,), *((POOL, *words) for words in pairs))
    assert drawn.code == 0, drawn.said
    assert drawn.out.startswith(f"SOL/USDC · pumpswap · 1m · pool {POOL}\n")
    assert "4 windows with trades, 2026-09-21 14:14 to 14:18 UTC · last 112.00, low 90.00, high 120.00" in drawn.out
    assert drawn.out.rstrip().endswith("16 trades")
    assert "! incomplete: touches a missing slot" in drawn.out
    assert "this pool traded other pairs too, shown with --pair: BONK/SOL" in drawn.err
    assert "1 window with trades, 2026-09-21 14:18 UTC · last 6.000, low 5.000, high 7.000" in other.out
    assert (absent.code, "there is SOL/USDC, BONK/SOL" in absent.err) == (4, True), absent.said
    assert "1 window with trades, 2026-09-21 14:18 UTC · last 112" in last.out  # 14:17 had no trades
