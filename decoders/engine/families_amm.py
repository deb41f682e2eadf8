"""Layouts that several AMMs and concentrated liquidity programs share."""

from dataclasses import replace

from decoders.engine.amounts import one_transfer_each
from decoders.engine.events import Event
from decoders.engine.families import CLMM_ARGS, RAYDIUM_CLMM, UP_TO_IN
from decoders.engine.spec import Args, SwapIx, anchor, at_least, at_most

#: a price limit follows in place of the output's floor
PRICE_LIMIT = Args("amount_in:u64", (at_most("in", "amount_in"),))
#: the direction comes first
DIRECTION_FIRST = Args("_:bool amount_in:u64 minimum_out:u64", UP_TO_IN.rules)

#: SPL token-swap and its forks; the constant product's rounding may leave a little of the input with the user
TOKEN_SWAP = (SwapIx("swap", tag=b"\x01", accounts=10, pool=0, vaults=(4, 5), users=(3, 6), user=2, args=UP_TO_IN),)
#: initialize, deposit and withdraw, both also of one token alone
TOKEN_SWAP_OTHERS = tuple(bytes((tag,)) for tag in (0, 2, 3, 4, 5))

_SWAP_EVENT = Event(
    "SwapEvent",
    "pool:pubkey _:pubkey _:pubkey _:pubkey net_in:u64 transfer_fee_in:u64 net_out:u64 transfer_fee_out:u64"
    " forward:bool",
    via="log",
)
#: forks of Raydium's CLMM, by instruction; their event does not tell of fees
RAYDIUM_CLMM_FORK = {layout.name: replace(layout, events=(_SWAP_EVENT,)) for layout in RAYDIUM_CLMM}
RAYDIUM_CLMM_FORK_OTHERS = (
    "close_position collect_fund_fee collect_protocol_fee collect_remaining_rewards create_amm_config"
    " create_operation_account create_pool create_support_mint_associated decrease_liquidity decrease_liquidity_v2"
    " increase_liquidity increase_liquidity_v2 initialize_reward open_position open_position_v2"
    " open_position_with_token22_nft set_reward_params transfer_reward_owner update_amm_config"
    " update_operation_account update_pool_status update_reward_infos"
)

#: Stabble: pools of one vault program share their token accounts; without an amount the whole balance is swapped
STABBLE = tuple(
    SwapIx(
        name,
        tag=anchor(name) + option,
        accounts=accounts,
        pool=first + 5,
        vaults=(first + 2, first + 3),
        users=(first, first + 1),
        mints=mints,
        user=0,
        args=args,
        amounts=one_transfer_each,
        pays=(("protocol", first + 4),),
        shared_vaults=True,
    )
    for name, accounts, first, mints in (("swap", 12, 1, ()), ("swap_v2", 15, 3, (1, 2)))
    for option, args in (
        (b"\x01", UP_TO_IN),
        (b"\x00", Args("minimum_out:u64", (at_least("out", "minimum_out"),))),
    )
)
STABBLE_OTHERS = (
    "accept_owner change_max_supply change_swap_fee deposit initialize pause reject_owner shutdown transfer_owner"
    " unpause withdraw"
)

#: Aldrin: both generations begin alike
ALDRIN = (SwapIx("swap", accounts=10, pool=0, vaults=(3, 4), users=(7, 8), user=6, args=UP_TO_IN),)
ALDRIN_OTHERS = (
    "initialize get_creation_basket get_redemption_basket create_basket redeem_basket initialize_farming start_farming"
    " initialize_farming_calc close_farming_calc calculate_farmed withdraw_farmed check_farmed end_farming"
    " take_farming_snapshot increase_farming_total"
)

#: BonkSwap and the programs made from it
BONKSWAP = (
    SwapIx(
        "swap",
        accounts=17,
        pool=1,
        vaults=(4, 5),
        users=(6, 7),
        mints=(2, 3),
        user=8,
        args=PRICE_LIMIT,
        pays=(("referral", 9), ("referral", 10)),
    ),
)
BONKSWAP_OTHERS = (
    "create_pool create_provider create_state add_tokens withdraw_buyback withdraw_shares withdraw_lp_fee"
    " withdraw_project_fee create_farm create_dual_farm create_triple_farm withdraw_rewards close_pool"
    " withdraw_mercanti_fee add_supply update_fees reset_farm update_reward_tokens force_withdraw_rewards"
)

#: Crema's two switches before the amount
CREMA_ARGS = Args("_:bool by_input:bool amount:u64 threshold:u64", CLMM_ARGS.rules)

#: Whirlpools and forks: what does not swap, by its source (github.com/orca-so/whirlpools)
WHIRLPOOL_OTHERS = (
    "initialize_config initialize_pool initialize_pool_v2 initialize_pool_with_adaptive_fee"
    " initialize_tick_array initialize_dynamic_tick_array initialize_fee_tier initialize_reward initialize_reward_v2"
    " open_position open_position_with_metadata open_position_with_token_extensions close_position"
    " close_position_with_token_extensions lock_position reset_position_range transfer_locked_position"
    " increase_liquidity increase_liquidity_v2 increase_liquidity_by_token_amounts_v2 decrease_liquidity"
    " decrease_liquidity_v2 reposition_liquidity_v2 update_fees_and_rewards collect_fees collect_fees_v2"
    " collect_reward collect_reward_v2 collect_protocol_fees collect_protocol_fees_v2 set_reward_emissions"
    " set_reward_emissions_v2 initialize_config_extension set_config_extension_authority set_config_feature_flag"
    " set_adaptive_fee_constants initialize_token_badge delete_token_badge set_token_badge_authority"
    " set_token_badge_attribute initialize_position_bundle open_bundled_position close_bundled_position"
    " initialize_position_bundle_with_metadata delete_position_bundle initialize_adaptive_fee_tier set_fee_rate"
    " set_fee_rate_by_delegated_fee_authority set_default_fee_rate set_default_base_fee_rate set_protocol_fee_rate"
    " set_default_protocol_fee_rate set_fee_authority set_delegated_fee_authority set_collect_protocol_fees_authority"
    " set_initialize_pool_authority set_preset_adaptive_fee_constants set_reward_authority"
    " set_reward_authority_by_super_authority set_reward_emissions_super_authority"
    " migrate_repurpose_reward_authority_space admin_increase_liquidity idl_include"
)
