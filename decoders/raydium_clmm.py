"""Raydium CLMM: concentrated liquidity; swap_router_base_in holds one swap for every hop."""

from decoders.engine.families import RAYDIUM_CLMM
from decoders.engine.spec import Program

PROGRAM = Program(
    name="raydium_clmm",
    address="CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK",
    kind="clmm",
    swaps=RAYDIUM_CLMM,
    others="create_pool open_position open_position_v2 open_position_with_token22_nft close_position increase_liquidity"
    " increase_liquidity_v2 decrease_liquidity decrease_liquidity_v2 initialize_reward set_reward_params"
    " update_reward_infos collect_remaining_rewards collect_protocol_fee collect_fund_fee",
)
