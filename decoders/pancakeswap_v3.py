"""PancakeSwap v3: a fork of Raydium's CLMM."""

from decoders.engine.families_amm import RAYDIUM_CLMM_FORK, RAYDIUM_CLMM_FORK_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="pancakeswap_v3",
    address="HpNfyc2Saw7RKkQd8nEL4khUcuPhQ7WwY1B2qjx8jxFq",
    kind="clmm",
    swaps=tuple(RAYDIUM_CLMM_FORK.values()),
    others=RAYDIUM_CLMM_FORK_OTHERS + " create_permissionless_farm_switch toggle_permissionless_farm_switch",
)
