"""Hadron: a proprietary AMM without a public interface; ten millionths of a trade go to its treasury."""

from decoders.engine.amounts import one_transfer_each
from decoders.engine.families_prop import SIDE_FIRST
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="hadron",
    address="HADRoNbLovyqhCsocfYQYB7QdfCAAinN9HTePvBCVDQ8",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_03", tag=b"\x03", accounts=16, pool=2, vaults=(9, 10), users=(8, 11), user=7, args=SIDE_FIRST,
            pays=(("protocol", 13),), amounts=one_transfer_each,
        ),
    ),
)  # fmt: skip
