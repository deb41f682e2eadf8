"""SolFi v1: a proprietary AMM of 2024 and 2025."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="solfi_v1",
    address="SoLFiHG9TfgtdUXUjWAxi3LtvYuFyDLVhBWxdMZxyCe",
    kind="prop_amm",
    swaps=(SwapIx("swap_tag_07", tag=b"\x07", accounts=8, pool=1, vaults=(2, 3), users=(4, 5), user=0, args=UP_TO_IN),),
)
