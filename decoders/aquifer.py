"""Aquifer: a proprietary AMM of many coins, which pays before it is paid."""

from decoders.engine.families_prop import AMOUNT_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="aquifer",
    address="AQU1FRd7papthgdrwPTTq5JacJh8YtwEXaBfKU3bTz45",
    kind="prop_amm",
    partly="swaps tagged 13, seen since 30 January 2026: which accounts are pool, vaults and user is not known",
    swaps=(
        SwapIx(
            "swap_tag_01", tag=b"\x01", accounts=16, pool=9, vaults=(15, 13), users=(6, 3), mints=(7, 4), user=1,
            args=AMOUNT_IN, shared_vaults=True,
        ),
    ),
)  # fmt: skip
