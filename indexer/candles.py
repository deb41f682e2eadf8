"""Candles from the stream of swaps and markers, in its order: what it gives depends on what it was fed alone. Pure.

A swap waits for its slot's marker. Then it goes into the 1m page of its time; when a main marker's time has passed the
end of the minute, the minute's candles are given out and become part of the 5m and the 1h page they lie in. Swaps for
a minute that is closed go into all of its pages, and those that are closed give revisions with the next minute.
What is old is not in memory: where it is needed, the builder asks for it among what it gives.
"""

from collections import Counter
from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass, field

from indexer.candle import of_trade
from indexer.candle_holes import Holes
from indexer.candle_ids import SeenIds, ids_name
from indexer.candle_pages import Page, Pages, Window, block_name
from indexer.coverage import Range
from indexer.marker import Marker
from indexer.message import INTERVALS, Message, Traded

_MINUTE = 60

#: candles to publish, in order; there may be none in it
Slice = list[Message]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A part of the state that is away: ``Builder.bring`` it before going on."""

    name: str


#: what a marker makes, in steps of some milliseconds; must be read to its end
Made = Iterator[Slice | Wanted]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What may set a price, how much is kept, and how much of that in memory: the settings of the same names."""

    floor_units: int = 1000
    kept_seconds: int = 168 * 3600
    kept_candles: int = 50_000_000
    kept_swaps: int = 300_000_000
    memory_candles: int = 250_000
    memory_swaps: int = 5_000_000
    waiting_swaps: int = 1_000_000


@dataclass(slots=True, kw_only=True)
class Clock:
    """Where the main markers stand. Times are Unix seconds.

    ``watermark`` is the highest block time, ``time`` the last one; ``horizon`` is before which nothing is revised.
    """

    slot: int | None = None
    time: int | None = None
    watermark: int | None = None
    horizon: int = 0


