"""Candles computed another way: all swaps at hand, fractions, lists. The builder must give the same in the end."""

from collections.abc import Iterable, Iterator
from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction
from typing import Any

WIDTHS = {"1m": 60, "5m": 300, "1h": 3600}
RANKED = (
    "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
    "Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB",
    "So11111111111111111111111111111111111111112",
)
Key = tuple[str, str, str, str, int]


def text(ratio: Fraction) -> str:
    with localcontext() as context:
        context.prec, context.rounding = 18, ROUND_HALF_EVEN
        rounded = Decimal(ratio.numerator) / Decimal(ratio.denominator)
    digits = f"{rounded:f}"
    return digits.rstrip("0").rstrip(".") if "." in digits else digits


def quote_of(one: str, other: str) -> str:
    for mint in RANKED:
        if mint in (one, other):
            return mint
    return max(one, other)


def sets_price(swap: dict[str, Any], slot: list[dict[str, Any]], floor: int) -> bool:
    beside = [one for one in slot if (one["tx_index"], one["pool"]) == (swap["tx_index"], swap["pool"])]
    ways = [(one["mint_in"], one["mint_out"]) for one in beside]
    back = any((out, paid) in ways for paid, out in ways)
    known = swap["decimals_in"] is not None and swap["decimals_out"] is not None
    return known and swap["amount_in"] >= floor and swap["amount_out"] >= floor and not back


def candles(swaps: Iterable[dict[str, Any]], *, floor: int = 1000) -> dict[Key, dict[str, Any]]:
    """``swaps`` as in the stream, each with its time, repeated or not, in any order."""
    once = list({swap["id"]: swap for swap in swaps}.values())
    once.sort(key=lambda swap: (swap["slot"], swap["tx_index"], swap["idx"], swap["leg"]))
    slots: dict[int, list[dict[str, Any]]] = {}
    for swap in once:
        slots.setdefault(swap["slot"], []).append(swap)
    found: dict[Key, list[dict[str, Any]]] = {}
    for swap in once:
        quote = quote_of(swap["mint_in"], swap["mint_out"])
        base = swap["mint_in"] if swap["mint_out"] == quote else swap["mint_out"]
        for interval, width in WIDTHS.items():
            key = (interval, swap["pool"], base, quote, swap["block_time"] // width * width)
            found.setdefault(key, []).append(swap)
    return {key: summary(key, group, slots, floor) for key, group in found.items()}


def summary(
    key: Key, group: list[dict[str, Any]], slots: dict[int, list[dict[str, Any]]], floor: int
) -> dict[str, Any]:
    interval, pool, base, quote, open_time = key
    legs = [(swap, *units(swap, base)) for swap in group]
    prices = list(priced(legs, slots, floor))
    shown = [prices[0], max(prices), min(prices), prices[-1]] if prices else []
    return {
        "pool": pool,
        "program": group[0]["program"],
        "base_mint": base,
        "quote_mint": quote,
        "interval": interval,
        "open_time": open_time,
        "close_time": open_time + WIDTHS[interval],
        **dict(zip(("open", "high", "low", "close"), map(text, shown) if shown else [None] * 4, strict=True)),
        "base_volume": sum(base_units for _, base_units, _ in legs),
        "quote_volume": sum(quote_units for _, _, quote_units in legs),
        "trades": len(group),
        "first_id": group[0]["id"],
        "last_id": group[-1]["id"],
    }


def units(swap: dict[str, Any], base: str) -> tuple[int, int]:
    paid, got = swap["amount_in"], swap["amount_out"]
    return (paid, got) if swap["mint_in"] == base else (got, paid)


def priced(
    legs: list[tuple[dict[str, Any], int, int]], slots: dict[int, list[dict[str, Any]]], floor: int
) -> Iterator[Fraction]:
    for swap, base_units, quote_units in legs:
        if sets_price(swap, slots[swap["slot"]], floor):
            base_in = units(swap, swap["mint_in"])[0] == base_units and swap["mint_in"] != quote_of(
                swap["mint_in"], swap["mint_out"]
            )
            base_decimals = swap["decimals_in"] if base_in else swap["decimals_out"]
            quote_decimals = swap["decimals_out"] if base_in else swap["decimals_in"]
            yield Fraction(quote_units, 10**quote_decimals) / Fraction(base_units, 10**base_decimals)
