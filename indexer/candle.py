"""One pool's trades in one window: what is kept of them, how two parts become one, and what a candle says. Pure.

Merging is commutative and associative, whatever the order parts come in: first and last go by the trades' place in the
chain, high and low by exact ratios, the rest are sums. So a 5m candle is what its five 1m candles are together.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_HALF_EVEN, Context, Decimal
from sys import intern

from indexer.message import INTERVALS, Message, Traded, candle_message

USDC = "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v"
USDT = "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB"
SOL = "So11111111111111111111111111111111111111112"
#: a price that cannot be written to its end is rounded to so many, to even when halfway; comparing never rounds
SIGNIFICANT_DIGITS = 18
#: raw amounts, quote and base
Ratio = tuple[int, int]
NO_PRICE: Ratio = (0, 0)
_QUOTES = (USDC, USDT, SOL)
_DIVISION = Context(prec=SIGNIFICANT_DIGITS, rounding=ROUND_HALF_EVEN, Emin=-(10**6), Emax=10**6)
_WIDE = Context(prec=400)


@dataclass(slots=True)
class Candle:
    """Trades of one pair of one pool in one window.

    ``first`` and ``last`` are places in the chain (``place``) of all trades; ``opened`` and ``closed`` of those that
    set a price, 0 while none did. A price is two raw amounts, quote and base. ``revision`` is that last published, -1
    before the first.
    """

    pool: str
    program: str
    base: str
    quote: str
    base_volume: int
    quote_volume: int
    first: int
    first_id: str
    last: int
    last_id: str
    trades: int = 1
    revision: int = -1
    opened: int = 0
    open: Ratio = NO_PRICE
    closed: int = 0
    close: Ratio = NO_PRICE
    high: Ratio = NO_PRICE
    low: Ratio = NO_PRICE
    base_decimals: int = 0
    quote_decimals: int = 0

    def add(self, other: "Candle") -> None:
        """Take in other trades of the same pair and window."""
        self.base_volume += other.base_volume
        self.quote_volume += other.quote_volume
        self.trades += other.trades
        if other.first < self.first:
            self.first, self.first_id = other.first, other.first_id
        if other.last > self.last:
            self.last, self.last_id = other.last, other.last_id
        if not other.opened:
            return
        if not self.opened:
            for name in _PRICED:
                setattr(self, name, getattr(other, name))
            return
        if other.opened < self.opened:
            self.opened, self.open = other.opened, other.open
        if other.closed > self.closed:
            self.closed, self.close = other.closed, other.close
        if other.high[0] * self.high[1] > self.high[0] * other.high[1]:
            self.high = other.high
        if other.low[0] * self.low[1] < self.low[0] * other.low[1]:
            self.low = other.low

    def copy(self) -> "Candle":
        """For the window of a longer interval: the same trades, nothing published."""
        return replace(self, revision=-1)

    def message(self, interval: str, name: str, open_time: int, *, incomplete: bool) -> Message:
        """What is published of it, under its ``revision``."""
        fields = {
            "pool": self.pool,
            "program": self.program,
            "base_mint": self.base,
            "quote_mint": self.quote,
            "interval": interval,
            "open_time": open_time,
            "close_time": open_time + INTERVALS[interval],
            "open": self._price(self.open),
            "high": self._price(self.high),
            "low": self._price(self.low),
            "close": self._price(self.close),
            "base_volume": self.base_volume,
            "quote_volume": self.quote_volume,
            "trades": self.trades,
            "first_id": self.first_id,
            "last_id": self.last_id,
            "revision": self.revision,
            "incomplete": incomplete,
        }
        return candle_message(interval, name, open_time, self.revision, fields)

    def _price(self, ratio: Ratio) -> str | None:
        return None if not self.opened else price(*ratio, self.quote_decimals, self.base_decimals)


_PRICED = ("opened", "open", "closed", "close", "high", "low", "base_decimals", "quote_decimals")


def price(quote: int, base: int, quote_decimals: int, base_decimals: int) -> str:
    """Quote per base as a plain decimal: exact, or rounded to ``SIGNIFICANT_DIGITS`` where that takes more."""
    ratio = _DIVISION.divide(Decimal(quote), Decimal(base))
    return _plain(_WIDE.scaleb(ratio, base_decimals - quote_decimals))


def place(slot: int, tx_index: int, idx: int, leg: int) -> int:
    """A trade's place in the chain as one number that orders as the four do, within the chain's own limits."""
    return slot << 32 | min(tx_index, 0xFFFF) << 16 | min(idx, 0xFFF) << 4 | min(leg, 0xF)


def canonical(mint_in: str, mint_out: str) -> tuple[str, str]:
    """Base and quote of a pair, whichever way it was traded."""
    for quote in _QUOTES:
        if quote in (mint_in, mint_out):
            return (mint_in if mint_out == quote else mint_out), quote
    return (mint_in, mint_out) if mint_in < mint_out else (mint_out, mint_in)


def of_trade(trade: Traded, *, priced: bool) -> Candle:
    """The candle of one trade; ``priced`` when it may set a price."""
    base, quote = canonical(trade.mint_in, trade.mint_out)
    if trade.mint_in == base:
        base_units, quote_units = trade.amount_in, trade.amount_out
        base_decimals, quote_decimals = trade.decimals_in, trade.decimals_out
    else:
        base_units, quote_units = trade.amount_out, trade.amount_in
        base_decimals, quote_decimals = trade.decimals_out, trade.decimals_in
    at = place(trade.slot, trade.tx_index, trade.idx, trade.leg)
    pool, program = intern(trade.pool), intern(trade.program)
    candle = Candle(pool, program, intern(base), intern(quote), base_units, quote_units, at, trade.id, at, trade.id)
    if priced:
        candle.opened = candle.closed = at
        candle.open = candle.close = candle.high = candle.low = (quote_units, base_units)
        candle.base_decimals, candle.quote_decimals = base_decimals or 0, quote_decimals or 0
    return candle


def _plain(value: Decimal) -> str:
    text = f"{value:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text
