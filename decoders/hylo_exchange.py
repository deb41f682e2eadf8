"""Hylo: liquid staking tokens, other collateral, hyUSD and xSOL against each other at the protocol's own price.

Layouts over time are those of its published interface (github.com/hylo-so/sdk).
"""

from decoders.engine.spec import Program, SwapIx

_Pair = tuple[int, int]
#: names, accounts, pool, vaults, users, mints; where a coin is minted and burned its mint is the vault
_ROWS: tuple[tuple[str, int, int, _Pair, _Pair, _Pair | tuple[()]], ...] = (
    ("swap_lst", 16, 1, (5, 10), (3, 8), (2, 7)),
    ("swap_lst_to_lst", 17, 1, (5, 10), (3, 8), ()),
    ("swap_lst_to_usdc swap_lst_to_usdc_all swap_usdc_to_lst", 25, 4, (11, 12), (14, 15), ()),
    ("swap_lst_to_usdc swap_usdc_to_lst", 18, 4, (7, 8), (9, 10), (11, 12)),
    ("swap_lst_to_usdc swap_usdc_to_lst", 17, 3, (6, 7), (8, 9), (10, 11)),
    ("swap_exo_to_usdc swap_exo_to_usdc_all swap_usdc_to_exo", 25, 3, (10, 11), (13, 14), ()),
    ("swap_exo_to_usdc swap_usdc_to_exo", 18, 2, (6, 7), (9, 8), (11, 10)),
    ("swap_exo_to_usdc swap_usdc_to_exo", 17, 1, (5, 6), (8, 7), (10, 9)),
    ("swap_stable_to_lever swap_lever_to_stable", 12, 1, (3, 8), (7, 10), (3, 8)),
    ("convert_stable_to_lever_lst convert_lever_to_stable_lst", 12, 1, (3, 8), (7, 10), (3, 8)),
    ("convert_stable_to_lever_exo convert_lever_to_stable_exo", 16, 2, (11, 12), (10, 9), (11, 12)),
    ("mint_stablecoin mint_levercoin mint_stablecoin_lst mint_levercoin_lst", 14, 1, (6, 11), (8, 9), (10, 11)),
    ("mint_stablecoin_exo mint_levercoin_exo", 14, 2, (6, 11), (8, 9), (10, 11)),
    ("mint_stablecoin_usdc redeem_stablecoin_usdc", 16, 2, (7, 12), (11, 10), (13, 12)),
    ("redeem_stablecoin_lst redeem_levercoin_lst redeem_stablecoin", 13, 1, (9, 5), (7, 8), (9, 10)),
    ("redeem_stablecoin", 18, 1, (10, 6), (8, 9), (10, 11)),
    ("redeem_levercoin", 18, 1, (9, 5), (7, 8), (9, 11)),
    ("redeem_levercoin", 19, 1, (10, 6), (8, 9), (10, 12)),
    ("redeem_stablecoin_exo redeem_levercoin_exo", 13, 2, (10, 5), (7, 8), (10, 9)),
)
_OTHERS = (
    "accept_address_update approve_address_update cancel_address_update genesis_mint_exo get_stats"
    " harvest_borrow_rate harvest_funding_rate harvest_yield initialize_lst_registry"
    " initialize_lst_registry_calculators initialize_lst_virtual_stablecoin initialize_mints"
    " initialize_pool_drawdown_exo initialize_pool_drawdown_lst initialize_protocol initialize_usdc pause_exo_pair"
    " pause_lst_pair pause_protocol pause_usdc_pair propose_address_update register_exo register_lst"
    " settle_virtual_stablecoin_exo settle_virtual_stablecoin_lst settle_virtual_stablecoin_usdc unpause_exo_pair"
    " unpause_lst_pair unpause_protocol unpause_usdc_pair update_admin update_exo_borrow_rate update_exo_buy_curve"
    " update_exo_funding_rate update_exo_levercoin_fees update_exo_levercoin_market_cap_limit update_exo_oracle"
    " update_exo_oracle_conf_tolerance update_exo_oracle_interval update_exo_rebalance_deviation_tolerance"
    " update_exo_sell_curve update_exo_stability_threshold update_exo_stablecoin_mint_threshold"
    " update_levercoin_fees update_lst_buy_curve_config update_lst_prices update_lst_rebalance_deviation_tolerance"
    " update_lst_rebalance_fee update_lst_sell_curve_config update_lst_stablecoin_mint_threshold"
    " update_lst_swap_fee update_oracle_conf_tolerance update_oracle_interval update_par_tolerance update_paused"
    " update_sol_usd_oracle update_stability_pool update_stability_thresholds update_stablecoin_fees"
    " update_treasury update_usdc_mint_fee update_usdc_oracle_conf_tolerance update_usdc_oracle_interval"
    " update_usdc_redeem_fee update_usdc_swap_fee update_yield_harvest_config withdraw_fees"
)

PROGRAM = Program(
    name="hylo_exchange",
    address="HYEXCHtHkBagdStcJCp3xbbb9B7sdMdWXFNj6mdsG4hn",
    kind="conversion",
    default=False,
    swaps=tuple(
        SwapIx(name, accounts=accounts, pool=pool, vaults=vaults, users=users, mints=mints, user=0)
        for names, accounts, pool, vaults, users, mints in _ROWS
        for name in names.split()
    ),
    others=_OTHERS,
)
