"""Raydium CLMM: concentrated liquidity; swap_router_base_in holds one swap for every hop."""

from decoders.engine.families import RAYDIUM_CLMM
from decoders.engine.others import RAYDIUM_CLMM_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="raydium_clmm",
    address="CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK",
    kind="clmm",
    swaps=RAYDIUM_CLMM,
    others=RAYDIUM_CLMM_OTHERS,
)
