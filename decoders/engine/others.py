"""Instructions that are known not to be swaps, where the list is long: names alone, and where they are from.

What is on no list counts as unknown and rings an alarm: a name is here only when nothing is bought or sold in it.
"""

#: its published interface and documents of October 2026 (github.com/pump-fun/pump-public-docs); the boost buys
#: for nobody: what it buys is burned
PUMPSWAP_OTHERS = (
    "boost_buy_and_burn deposit withdraw create_pool collect_coin_creator_fee admin_set_coin_creator"
    " admin_update_token_incentives claim_cashback claim_token_incentives close_user_volume_accumulator create_config"
    " disable extend_account init_user_volume_accumulator migrate_pool_coin_creator set_coin_creator"
    " set_reserved_fee_recipients sync_user_volume_accumulator toggle_cashback_enabled toggle_mayhem_mode"
    " transfer_creator_fees_to_pump transfer_creator_fees_to_pump_v2 update_admin update_buyback_config"
    " update_fee_config set_reserved_fee_recipient init_boost set_boost_authority toggle_boost sweep_protocol_fee"
    " sweep_creator_fee admin_cto_pool update_creator_fee_config"
)

#: the same documents (github.com/pump-fun/pump-public-docs)
PUMP_FUN_OTHERS = (
    "create create_v2 migrate migrate_v2 extend_account collect_creator_fee set_creator init_user_volume_accumulator"
    " sync_user_volume_accumulator claim_token_incentives distribute_creator_fees initialize set_params add_quote_mint"
    " admin_set_creator admin_set_idl_authority admin_update_token_incentives claim_cashback claim_cashback_v2"
    " close_user_volume_accumulator collect_creator_fee_v2 distribute_creator_fees_v2 get_minimum_distributable_fee"
    " migrate_bonding_curve_creator remove_quote_mint set_mayhem_virtual_params set_metaplex_creator"
    " set_reserved_fee_recipients set_virtual_quote_reserves toggle_cashback_enabled toggle_create_v2"
    " toggle_mayhem_mode update_buyback_config update_global_authority admin_cto add_quote_control_mint"
    " distribute_fee_to_holders initialize_quote_control remove_quote_control_mint set_quote_control_admin"
    " update_creator_fee_config update_holder_reward_config sweep_protocol_fee sweep_creator_fee"
)

#: its source (github.com/raydium-io/raydium-clmm); limit orders wait for swaps to fill them
RAYDIUM_CLMM_OTHERS = (
    "create_pool open_position open_position_v2 open_position_with_token22_nft close_position increase_liquidity"
    " increase_liquidity_v2 decrease_liquidity decrease_liquidity_v2 initialize_reward set_reward_params"
    " update_reward_infos collect_remaining_rewards collect_protocol_fee collect_fund_fee close_limit_order"
    " close_protocol_position create_amm_config create_customizable_pool create_dynamic_fee_config"
    " create_operation_account create_support_mint_associated decrease_limit_order increase_limit_order"
    " open_limit_order settle_limit_order transfer_reward_owner update_amm_config update_dynamic_fee_config"
    " update_operation_account update_pool_status"
)

