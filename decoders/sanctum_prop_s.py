"""Sanctum's peg swap between SOL and liquid staking tokens."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="sanctum_prop_s",
    address="pegVkBpfR9GFi5Jaa9YXAHACyM9CzCNvhc5bf8GWNyW",
    kind="conversion",
    default=False,
    swaps=(SwapIx("swap", tag=b"\x00", accounts=8, pool=4, vaults=(1, 3), users=(0, 2), user=5, args=UP_TO_IN),),
)
