"""Obsidian: a proprietary AMM; the vaults stand in the order of the pool, the user's accounts in that of the trade."""

from decoders.engine.families_prop import AMOUNT_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="obsidian",
    address="HBVw6bZtcCaezhcBrmfyXBSBRWCdv72271xQ4GPvms2z",
    kind="prop_amm",
    swaps=(
        SwapIx("swap_tag_01", tag=b"\x01", accounts=8, pool=1, vaults=(2, 3), users=(4, 5), user=0, args=AMOUNT_IN),
    ),
)