#: its published interface (github.com/MeteoraAg/dlmm-sdk); limit orders wait in one bin for swaps to fill them
METEORA_DLMM_OTHERS = (
    "initialize_lb_pair initialize_lb_pair2 initialize_bin_array initialize_position initialize_position2"
    " add_liquidity add_liquidity2 add_liquidity_by_strategy add_liquidity_by_strategy2 remove_liquidity"
    " remove_liquidity2 remove_liquidity_by_range remove_liquidity_by_range2 remove_all_liquidity close_position"
    " close_position2 claim_fee claim_fee2 claim_reward claim_reward2 rebalance_liquidity"
    " add_liquidity_by_strategy_one_side add_liquidity_by_weight add_liquidity_one_side add_liquidity_one_side_precise"
    " add_liquidity_one_side_precise2 close_claim_protocol_fee_operator close_position_if_empty close_preset_parameter"
    " close_preset_parameter2 create_claim_protocol_fee_operator decrease_position_length fund_reward go_to_a_bin"
    " increase_oracle_length increase_position_length initialize_bin_array_bitmap_extension"
    " initialize_customizable_permissionless_lb_pair initialize_customizable_permissionless_lb_pair2"
    " initialize_permission_lb_pair initialize_position_by_operator initialize_position_pda"
    " initialize_preset_parameter initialize_preset_parameter2 initialize_reward initialize_token_badge"
    " migrate_bin_array migrate_position set_activation_point set_pair_status set_pair_status_permissionless"
    " set_pre_activation_duration set_pre_activation_swap_address update_base_fee_parameters"
    " update_dynamic_fee_parameters update_fees_and_reward2 update_fees_and_rewards update_position_operator"
    " update_reward_duration update_reward_funder withdraw_ineligible_reward withdraw_protocol_fee"
    " update_fee_parameters remove_liquidity_single_side toggle_pair_status update_whitelisted_wallet"
    " set_lock_release_point set_pre_activation_slot_duration close_claim_fee_operator_account close_operator_account"
    " close_token_badge create_operator_account increase_position_length2 reset_bin_array_tombstone_fields"
    " reset_pool_tombstone_fields reset_position_tombstone_fields zap_protocol_fee add_liquidity_by_weight2"
    " cancel_limit_order close_bin_array close_limit_order_if_empty place_limit_order"
    " set_permissionless_operation_bits"
)

#: its published interface (github.com/MeteoraAg/dynamic-bonding-curve, idls)
METEORA_DAMM_V1_OTHERS = (
    "initialize_permissioned_pool initialize_permissionless_pool initialize_permissionless_pool_with_fee_tier"
    " enable_or_disable_pool remove_liquidity_single_side add_imbalance_liquidity remove_balance_liquidity"
    " add_balance_liquidity set_pool_fees override_curve_param get_pool_info bootstrap_liquidity create_mint_metadata"
    " create_lock_escrow lock claim_fee create_config close_config"
    " initialize_permissionless_constant_product_pool_with_config"
    " initialize_permissionless_constant_product_pool_with_config2"
    " initialize_customizable_permissionless_constant_product_pool update_activation_point withdraw_protocol_fees"
    " set_whitelisted_vault partner_claim_fee"
)

#: its published interface and source (github.com/MeteoraAg/damm-v2)
METEORA_DAMM_V2_OTHERS = (
    "claim_protocol_fee2"
    " initialize_pool initialize_customizable_pool create_position add_liquidity remove_liquidity remove_all_liquidity"
    " close_position claim_position_fee claim_protocol_fee claim_partner_fee claim_reward close_config"
    " close_operator_account close_token_badge create_config create_dynamic_config create_operator_account"
    " create_token_badge dummy_ix fix_config_fee_params fix_pool_fee_params fix_pool_layout_version fund_reward"
    " initialize_pool_with_dynamic_config initialize_reward lock_inner_position lock_position permanent_lock_position"
    " refresh_vesting set_pool_status split_position split_position2 update_pool_fees update_reward_duration"
    " update_reward_funder withdraw_ineligible_reward zap_protocol_fee close_claim_fee_operator"
    " create_claim_fee_operator"
)

#: its published interfaces and source (github.com/MeteoraAg/dynamic-bonding-curve)
METEORA_DBC_OTHERS = (
    "initialize_virtual_pool_with_spl_token initialize_virtual_pool_with_token2022 migration_damm_v2"
    " migrate_meteora_damm claim_trading_fee claim_creator_trading_fee withdraw_leftover create_config"
    " claim_protocol_fee close_claim_fee_operator create_claim_fee_operator create_locker create_partner_metadata"
    " create_virtual_pool_metadata creator_withdraw_surplus migrate_meteora_damm_claim_lp_token"
    " migrate_meteora_damm_lock_lp_token migration_damm_v2_create_metadata migration_meteora_damm_create_metadata"
    " partner_withdraw_surplus protocol_withdraw_surplus transfer_pool_creator withdraw_migration_fee"
    " withdraw_lamports_from_pool_authority claim_partner_pool_creation_fee claim_protocol_pool_creation_fee"
    " close_claim_protocol_fee_operator close_operator_account create_operator_account zap_protocol_fee"
)

