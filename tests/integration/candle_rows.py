"""Candles in ClickHouse against those that one query computes from the swaps, and the days they are made of."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

from indexer.message import INTERVALS
from tests.indexer.candle_history import History
from tests.indexer.publishing import marker
from tests.integration.sinking import sql, templates
from tests.integration.streams import ask

QUERY = Path(__file__).parents[2] / "deploy" / "clickhouse" / "queries" / "candles_from_swaps.sql"
PUBLISHED = """
SELECT * REPLACE (toUnixTimestamp(open_time) AS open_time, toUnixTimestamp(close_time) AS close_time)
FROM candles FINAL ORDER BY candles.interval, pool, candles.open_time, base_mint, quote_mint, revision
"""
FIELDS = (
    "program", "close_time", "open", "high", "low", "close", "base_volume", "quote_volume", "trades", "first_id",
    "last_id", "incomplete",
)  # fmt: skip
Key = tuple[Any, ...]
Row = dict[str, Any]


EVERY = templates()


class Day(History):
    """A history whose swaps have every field of the contract, and whose markers link up as the daemon's do."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.parents: dict[int, int] = {}

    def trade(self, slot: int, time: int, index: int, **values: Any) -> Row:
        plain = super().trade(slot, time, index, **values)
        more = {"signature": plain["id"].split(":")[2]}
        return EVERY[(slot + index) % len(EVERY)] | plain | more

    def miss(self, seconds: int, count: int) -> None:
        """A slot nobody can give: what is known is that the chain goes on somewhere behind the last one."""
        parent = self.slot
        self.slot += self.dice.choice((1, 1, 2))
        self.time += seconds
        self.missed.append((self.slot, self.time, self.trades(self.slot, self.time, count)))
        last = {"to_slot": self.slot} if self.slot > parent + 1 else {}
        self.mark(marker(parent + 1, status="missing", block_time=None, blockhash=None, parent_slot=parent, **last))
        self.parents[self.slot] = parent

    def untimed(self, count: int) -> None:
        """A slot whose block has no time, as in old history: it counts at its parent's."""
        parent = self.slot
        self.slot += 1
        self.put([swap | {"block_time": None} for swap in self.trades(self.slot, self.time, count)])
        self.mark(marker(self.slot, count, block_time=None, parent_slot=parent))

    def bring(self, slot: tuple[int, int, list[Row]]) -> None:
        number, time, found = slot
        self.put(found, repair=True)
        parent = self.parents.get(number, number - 1)
        self.mark(marker(number, len(found), block_time=time, parent_slot=parent), repair=True)


def key(row: Row) -> Key:
    return tuple(row[name] for name in ("interval", "pool", "base_mint", "quote_mint", "open_time"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """``problems`` is empty when all is right; ``revisions`` are each candle's rows, in order."""

    problems: list[str]
    revisions: dict[Key, list[Row]]

    @property
    def stored(self) -> int:
        """Revisions of all candles."""
        return sum(map(len, self.revisions.values()))


async def compared(folder: Path, url: str) -> Compared:
    """The candles of a database whose reader is stopped against those that its swaps give."""
    revisions: dict[Key, list[Row]] = defaultdict(list)
    limits = {"sql_memory_bytes": 2 * 1024**3}
    for row in await sql(folder, PUBLISHED, **limits):
        revisions[key(row)].append(row)
    expected = {key(row): row for row in await sql(folder, QUERY.read_text(), **limits)}
    wrong = [f"{name}: {what}" for name, rows in revisions.items() for what in _faults(rows, expected.get(name))]
    wrong += [f"{name}: not published" for name in expected if name not in revisions]
    found = Compared(problems=wrong, revisions=revisions)
    published = 0
    for interval in tuple(INTERVALS):
        published += (await ask(url, f"STREAM.INFO.dex-candles-{interval}"))["state"]["last_seq"]
    if published != found.stored:
        wrong.append(f"{published} candles were published, {found.stored} are stored")
    return found


def _faults(rows: list[Row], expected: Row | None) -> Iterator[str]:
    """``rows`` are the revisions of one candle, in order."""
    if (numbers := [row["revision"] for row in rows]) != list(range(len(rows))):
        yield f"revisions {numbers}"
    told = [tuple(row[field] for field in FIELDS) for row in rows]
    if any(one == after for one, after in pairwise(told)):
        yield "a revision that changes nothing"
    if expected is None:
        yield "the swaps give no such candle"
        return
    for field in FIELDS:
        if rows[-1][field] != expected[field]:
            yield f"{field} {rows[-1][field]}, the swaps give {expected[field]}"
