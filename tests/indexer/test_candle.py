"""One candle: exact comparing, what is written of a price, the place of a trade, and both sides of a pair."""

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as some

from indexer.candle import Candle, canonical, of_trade, place, price
from indexer.message import Traded
from tests.indexer.candle_history import SOL, USDC, USDT
from tests.indexer.candle_oracle import text


def trade(slot: int, paid: int, got: int, **values: int) -> Candle:
    """SOL for USDC."""
    where = {"tx_index": 1, "idx": 2, "leg": 0} | values
    one = Traded(
        id=f"{slot}:{where}", slot=slot, block_time=1, program="venue", pool="one", mint_in=SOL, mint_out=USDC,
        amount_in=paid, amount_out=got, decimals_in=9, decimals_out=6, **where,
    )  # fmt: skip
    return of_trade(one, priced=True)


def test_high_and_low_are_told_apart_where_floating_point_numbers_are_not() -> None:
    base = 2**64 - 1
    first, higher, lower = trade(1, base, 2**63), trade(2, base, 2**63 + 1), trade(3, base, 2**63 - 1)
    assert 2**63 / base == (2**63 + 1) / base == (2**63 - 1) / base
    for one in (higher, lower):
        first.add(one)
    assert (first.high, first.low) == ((2**63 + 1, base), (2**63 - 1, base))


def test_first_and_last_go_by_slot_then_transaction_then_instruction_then_leg() -> None:
    four = [{"slot": 9, "tx_index": 1, "idx": 1, "leg": leg} for leg in (0, 1)]
    four += [four[1] | {"idx": 2, "leg": 0}, four[1] | {"tx_index": 2, "idx": 0}, four[1] | {"slot": 10, "tx_index": 0}]
    assert all(place(**one) < place(**after) for one, after in pairwise(four))
    for order in (four, four[::-1]):
        parts = [trade(paid=10**9, got=10**6 * (1 + four.index(one)), **one) for one in order]
        whole = parts[0]
        for one in parts[1:]:
            whole.add(one)
        assert (whole.open, whole.close) == ((10**6, 10**9), (5 * 10**6, 10**9))
        assert whole.first_id == trade(paid=1, got=1, **four[0]).first_id
        assert whole.last_id == trade(paid=1, got=1, **four[4]).first_id


@pytest.mark.parametrize(
    ("quote", "base", "decimals", "written"),
    [
        (1, 3, (0, 0), "0.333333333333333333"),
        (2, 3, (0, 0), "0.666666666666666667"),
        (10**18 + 1, 2 * 10**18, (0, 0), "0.5"),  # …0005 is halfway, and the digit before it is even
        (10**18 + 3, 2 * 10**18, (0, 0), "0.500000000000000002"),
        (1, 8, (0, 0), "0.125"),
        (150_250_000, 10**9, (6, 9), "150.25"),
        (1, 2**64 - 1, (18, 0), "0.0000000000000000000000000000000000000542101086242752217"),
        (2**64 - 1, 1, (0, 18), "18446744073709551600000000000000000000"),
        (1, 1, (255, 0), "0." + "0" * 254 + "1"),
    ],
)
def test_a_price_is_exact_or_rounded_to_18_digits_half_to_even_and_never_has_an_exponent(
    quote: int, base: int, decimals: tuple[int, int], written: str
) -> None:
    assert price(quote, base, *decimals) == written


@given(some.integers(1, 2**64 - 1), some.integers(1, 2**64 - 1), some.integers(0, 30), some.integers(0, 30))
def test_a_price_is_what_another_computation_writes(
    quote: int, base: int, quote_decimals: int, base_decimals: int
) -> None:
    ratio = Fraction(quote * 10**base_decimals, base * 10**quote_decimals)
    assert price(quote, base, quote_decimals, base_decimals) == text(ratio)


@pytest.mark.parametrize(
    ("mints", "pair"),
    [
        ((SOL, USDC), (SOL, USDC)),
        ((USDT, USDC), (USDT, USDC)),
        ((SOL, USDT), (SOL, USDT)),
        (("Aaa", SOL), ("Aaa", SOL)),
        (("zzz", SOL), ("zzz", SOL)),
        (("Aaa", "Bbb"), ("Aaa", "Bbb")),
        (("Aaa", "Aaa"), ("Aaa", "Aaa")),
    ],
)
def test_base_and_quote_are_the_same_from_both_sides(mints: tuple[str, str], pair: tuple[str, str]) -> None:
    assert canonical(*mints) == canonical(*mints[::-1]) == pair