#: the program's own interface (as in github.com/cpkt9762/solana-idls)
JUPITER_PERPS_OTHERS = (
    "add_liquidity2 remove_liquidity2 create_increase_position_market_request close_position_request"
    " create_decrease_position_market_request create_decrease_position_request2 update_decrease_position_request2"
    " close_position_request2 increase_position4 increase_position_pre_swap increase_position_with_internal_swap"
    " decrease_position4 decrease_position_with_internal_swap liquidate_full_position4 set_token_ledger"
    " refresh_assets_under_management instant_create_tpsl instant_update_tpsl instant_create_limit_order"
    " instant_update_limit_order instant_increase_position instant_increase_position_pre_swap"
    " instant_decrease_position create_token_ledger get_assets_under_management2 get_add_liquidity_amount_and_fee2"
    " get_remove_liquidity_amount_and_fee2 get_exact_out_swap_amount_and_fees init add_pool add_custody"
    " set_custody_config set_pool_config set_perpetuals_config transfer_admin withdraw_fees2 create_token_metadata"
    " realloc_custody realloc_pool create_and_delegate_stake_account unstake withdraw_stake redeem_stake"
    " operator_set_custody_config operator_set_pool_config test_init set_test_time close_position_request3"
    " decrease_position_with_tpsl decrease_position_with_tpsl_and_internal_swap set_max_global_sizes"
    " instant_decrease_position2 borrow_from_custody repay_to_custody deposit_collateral_for_borrows"
    " withdraw_collateral_for_borrows liquidate_borrow_position partial_liquidate_borrow_position"
    " close_borrow_position"
)

#: the program's own interface (as in github.com/cpkt9762/solana-idls)
HEAVEN_OTHERS = (
    "add_liquidity_pro_pool admin_borrow_sol admin_claim_msol admin_claim_pro_creator_trading_fees"
    " admin_claim_staking_rewards admin_claim_standard_creator_trading_fees admin_deposit_msol admin_mint_msol"
    " admin_repay_sol admin_set_transfer_fee admin_unstake_msol admin_update_pro_liquidity_pool_state"
    " admin_update_standard_liquidity_pool_state admin_withdraw_msol admin_withdraw_transfer_fee"
    " claim_pro_creator_trading_fee_protocol_fees claim_pro_creator_trading_fees"
    " claim_pro_liquidity_provider_trading_fees claim_pro_protocol_trading_fees claim_pro_reflection_trading_fees"
    " claim_standard_creator_trading_fee_protocol_fees claim_standard_creator_trading_fees"
    " claim_standard_protocol_trading_fees claim_standard_reflection_trading_fees close_protocol_lookup_table"
    " create_or_update_protocol_fee_admin create_or_update_protocol_owner create_or_update_protocol_staking_admin"
    " create_pro_liquidity_pool create_protocol_config create_protocol_lookup_table create_standard_liquidity_pool"
    " creator_set_pro_market_cap_creator_fee creator_set_pro_market_cap_lp_fee"
    " creator_set_pro_market_cap_reflection_fee creator_set_pro_slot_creator_fee creator_toggle_pro_deposit"
    " creator_toggle_pro_swap creator_toggle_pro_withdraw deactivate_protocol_lookup_table"
    " extend_protocol_lookup_table initialize_protocol_lending remaining_accounts_stub remove_liquidity_pro_pool"
    " set_protocol_slot_fees transfer_lp_tokens update_allow_create_pool update_creator_trading_fee_receiver"
    " update_pro_creator_trading_fee_receiver update_protocol_config"
)

