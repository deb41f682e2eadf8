"""The builder's state as named parts, and back: what changed since the last time alone has to be stored again. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from indexer.candle_holes import Holes
from indexer.candle_pages import Page, Window
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


_main = msgspec.json.Decoder(_Main)


class Parts:
    """Which parts of ``builder`` are to be stored, as its pages and ids tell."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder

    def kept(self) -> set[str]:
        """The names of those that are as they were stored."""
        ids = self._builder.ids
        names = {_minute(minute) for minute in ids.minutes() if minute not in ids.changed}
        for window, page in self._builder.pages.all():
            names.update(_block(window, number) for number in page.blocks if number not in page.changed)
        return names

    def fresh(self) -> Iterator[tuple[str, bytes]]:
        """The others, each some milliseconds of computing; the builder must not change before the last of them."""
        pages, ids = self._builder.pages, self._builder.ids
        yield MAIN, _pack_main(self._builder)
        for window, page in pages.all():
            yield from ((_block(window, number), page.packed(number)) for number in sorted(page.changed))
        yield from ((_minute(minute), ids.packed(minute)) for minute in sorted(ids.changed))

    def stored(self) -> None:
        """All of them are safe now."""
        for _, page in self._builder.pages.all():
            page.changed.clear()
        self._builder.ids.changed.clear()


def restore(parts: Mapping[str, bytes], rules: Rules) -> Builder:
    """A builder as ``changed`` gave it. Raises ValueError, KeyError for parts that are not whole."""
    main = _main.decode(parts[MAIN])
    builder = Builder(rules=rules, clock=Clock(**main.clock), holes=Holes.of(main.holes))
    for one in main.pages:
        window = one.interval, one.open_time
        page = Page(closed=one.closed, incomplete=one.incomplete, count=one.count)
        page.restore([parts[_block(window, number)] for number in page.blocks])
        page.revised.update(one.revised)
        builder.pages.put(window, page)
    for name, packed in parts.items():
        kind, _, minute = name.partition(".")
        if kind == "ids":
            builder.ids.restore(int(minute), packed)
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
    return msgspec.json.encode(_Main(asdict(builder.clock), builder.holes.values(), waiting, pages))


def _block(window: Window, number: int) -> str:
    """The name of the part that a page's block is; that of a small page is the window's alone."""
    interval, open_time = window
    return f"page.{interval}.{open_time}" + (f".{number}" if number else "")


def _minute(minute: int) -> str:
    return f"ids.{minute}"
