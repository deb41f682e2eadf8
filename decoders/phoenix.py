"""Phoenix: an order book without a crank, its instructions told by one byte (github.com/Ellipsis-Labs/phoenix-v1)."""

from decoders.engine.phoenix import Summary, free_funds, wallet
from decoders.engine.spec import Args, Program, SwapIx

_ORDER = Args("order:u8 side:u8")
_SUMMARY = (Summary(),)

PROGRAM = Program(
    name="phoenix",
    address="PhoeNiXZ8ByJGLkxNfZRnkUfjvmuYqLR89jjFHGqdXY",
    kind="clob",
    swaps=(
        SwapIx(
            "swap", tag=b"\x00", accounts=9, pool=2, vaults=(6, 7), users=(4, 5), user=3, args=_ORDER, events=_SUMMARY
        ),
        SwapIx("swap_with_free_funds", tag=b"\x01", accounts=5, pool=2, user=3, amounts=free_funds),
        SwapIx(
            "place_limit_order", tag=b"\x02", accounts=10, pool=2, vaults=(7, 8), users=(5, 6), user=3,
            amounts=wallet, args=_ORDER, events=_SUMMARY,
        ),
        SwapIx("place_limit_order_with_free_funds", tag=b"\x03", accounts=5, pool=2, user=3, amounts=free_funds),
    ),
    # reduce, cancel, withdraw and deposit, request a seat, the program's own records, orders that only ever rest
    others=tuple(bytes((tag,)) for tag in (*range(4, 18), *range(100, 110))),
)  # fmt: skip