#: the program's own interface (as in github.com/cpkt9762/solana-idls); the operator's own swaps are those of Raydium
#: CPMM below them
BOOP_OTHERS = (
    "create_token deploy_bonding_curve swap_sol_for_tokens_on_raydium swap_tokens_for_sol_on_raydium"
    " collect_trading_fees add_operators cancel_authority_transfer close_bonding_curve_vault"
    " collect_meteora_trading_fees collect_meteora_trading_fees_v2 collect_trading_fees_v2 complete_authority_transfer"
    " create_meteora_pool create_raydium_pool create_raydium_random_pool create_token_fallback"
    " deploy_bonding_curve_fallback deposit_into_raydium graduate initialize initiate_authority_transfer"
    " lock_raydium_liquidity remove_operators split_post_graduation_trading_fees split_trading_fees toggle_paused"
    " update_config"
)

#: the program's own interface (as in github.com/cpkt9762/solana-idls)
WOOFI_OTHERS = (
    "create_config create_wooracle set_oracle_maximum_age set_stale_duration set_woo_bound set_woo_range"
    " set_woo_price set_woo_coeff set_woo_spread set_woo_admin set_guardian_admin set_lending_manager"
    " set_supercharger_vault_whitelist set_woo_state get_price create_pool create_woo_amm_pool set_pool_admin"
    " set_fee_admin set_pause_role pause unpause set_pool_fee_rate set_pool_max_gamma set_pool_max_notional_swap"
    " set_pool_cap_bal set_pool_min_swap_amount try_query query deposit withdraw claim_fee claim_fee_amount"
    " incase_token_got_stuck set_wooconfig_new_authority claim_wooconfig_authority claim_wooracle_authority"
    " claim_woopool_authority claim_wooammpool_authority repay_by_lending_manager"
)

#: the program's own interface (as in github.com/cpkt9762/solana-idls)
DEFITUNA_FUSION_OTHERS = (
    "close_bundled_position close_limit_order close_position collect_fees collect_protocol_fees decrease_limit_order"
    " decrease_liquidity delete_position_bundle delete_token_badge increase_limit_order increase_liquidity"
    " initialize_config initialize_pool initialize_position_bundle initialize_position_bundle_with_metadata"
    " initialize_tick_array initialize_token_badge open_bundled_position open_limit_order open_position"
    " reset_pool_price set_position_range update_fees lock_position set_collect_protocol_fees_authority"
    " set_default_protocol_fee_rate set_fee_authority set_fee_rate set_protocol_fee_rate set_token_badge_authority"
    " set_clp_reward_rate set_default_clp_reward_rate set_default_order_protocol_fee_rate set_order_protocol_fee_rate"
)

#: its published interfaces over time (github.com/hylo-so/sdk)
HYLO_EXCHANGE_OTHERS = (
    "accept_address_update approve_address_update cancel_address_update genesis_mint_exo get_stats"
    " harvest_borrow_rate harvest_funding_rate harvest_yield propose_address_update settle_virtual_stablecoin_exo"
    " settle_virtual_stablecoin_lst settle_virtual_stablecoin_usdc update_lst_prices withdraw_fees"
    " initialize_lst_registry initialize_lst_registry_calculators initialize_mints initialize_protocol register_lst"
    " update_admin update_levercoin_fees update_lst_swap_fee update_oracle_conf_tolerance update_oracle_interval"
    " update_sol_usd_oracle update_stability_pool update_stability_thresholds update_stablecoin_fees update_treasury"
    " update_yield_harvest_config initialize_lst_virtual_stablecoin initialize_pool_drawdown_exo"
    " initialize_pool_drawdown_lst initialize_usdc pause_exo_pair pause_lst_pair pause_protocol pause_usdc_pair"
    " register_exo unpause_exo_pair unpause_lst_pair unpause_protocol unpause_usdc_pair update_exo_borrow_rate"
    " update_exo_buy_curve update_exo_levercoin_fees update_exo_levercoin_market_cap_limit update_exo_oracle"
    " update_exo_oracle_conf_tolerance update_exo_oracle_interval update_exo_sell_curve"
    " update_exo_stablecoin_mint_threshold update_lst_buy_curve_config update_lst_rebalance_fee"
    " update_lst_sell_curve_config update_lst_stablecoin_mint_threshold update_par_tolerance update_usdc_mint_fee"
    " update_usdc_oracle_conf_tolerance update_usdc_oracle_interval update_usdc_redeem_fee"
)

