"""Byreal: a fork of Raydium's CLMM; the third swap is the second with a dynamic fee."""

from dataclasses import replace

from decoders.engine.families_amm import RAYDIUM_CLMM_FORK, RAYDIUM_CLMM_FORK_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="byreal",
    address="REALQqNEomY6cQGZJUGwywTBD2UmDT32rZcNnfxQ5N2",
    kind="clmm",
    swaps=(
        RAYDIUM_CLMM_FORK["swap"],
        RAYDIUM_CLMM_FORK["swap_v2"],
        replace(RAYDIUM_CLMM_FORK["swap_v2"], name="swap_v3_dyn", tag=b""),
    ),
    others=RAYDIUM_CLMM_FORK_OTHERS + " claim_offchain_reward deposit_offchain_reward withdraw_offchain_reward"
    " init_amm_admin_group update_amm_admin_group create_pool_decay_fee set_pool_quote_flag set_pool_trade_fee_rate"
    " set_swap_dynamic_fee_params close_protocol_position",
)
