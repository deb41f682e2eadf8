"""One batch of messages into ClickHouse: rows sorted by table, refused ones found by halving, order kept.

Whatever happens in between, doing it again is safe: a row that is there already is absorbed by its table's key.
"""

import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from indexer.clickhouse import ClickHouse, Refused
from indexer.clickhouse_rows import TABLES, Row, Table, table_of
from indexer.deliveries import Delivery
from indexer.errors import TransientError
from indexer.metrics import Metrics

_REASON_LETTERS = 1000
Pairs = list[tuple[Delivery, Row]]


class TooManyRefused(TransientError):
    """So many that not the messages are wrong but what reads them: nothing is set aside."""


@dataclass(frozen=True, slots=True)
class Outcast:
    """A message that cannot be a row, and why: it is not the contract, or ClickHouse refuses its row."""

    message: Delivery
    reason: Literal["contract", "clickhouse"]
    detail: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Messages as rows by table, and those that are none."""

    rows: dict[Table, Pairs]
    outcasts: tuple[Outcast, ...]


def sorted_batch(messages: Sequence[Delivery]) -> Batch:
    """Every message as a row of its table, or as an outcast."""
    rows: dict[Table, Pairs] = {}
    outcasts: list[Outcast] = []
    for one in messages:
        table = table_of(one.subject)
        if table is None:
            outcasts.append(Outcast(one, "contract", f"no table holds {one.subject}"))
            continue
        try:
            row = table.row(one)
        except ValueError as error:
            outcasts.append(Outcast(one, "contract", str(error)[:_REASON_LETTERS]))
        else:
            rows.setdefault(table, []).append((one, row))
    return Batch(rows, tuple(outcasts))


async def insert(database: ClickHouse, batch: Batch, metrics: Metrics, *, at_most_refused: int) -> tuple[Outcast, ...]:
    """Insert all of ``batch`` that ClickHouse takes; back with every outcast. Raises the errors of ``ClickHouse``.

    TooManyRefused when more than ``at_most_refused`` are set aside.
    """
    outcasts = list(batch.outcasts)
    _limit(outcasts, at_most_refused)
    for table in TABLES:
        parts: deque[Pairs] = deque([batch.rows.get(table, [])])
        while parts:
            part = parts.popleft()
            if not part:
                continue
            began = time.perf_counter()
            try:
                await database.insert(table.name, table.columns, [row for _, row in part])
            except Refused as error:
                middle = len(part) // 2
                if middle:
                    parts.extendleft((part[middle:], part[:middle]))
                    continue
                outcasts.append(Outcast(part[0][0], "clickhouse", str(error)[:_REASON_LETTERS]))
                _limit(outcasts, at_most_refused)
            else:
                metrics.sink_rows.labels(table.name).inc(len(part))
                metrics.sink_insert_seconds.labels(table.name).observe(time.perf_counter() - began)
    return tuple(outcasts)


def _limit(outcasts: Sequence[Outcast], at_most: int) -> None:
    if len(outcasts) > at_most:
        raise TooManyRefused(
            f"more than {at_most} messages of one batch would be set aside ({outcasts[-1].detail}): "
            "the schema or the program is wrong, not the messages"
        )
