"""Archer: an order book without a public interface; makers' books follow behind the known accounts."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="archer",
    address="Archer8kgiavM61GyusMzaaS2ft5sALtNsD1HxkUPMhy",
    kind="clob",
    quotes=True,
    swaps=(
        SwapIx("swap_tag_0f", tag=b"\x0f", accounts=12, pool=1, vaults=(5, 6), users=(7, 8), mints=(3, 4), user=0),
    ),
    # a maker's book: initialize, update, price, clear, delegate, deposit, withdraw, spread, expiry, close
    # (as public makers' programs call them)
    others=tuple(bytes((tag,)) for tag in (*range(6, 13), 26, 30, 31)),
)  # fmt: skip
