"""Orca Whirlpools: concentrated liquidity; two_hop_swap holds two swaps in one instruction."""

from decoders.engine.families import WHIRLPOOL
from decoders.engine.spec import Program

PROGRAM = Program(
    name="orca_whirlpool",
    address="whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc",
    kind="clmm",
    swaps=WHIRLPOOL,
    others="initialize_config initialize_pool initialize_pool_v2 initialize_pool_with_adaptive_fee"
    " initialize_tick_array initialize_dynamic_tick_array initialize_fee_tier initialize_reward initialize_reward_v2"
    " open_position open_position_with_metadata open_position_with_token_extensions close_position"
    " close_position_with_token_extensions lock_position reset_position_range transfer_locked_position"
    " increase_liquidity increase_liquidity_v2 increase_liquidity_by_token_amounts_v2 decrease_liquidity"
    " decrease_liquidity_v2 reposition_liquidity_v2 update_fees_and_rewards collect_fees collect_fees_v2"
    " collect_reward collect_reward_v2 collect_protocol_fees collect_protocol_fees_v2 set_reward_emissions"
    " set_reward_emissions_v2 initialize_config_extension set_config_extension_authority set_config_feature_flag"
    " set_adaptive_fee_constants initialize_token_badge delete_token_badge set_token_badge_authority"
    " set_token_badge_attribute initialize_position_bundle open_bundled_position close_bundled_position",
)
