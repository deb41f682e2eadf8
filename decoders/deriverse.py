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
)  # fmt: skip
