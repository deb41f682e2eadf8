"""Deriverse (spot): an order book with a pool behind it; tokens move between wallets and vaults only in its swap."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="deriverse",
    address="DRVSpZ2YUYYKgZP8XtLhAGtT1zYSCKzeHfb4DgRnrgqD",
    kind="clob",
    quotes=True,
    swaps=(
        SwapIx("swap", tag=b"\x1a", accounts=14, pool=5, vaults=(3, 4), users=(11, 12), mints=(1, 2), user=0),
    ),
    # what moves tokens beside the swap: deposit, withdraw, new instrument, and the vault manager's withdrawals and
    # lending (github.com/deriverse/kit); orders move none
    others=tuple(bytes((tag,)) for tag in (7, 8, 9, 69, 72, 80, 83, 84, 85)),
)  # fmt: skip
