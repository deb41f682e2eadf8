"""Orca Whirlpools: concentrated liquidity; two_hop_swap holds two swaps in one instruction."""

from decoders.engine.families import WHIRLPOOL
from decoders.engine.families_amm import WHIRLPOOL_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="orca_whirlpool",
    address="whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc",
    kind="clmm",
    swaps=WHIRLPOOL,
    others=WHIRLPOOL_OTHERS,
)