@dataclass(slots=True, kw_only=True)
class Builder:
    """All state. ``counts`` gathers what happened to swaps, by outcome, for whoever takes it."""

    rules: Rules
    clock: Clock = field(default_factory=Clock)
    pages: Pages = field(default_factory=Pages)
    holes: Holes = field(default_factory=Holes)
    ids: SeenIds = field(default_factory=SeenIds)
    waiting: dict[tuple[bool, int], list[Traded]] = field(default_factory=dict)
    waiting_count: int = 0
    counts: Counter[str] = field(default_factory=Counter)

    def swap(self, trade: Traded, *, repair: bool) -> None:
        """A swap, which counts when its slot's marker comes."""
        self.waiting.setdefault((repair, trade.slot), []).append(trade)
        self.waiting_count += 1
        if self.waiting_count > self.rules.waiting_swaps:
            oldest = min(self.waiting, key=lambda key: (not key[0], key[1]))
            self.counts["unfinished"] += len(self._take(oldest))

    def repaired(self, marker: Marker) -> Made:
        """A repair's marker: its slot's swaps are here. Publishes nothing."""
        trades = self._take((True, marker.slot))
        time = marker.block_time if marker.block_time is not None else self.holes.time_before(marker.slot)
        late = yield from self._count(trades, time)
        if marker.status != "missing" and len(trades) >= marker.swaps and not late:
            first = marker.slot if marker.parent_slot is None else marker.parent_slot + 1
            self.holes.cover(Range(first, marker.slot))

    def marker(self, marker: Marker) -> Made:
        """A main marker: what it closes and revises."""
        clock = self.clock
        parent = marker.parent_slot
        if clock.slot is not None and parent is not None and parent > clock.slot:
            self.holes.add(Range(clock.slot + 1, parent), clock.time)
        if marker.status == "missing":
            self.holes.add(Range(marker.slot, marker.last_slot), clock.time)
        else:
            if parent is not None:
                self.holes.cover(Range(parent + 1, marker.slot))  # skipped ones, marked missing before it was known
            here = [key for key in self.waiting if not key[0] and key[1] <= marker.slot]
            if sum(len(self.waiting[key]) for key in here) < marker.swaps:
                self.holes.add(Range(marker.slot, marker.slot), clock.time)  # the stream lost some of them unread
            time = clock.time if marker.block_time is None else marker.block_time
            for key in here:
                yield from self._count(self._take(key), time)
        clock.slot = marker.last_slot
        if marker.block_time is not None:
            yield from self._advance(marker.block_time)

    def bring(self, name: str, packed: bytes) -> None:
        """A part that was ``Wanted``, as it was stored. Raises ValueError for anything else."""
        kind, *window = name.split(".")
        if kind == "ids":
            self.ids.bring(int(window[0]), packed)
        elif (page := self.pages.get(window[0], int(window[1]))) is not None:
            page.bring(packed)

    def put_away(self) -> None:
        """Everything is stored as it stands: keep in memory what the rules allow."""
        self.pages.put_away(self.rules.memory_candles)
        self.ids.put_away(self.rules.memory_swaps)

    def _advance(self, time: int) -> Made:
        clock = self.clock
        before = clock.watermark
        if before is None:
            self.holes.begin(time)
        self.holes.end(time)
        clock.time, clock.watermark = time, time if before is None else max(before, time)
        if before is None or before // _MINUTE == clock.watermark // _MINUTE:
            return
        yield from self._revise()
        for interval in INTERVALS:
            for open_time, page in self.pages.due(interval, clock.watermark):
                yield from self._close((interval, open_time), page)
        self._forget()

    def _close(self, window: Window, page: Page) -> Made:
        interval, open_time = window
        longer = list(INTERVALS.items())[1:] if interval == "1m" else ()
        windows = [(name, open_time - open_time % width) for name, width in longer]
        above = [self.pages.open(*one, closed=False) for one in windows]
        for one, of in zip((page, *above), (window, *windows), strict=True):
            yield from _woken(of, one)
        page.closed, page.incomplete = True, self.holes.touch(open_time, open_time + INTERVALS[interval])
        self.pages.kept += page.count
        for number in page.blocks:
            yield _publish(window, page, number)
            for one in above:
                for _, candle in page.block(number):
                    one.add(candle.copy())
            page.sleep(number)

    def _revise(self) -> Made:
        """Closed pages with swaps that came since, and those whose last missing slot was repaired."""
        for window, page in list(self.pages.closed()):
            if not page.incomplete and not page.revised:
                continue
            interval, open_time = window
            incomplete = self.holes.touch(open_time, open_time + INTERVALS[interval])
            names = None if page.incomplete and not incomplete else page.revised
            if names is None or names:
                page.incomplete, page.revised = incomplete, set()
                yield from _woken(window, page)
                for number in page.blocks:
                    yield _publish(window, page, number, names)
                    page.sleep(number)

    def _count(self, trades: list[Traded], default: int | None) -> Generator[Slice | Wanted, None, int]:
        """Count each once, in the window of its time, else of ``default``; back with how many came too late for it."""
        both_ways, late = _both_ways(trades), 0
        groups: dict[tuple[int, int], list[Traded]] = {}
        for trade in trades:
            time = default if trade.block_time is None else trade.block_time
            if time is None:
                self.counts["no_time"] += 1
            elif (minute := time - time % _MINUTE) < self.clock.horizon:
                late += 1
            else:
                groups.setdefault((minute, trade.slot), []).append(trade)
        for (minute, slot), group in groups.items():
            if self.ids.away(minute):
                yield Wanted(ids_name(minute))
            fresh = self.ids.new(minute, slot, group)
            self.counts["again"] += len(group) - len(fresh)
            yield from self._awake(minute) if fresh else ()
            for trade in fresh:
                self._place(minute, trade, flash=(trade.tx_index, trade.pool) in both_ways)
        self.counts["late"] += late
        return late

    def _awake(self, minute: int) -> Made:
        for interval, width in INTERVALS.items():
            window = interval, minute - minute % width
            if (page := self.pages.get(*window)) is not None:
                yield from _woken(window, page)

    def _place(self, minute: int, trade: Traded, *, flash: bool) -> None:
        outcome = self._outcome(trade, flash=flash)
        self.counts[outcome] += 1
        part = of_trade(trade, priced=outcome == "priced")
        watermark = self.clock.watermark
        if watermark is None or minute + _MINUTE > watermark:
            self.pages.open("1m", minute, closed=False).add(part)
            return
        self.counts["revising"] += 1
        for interval, width in INTERVALS.items():
            open_time = minute - minute % width
            page = self.pages.open(interval, open_time, closed=open_time + width <= watermark)
            before = page.count
            name = page.add(part.copy())
            if page.closed:
                self.pages.kept += page.count - before
                page.revised.add(name)

    def _outcome(self, trade: Traded, *, flash: bool) -> str:
        """``priced``, or why the swap sets no price."""
        if trade.decimals_in is None or trade.decimals_out is None:
            return "no_decimals"
        if min(trade.amount_in, trade.amount_out) < self.rules.floor_units:
            return "dust"
        if flash:
            return "there_and_back"
        return "priced"

    def _forget(self) -> None:
        """Move the horizon by age, and further while more is kept than may be; open windows are never let go."""
        clock, rules = self.clock, self.rules
        if clock.watermark is None:
            return
        minute = clock.watermark - clock.watermark % _MINUTE
        self._let_go(minute - rules.kept_seconds)
        while clock.horizon < minute and (self.pages.kept > rules.kept_candles or self.ids.count > rules.kept_swaps):
            self._let_go(min(minute, self._oldest(minute) + _MINUTE))

    def _oldest(self, default: int) -> int:
        """The first minute of which anything is kept."""
        closed = (open_time for (interval, open_time), _ in self.pages.closed() if interval == "1m")
        return min((*self.ids.counts, *closed), default=default)

    def _let_go(self, horizon: int) -> None:
        if horizon > self.clock.horizon:
            self.clock.horizon = horizon
            self.pages.forget(horizon)
            self.ids.forget(horizon)
            self.holes.forget(horizon - horizon % max(INTERVALS.values()))  # a longer window may reach back further

    def _take(self, key: tuple[bool, int]) -> list[Traded]:
        trades = self.waiting.pop(key, [])
        self.waiting_count -= len(trades)
        return trades


def _woken(window: Window, page: Page) -> Made:
    for wanted in page.wake():
        yield [] if wanted is None else Wanted(block_name(window, wanted))


def _publish(window: Window, page: Page, number: int, names: set[str] | None = None) -> Slice:
    """The next revision of a block's candles: of all, or of those in ``names``."""
    interval, open_time = window
    made = []
    for name, candle in page.block(number):
        if names is None or name in names:
            candle.revision += 1
            made.append(candle.message(interval, name, open_time, incomplete=page.incomplete))
    if made:
        page.touch(number)
    return made


def _both_ways(trades: Iterable[Traded]) -> set[tuple[int, str]]:
    """Transactions, by index, that trade a pool in one direction and in the other: they leave it where it was.

    A mint for itself is both at once.
    """
    first: dict[tuple[int, str], set[tuple[str, str]]] = {}
    for trade in trades:
        first.setdefault((trade.tx_index, trade.pool), set()).add((trade.mint_in, trade.mint_out))
    return {key for key, ways in first.items() if any((out, paid) in ways for paid, out in ways)}