#: the program's own interface (as in github.com/cpkt9762/solana-idls)
CARROT_OTHERS = (
    "init_vault transfer_vault_authority pause_vault migrate_vault_account distribute_vault_fees update_fee add_asset"
    " update_asset remove_asset remove_strategy update_strategy marginfi_supply_strategy_init"
    " marginfi_supply_strategy_deposit marginfi_supply_strategy_withdraw marginfi_supply_strategy_claim_emissions"
    " klend_supply_strategy_init klend_supply_strategy_deposit klend_supply_strategy_withdraw"
    " klend_supply_strategy_claim_emissions solend_supply_strategy_init solend_supply_strategy_deposit"
    " solend_supply_strategy_withdraw mango_supply_strategy_init mango_supply_strategy_deposit"
    " mango_supply_strategy_withdraw drift_supply_strategy_init drift_supply_strategy_deposit"
    " drift_supply_strategy_withdraw drift_insurance_fund_strategy_init drift_insurance_fund_strategy_stake"
    " drift_insurance_fund_strategy_unstake drift_insurance_fund_strategy_withdraw clend_supply_strategy_init"
    " clend_supply_strategy_deposit clend_supply_strategy_withdraw chest_strategy_init chest_strategy_deposit"
    " chest_strategy_request_withdraw chest_strategy_withdraw update_switchboard_oracle_price"
)

#: its published interface (github.com/00labs/huma-js); a redemption is asked for, worked off and paid in three of them
HUMA_OTHERS = (
    "add_mode add_pool_operator add_redemption_request add_strategy_manager_wallet cancel_redemption_request"
    " change_pool_owner close_lender_accounts close_pool create_lender_accounts create_pool declare_loss"
    " deploy_liquidity disable_pool disburse enable_pool enter_pre_closure pay_back_liquidity"
    " process_redemption_request refresh_pool_assets remove_mode remove_pool_operator remove_strategy_manager_wallet"
    " set_lp_config set_pool_owner_treasury update_mode_apy update_mode_name update_mode_token_metadata"
    " update_pool_name"
)

#: the program's own interface (as in github.com/cpkt9762/solana-idls)
PERENA_STAR_OTHERS = (
    "change_fees create_bank create_gen_oracle_account create_gen_team_account create_gen_vault create_tranche_state"
    " deposit_in_lp init_marginfi_account name_bank_manager name_bank_risk_manager refresh_atomic_lending_accounting"
    " request_unstake_junior set_vault_config_details team_deposits_from_invest team_withdraws_fees"
    " team_withdraws_to_invest trigger_bank_circuit_breaker trigger_vault_circuit_breaker update_oracle_state"
    " update_tranche_config update_yielding_amount update_yielding_info update_yielding_price_gen vault_reallocator"
    " vault_transfer withdraw_from_lp withdraw_tranche_fees"
)

#: the program's own interface (as in github.com/cpkt9762/solana-idls); withdraw_vault and direct_withdraw_strategy
#: pay for shares that were given in an earlier transaction
VOLTR_OTHERS = (
    "accept_protocol_admin accept_vault_admin add_adaptor calibrate_high_water_mark cancel_request_withdraw_vault"
    " close_strategy create_lp_metadata deposit_strategy direct_withdraw_strategy"
    " direct_withdraw_strategy_with_tolerance harvest_fee init_protocol initialize_direct_withdraw_strategy"
    " initialize_strategy initialize_vault remove_adaptor request_withdraw_vault update_protocol update_vault_config"
    " update_vault_protocol_fee withdraw_strategy withdraw_vault"
)
