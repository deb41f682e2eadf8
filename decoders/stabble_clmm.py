"""Stabble CLMM: a fork of Raydium's CLMM without its first swap."""

from decoders.engine.families_amm import RAYDIUM_CLMM_FORK, RAYDIUM_CLMM_FORK_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="stabble_clmm",
    address="6dMXqGZ3ga2dikrYS9ovDXgHGh5RUsb2RTUj6hrQXhk6",
    kind="clmm",
    swaps=(RAYDIUM_CLMM_FORK["swap_v2"], RAYDIUM_CLMM_FORK["swap_router_base_in"]),
    others=RAYDIUM_CLMM_FORK_OTHERS + " close_protocol_position",
)
