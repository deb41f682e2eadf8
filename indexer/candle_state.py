"""The builder's state as named parts, and back: what changed since the last time alone has to be stored again. Pure."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import msgspec

from indexer.candle_holes import Holes
from indexer.candle_ids import SeenIds, ids_name
from indexer.candle_pages import Page, block_name
from indexer.candles import Builder, Clock, Rules
from indexer.message import Traded

#: what is small and always stored: clock, holes, waiting swaps, and what is known of each page beside its candles
MAIN = "main"


class _Waiting(msgspec.Struct):
    repair: bool
    slot: int
    trades: list[Traded]


class _Page(msgspec.Struct):
    interval: str
    open_time: int
    closed: bool
    incomplete: bool
    count: int
    revised: list[str]


class _Main(msgspec.Struct):
    clock: dict[str, Any]
    holes: dict[str, Any]
    waiting: list[_Waiting]
    pages: list[_Page]
    ids: list[tuple[int, int]]


_main = msgspec.json.Decoder(_Main)


class Parts:
    """Which parts of ``builder`` are to be stored, as its pages and ids tell."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def kept(self) -> set[str]:
        """The names of those that are as they were stored."""
        ids = self._builder.ids
        names = {ids_name(minute) for minute in ids.counts if minute not in ids.changed}
        for window, page in self._builder.pages.all():
            names.update(block_name(window, number) for number in page.blocks if number not in page.changed)
        return names

    def fresh(self) -> Iterator[tuple[str, bytes]]:
        """The others, each some milliseconds of computing; the builder must not change before the last of them."""
        pages, ids = self._builder.pages, self._builder.ids
        yield MAIN, _pack_main(self._builder)
        for window, page in pages.all():
            yield from ((block_name(window, number), page.packed(number)) for number in sorted(page.changed))
        yield from ((ids_name(minute), ids.packed(minute)) for minute in sorted(ids.changed))

    def stored(self) -> None:
        """All of them are safe now; what is old goes out of memory."""
        for _, page in self._builder.pages.all():
            page.changed.clear()
        self._builder.ids.changed.clear()
        self._builder.put_away()


def restore(packed: bytes, rules: Rules) -> Builder:
    """A builder from its part ``MAIN``, all else away. Raises ValueError for anything that is none."""
    try:
        main = _main.decode(packed)
    except msgspec.MsgspecError as error:
        raise ValueError(f"not the state of a candle builder: {error}") from error
    builder = Builder(rules=rules, clock=Clock(**main.clock), holes=Holes.of(main.holes), ids=SeenIds(dict(main.ids)))
    for one in main.pages:
        page = Page(closed=one.closed, incomplete=one.incomplete, count=one.count)
        page.revised.update(one.revised)
        builder.pages.put((one.interval, one.open_time), page)
    for waiting in main.waiting:
        builder.waiting[waiting.repair, waiting.slot] = waiting.trades
        builder.waiting_count += len(waiting.trades)
    return builder


def _pack_main(builder: Builder) -> bytes:
    pages = [
        _Page(interval, open_time, page.closed, page.incomplete, page.count, sorted(page.revised))
        for (interval, open_time), page in builder.pages.all()
    ]
    waiting = [_Waiting(repair, slot, trades) for (repair, slot), trades in builder.waiting.items()]
    ids = list(builder.ids.counts.items())
    return msgspec.json.encode(_Main(asdict(builder.clock), builder.holes.values(), waiting, pages, ids))
