"""All candles of one window are a page: open while trades come, then packed, then away until it is needed. Pure.

A page is blocks of candles in the order in which they began. A block is what is unpacked, published, packed and stored
at a time, so that a window of a hundred thousand pools is no one long computation.
"""

from collections.abc import Iterator

import msgspec
import zstandard

from indexer.candle import Candle
from indexer.message import INTERVALS

#: some 30 ms of computing for whatever is done with it
BLOCK_CANDLES = 1000
_LEVEL = 3
_NOT_PACKED = b""
_rows = msgspec.json.Decoder(list[tuple[str, Candle]])

#: an interval and the time its window opens
Window = tuple[str, int]


def block_name(window: Window, number: int) -> str:
    """What a page's block is stored under; that of a small page has the window's name alone."""
    interval, open_time = window
    return f"page.{interval}.{open_time}" + (f".{number}" if number else "")


class Page:
    """One window's candles, by name.

    ``incomplete`` is what was published of it, ``revised`` the names to be published again, ``changed`` the blocks that
    are not stored as they are now. ``wake`` must have been read to its end before candles are added or looked at.
    With a ``count`` and nothing in it, it is away: stored, and not in memory.
    """

    __slots__ = ("_at", "_candles", "_names", "_packed", "changed", "closed", "count", "incomplete", "revised")

    def __init__(self, *, closed: bool = False, incomplete: bool = False, count: int = 0) -> None:
        self._packed: list[bytes] = []
        self._names: list[str] = []
        self._candles: list[Candle] = []
        self._at: dict[str, int] = {}
        self.closed, self.incomplete, self.count = closed, incomplete, count
        self.revised: set[str] = set()
        self.changed: set[int] = set()

    @property
    def blocks(self) -> range:
        """The numbers of its blocks."""
        return range(-(-self.count // BLOCK_CANDLES))

    @property
    def away(self) -> bool:
        """Whether nothing of it is in memory."""
        return bool(self.count) and not self._candles and not self._packed

    def put_away(self) -> None:
        """All of it is stored as it is now: let go of it, unless something is to be done with it yet."""
        if not self._candles:
            self._packed = []

    def bring(self, packed: bytes) -> None:
        """The block that ``wake`` asked for, as it was stored."""
        self._packed.append(packed)

    def wake(self) -> Iterator[int | None]:
        """Unpack what is packed, a block with each step; the number of a block that has to be brought before."""
        while len(self._candles) < self.count:
            number = len(self._candles) // BLOCK_CANDLES
            if number == len(self._packed):
                yield number
            for name, candle in unpack(self._packed[number]):
                self._put(name, candle)
            yield None

    def block(self, number: int) -> Iterator[tuple[str, Candle]]:
        """Names and candles of a block."""
        part = slice(number * BLOCK_CANDLES, (number + 1) * BLOCK_CANDLES)
        return zip(self._names[part], self._candles[part], strict=True)

    def add(self, part: Candle) -> str:
        """Take in trades of one pair; the name of the candle they are in.

        A pool's first pair has the pool's name, each further one that and its mints.
        """
        name = part.pool
        at = self._at.get(name)
        if at is not None and not _same_pair(self._candles[at], part):
            name = f"{part.pool}.{part.base}.{part.quote}"
            at = self._at.get(name)
        if at is None:
            at = self.count
            self._put(name, part)
            self.count += 1
        else:
            self._candles[at].add(part)
        self.touch(at // BLOCK_CANDLES)
        return name

    def touch(self, number: int) -> None:
        """A block's content is another now."""
        self.changed.add(number)
        if number < len(self._packed):
            self._packed[number] = _NOT_PACKED

    def packed(self, number: int) -> bytes:
        """A block as bytes."""
        there = self._packed[number] if number < len(self._packed) else _NOT_PACKED
        return there or pack(list(self.block(number)))

    def sleep(self, number: int) -> None:
        """Keep a block's bytes, of a closed page one after another; after the last one nothing but the bytes."""
        packed = self.packed(number)
        if number == len(self._packed):
            self._packed.append(packed)
        self._packed[number] = packed
        if number == self.blocks[-1]:
            self._names, self._candles, self._at = [], [], {}

    def _put(self, name: str, candle: Candle) -> None:
        self._at[name] = len(self._candles)
        self._names.append(name)
        self._candles.append(candle)


class Pages:
    """Every page there is."""

    def __init__(self) -> None:
        self._pages: dict[str, dict[int, Page]] = {interval: {} for interval in INTERVALS}
        self.kept = 0

    def get(self, interval: str, open_time: int) -> Page | None:
        """A page, None when there is none."""
        return self._pages[interval].get(open_time)

    def open(self, interval: str, open_time: int, *, closed: bool) -> Page:
        """The page of a window, made if it is not there."""
        pages = self._pages[interval]
        if (page := pages.get(open_time)) is None:
            page = pages[open_time] = Page(closed=closed)
        return page

    def put(self, window: Window, page: Page) -> None:
        """A page that was stored."""
        self._pages[window[0]][window[1]] = page
        self.kept += page.count if page.closed else 0

    def due(self, interval: str, watermark: int) -> list[tuple[int, Page]]:
        """Open pages whose window ends by ``watermark``, oldest first."""
        width = INTERVALS[interval]
        pages = self._pages[interval].items()
        return sorted((at, page) for at, page in pages if not page.closed and at + width <= watermark)

    def closed(self) -> Iterator[tuple[Window, Page]]:
        """Closed ones, shortest interval and oldest first."""
        for interval, pages in self._pages.items():
            yield from (((interval, at), pages[at]) for at in sorted(pages) if pages[at].closed)

    def put_away(self, most: int) -> None:
        """Hold no more than ``most`` closed candles in memory: those that closed last. All must be stored."""
        held = self.held
        here = [(at + INTERVALS[interval], interval, page) for (interval, at), page in self.closed() if not page.away]
        for _, _, page in sorted(here, key=lambda one: one[:2]):
            if held <= most:
                return
            page.put_away()
            held -= page.count if page.away else 0

    @property
    def held(self) -> int:
        """Closed candles in memory."""
        return sum(page.count for _, page in self.all() if page.closed and not page.away)

    def all(self) -> Iterator[tuple[Window, Page]]:
        """Every one."""
        for interval, pages in self._pages.items():
            yield from (((interval, at), page) for at, page in pages.items())

    def forget(self, before: int) -> None:
        """Let go of pages that end by ``before``; all of those are closed."""
        for interval, pages in self._pages.items():
            width = INTERVALS[interval]
            for at in [at for at, page in pages.items() if at + width <= before]:
                self.kept -= pages.pop(at).count


def pack(candles: list[tuple[str, Candle]]) -> bytes:
    """Candles in their order, compressed. JSON, since volumes may pass 64 bits."""
    packed = zstandard.ZstdCompressor(level=_LEVEL).compress(msgspec.json.encode(candles))
    return bytes(memoryview(packed))  # the library's own keeps the room of what it compressed, thrice as much


def unpack(packed: bytes) -> list[tuple[str, Candle]]:
    """What ``pack`` made. Raises ValueError for anything else."""
    try:
        return _rows.decode(zstandard.ZstdDecompressor().decompress(packed))
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise ValueError(f"not a page of candles: {error}") from error


def _same_pair(one: Candle, other: Candle) -> bool:
    return one.base == other.base and one.quote == other.quote
