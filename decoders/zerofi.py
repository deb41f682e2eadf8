"""ZeroFi: a proprietary AMM without a public interface, in two generations of its swap."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="zerofi",
    address="ZERor4xhbUycZ6gb9ntrhqscUcZmAbQDjEAtCf4hbZY",
    kind="prop_amm",
    swaps=(
        SwapIx("swap_v1", tag=b"\x06", accounts=10, pool=0, vaults=(2, 4), users=(5, 6), user=7, args=UP_TO_IN),
        SwapIx("swap_v4", tag=b"\x10", accounts=13, pool=0, vaults=(3, 5), users=(6, 7), user=8, args=UP_TO_IN),
    ),
)
