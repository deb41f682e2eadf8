"""The builder's state as named parts, and back: what changed since the last time alone has to be stored again. Pure."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import msgspec

from indexer.candle_holes import Holes
from indexer.candle_pages import Page
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
    """Remembers what of ``builder`` was stored; one for the builder's whole life."""

    def __init__(self, builder: Builder) -> None:
        self._builder = builder
        self._stored: dict[str, int] = {}

    def changed(self) -> tuple[dict[str, bytes], set[str]]:
        """The parts to store, and the names of those that stay as they were stored. ``stored`` must follow."""
        builder, fresh, kept = self._builder, {MAIN: _pack_main(self._builder)}, set()
        for (interval, open_time), page in builder.pages.all():
            name = f"page.{interval}.{open_time}"
            if self._stored.get(name) == page.version:
                kept.add(name)
            else:
                fresh[name] = page.pack()
        for minute in builder.ids.minutes():
            name = f"ids.{minute}"
            if name in self._stored and minute not in builder.ids.changed:
                kept.add(name)
            else:
                fresh[name] = builder.ids.packed(minute)
        return fresh, kept

    def stored(self) -> None:
        """All of it is safe now, as it stands."""
        pages, ids = self._builder.pages, self._builder.ids
        self._stored = {f"page.{interval}.{at}": page.version for (interval, at), page in pages.all()}
        self._stored |= {f"ids.{minute}": 0 for minute in ids.minutes()}
        ids.changed.clear()


def restore(parts: Mapping[str, bytes], rules: Rules) -> Builder:
    """A builder as ``changed`` gave it. Raises ValueError, KeyError for parts that are not whole."""
    main = _main.decode(parts[MAIN])
    builder = Builder(rules=rules, clock=Clock(**main.clock), holes=Holes.of(main.holes))
    for one in main.pages:
        packed = parts[f"page.{one.interval}.{one.open_time}"]
        page = Page(closed=one.closed, incomplete=one.incomplete, packed=packed, count=one.count)
        page.revised.update(one.revised)
        builder.pages.put((one.interval, one.open_time), page)
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
