"""All candles of one window are a page: open while trades come, then packed and kept for revisions. Pure."""

from collections.abc import Iterator

import msgspec
import zstandard

from indexer.candle import Candle
from indexer.message import INTERVALS

_LEVEL = 3
_rows = msgspec.json.Decoder(list[tuple[str, Candle]])

#: an interval and the time its window opens
Window = tuple[str, int]


class Page:
    """One window's candles, by name. ``incomplete`` is what was published of it; ``version`` moves with its content."""

    __slots__ = ("_candles", "_packed", "closed", "count", "incomplete", "revised", "version")

    def __init__(
        self, *, closed: bool = False, incomplete: bool = False, packed: bytes | None = None, count: int = 0
    ) -> None:
        self._candles: dict[str, Candle] | None = None if packed else {}
        self._packed = packed
        self.closed, self.incomplete, self.count = closed, incomplete, count
        self.revised: set[str] = set()
        self.version = 0

    @property
    def candles(self) -> dict[str, Candle]:
        """By name, in the order in which they began; unpacked if need be."""
        if self._candles is None:
            assert self._packed is not None  # noqa: S101 - one of the two is always there
            self._candles = unpack(self._packed)
        return self._candles

    def add(self, part: Candle) -> str:
        """Take in trades of one pair; the name of the candle they are in.

        A pool's first pair has the pool's name, each further one that and its mints.
        """
        name, candles = part.pool, self.candles
        own = candles.get(name)
        if own is not None and (own.base != part.base or own.quote != part.quote):
            name = f"{part.pool}.{part.base}.{part.quote}"
            own = candles.get(name)
        if own is None:
            candles[name] = part
            self.count += 1
        else:
            own.add(part)
        self.touch()
        return name

    def touch(self) -> None:
        """Its content is another now."""
        self._packed = None
        self.version += 1

    def pack(self) -> bytes:
        """Its candles as bytes; a closed page keeps only these until it is needed again."""
        if self._packed is None:
            self._packed = pack(self.candles)
        packed = self._packed
        if self.closed and not self.revised:
            self._candles = None
        else:
            self._packed = None
        return packed


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

    def all(self) -> Iterator[tuple[Window, Page]]:
        """Every one."""
        for interval, pages in self._pages.items():
            yield from (((interval, at), page) for at, page in pages.items())

    def forget(self, before: int) -> None:
        """Let go of closed pages that end by ``before``."""
        for interval, pages in self._pages.items():
            width = INTERVALS[interval]
            for at in [at for at, page in pages.items() if page.closed and at + width <= before]:
                self.kept -= pages.pop(at).count


def pack(candles: dict[str, Candle]) -> bytes:
    """Candles in their order, compressed. JSON, since volumes may pass 64 bits."""
    return zstandard.ZstdCompressor(level=_LEVEL).compress(msgspec.json.encode(list(candles.items())))


def unpack(packed: bytes) -> dict[str, Candle]:
    """What ``pack`` made. Raises ValueError for anything else."""
    try:
        return dict(_rows.decode(zstandard.ZstdDecompressor().decompress(packed)))
    except (zstandard.ZstdError, msgspec.MsgspecError) as error:
        raise ValueError(f"not a page of candles: {error}") from error
