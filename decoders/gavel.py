"""Gavel (Plasma): pools that resist sandwiching; one-byte tags."""

from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most, exact

_ARGS = Args(
    "_:u8 mode:u8 amount_0:u64 amount_1:u64",
    (
        at_most("in", "amount_0", when=("mode", 0)),
        at_least("out", "amount_1", when=("mode", 0)),
        exact("out", "amount_0", when=("mode", 1)),
        at_most("in", "amount_1", when=("mode", 1)),
    ),
)

PROGRAM = Program(
    name="gavel",
    address="srAMMzfVHVAtgSJc8iH6CfKzuWuUTzLHVCE81QU1rgi",
    kind="amm",
    swaps=(SwapIx("swap", tag=b"\x00", accounts=9, pool=2, vaults=(6, 7), users=(4, 5), user=3, args=_ARGS),),
    # liquidity, fees, the making of pools, and 8: the log the program writes by calling itself
    others=tuple(bytes((tag,)) for tag in range(1, 10)),
)
