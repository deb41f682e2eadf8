"""Aquifer: a proprietary AMM of many coins, which pays before it is paid.

The layout of the swaps tagged 0x13, its main ones since January 2026, is not known: they are counted as unknown.
"""

from decoders.engine.families_prop import AMOUNT_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="aquifer",
    address="AQU1FRd7papthgdrwPTTq5JacJh8YtwEXaBfKU3bTz45",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_01", tag=b"\x01", accounts=16, pool=9, vaults=(15, 13), users=(6, 3), mints=(7, 4), user=1,
            args=AMOUNT_IN, shared_vaults=True,
        ),
    ),
)  # fmt: skip
