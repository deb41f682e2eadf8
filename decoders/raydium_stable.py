"""Raydium's stable pools: like AMM v4 with an order book behind them, and an account that holds the curve."""

from decoders.engine.families import EXACT_IN, EXACT_OUT
from decoders.engine.spec import Program, SwapIx

#: swap_base_in has no target orders before the vaults
_ROWS = (("swap_base_in", b"\x09", 18, 4, EXACT_IN), ("swap_base_out", b"\x0b", 19, 5, EXACT_OUT))

PROGRAM = Program(
    name="raydium_stable",
    address="5quBtoiQqxF9Jv6KYKctB59NT3gtJD2Y65kdnB1Uev3h",
    kind="stableswap",
    swaps=tuple(
        SwapIx(
            name, tag=tag, accounts=count, pool=1, vaults=(first, first + 1), users=(count - 3, count - 2),
            user=count - 1, args=args,
        )
        for name, tag, count, first, args in _ROWS
    ),
    # initialize, deposit, withdraw, pre_initialize
    others=tuple(bytes((tag,)) for tag in (0, 3, 4, 10)),
)  # fmt: skip
