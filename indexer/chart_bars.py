"""What a chart shows: the windows of one pair of a pool, in order, and prices as text. Pure."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from indexer.tokens import human_amount, token_name

_MOST_DIGITS = 8  # more zeros behind the point are not read any more
_MOST_PLAIN = 1e9  # from here on digits are counted, not read
_FLAT_SHARE = 0.01
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One candle; ``time`` is the Unix second it opens at, prices are None when no swap set one, volume raw quote."""

    time: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: int
    trades: int
    incomplete: bool

    @property
    def prices(self) -> tuple[float, float, float, float] | None:
        """Open, high, low, close."""
        found = (self.open, self.high, self.low, self.close)
        return None if None in found else found  # type: ignore[return-value]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """At least one bar, oldest first; windows without trades have none. ``seconds`` is a window's length."""

    pool: str
    program: str
    base_mint: str
    quote_mint: str
    quote_decimals: int | None
    interval: str
    seconds: int
    bars: tuple[Bar, ...]

    @property
    def title(self) -> str:
        """Pair, program, interval, pool."""
        return f"{self.pair} · {self.program} · {self.interval} · pool {self.pool}"

    @property
    def pair(self) -> str:
        """Base over quote."""
        return f"{token_name(self.base_mint)}/{token_name(self.quote_mint)}"

    @property
    def days(self) -> int:
        """How many days of UTC its windows begin on."""
        return self.bars[-1].time // _DAY_SECONDS - self.bars[0].time // _DAY_SECONDS + 1

    @property
    def quote(self) -> str:
        """What prices and volume are in."""
        return token_name(self.quote_mint)

    def extent(self) -> tuple[float, float]:
        """Lowest and highest price drawn, never the same; both 0 and 1 without a price."""
        prices = [price for bar in self.bars for price in bar.prices or ()]
        low, high = min(prices, default=0.0), max(prices, default=1.0)
        margin = (abs(high) * _FLAT_SHARE or 1.0) if low == high else 0.0
        return low - margin, high + margin

    def summary(self) -> str:
        """The figures in one line."""
        priced = [bar.prices for bar in self.bars if bar.prices]
        first, last = self.bars[0].time, self.bars[-1].time
        times = clock(first) if first == last else f"{clock(first)} to {clock(last, day=self.days > 1)}"
        parts = [f"{len(self.bars)} window{'s' * (len(self.bars) > 1)} with trades, {times} UTC"]
        if priced:
            low, high = min(one[2] for one in priced), max(one[1] for one in priced)
            closed = priced[-1][3]
            step = (high - low or closed) / 1000
            parts.append(f"last {price_text(closed, step)}, low {price_text(low, step)}, high {price_text(high, step)}")
        parts.append(f"volume {self.amount(sum(bar.volume for bar in self.bars))} {self.quote}")
        parts.append(f"{sum(bar.trades for bar in self.bars):,} trades")
        return " · ".join(parts)

    def amount(self, raw: int) -> str:
        """A volume as people read it; marked where decimals are not known."""
        return human_amount(raw, self.quote_decimals)


def price_text(value: float, step: float) -> str:
    """``value`` with as many digits as tell it from one ``step`` further: 0.000123; 1.2e-12, 4.53e+12 with many."""
    digits = max(0, math.ceil(-math.log10(step))) if step > 0 else 2
    if digits <= _MOST_DIGITS and abs(value) < _MOST_PLAIN:
        return f"{value:,.{digits}f}"
    steps = math.ceil(-math.log10(step)) if step > 0 else 2
    significant = max(0, math.floor(math.log10(abs(value))) + steps) if value else 0
    return f"{value:.{significant}e}"


def clock(unix_seconds: int, *, day: bool = True, year: bool = True) -> str:
    """A time of the chain, in UTC."""
    date = ("%Y-%m-%d " if year else "%m-%d ") if day else ""
    return datetime.fromtimestamp(unix_seconds, UTC).strftime(f"{date}%H:%M")
