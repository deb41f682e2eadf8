"""Hylo: liquid staking tokens, other collateral, hyUSD and xSOL against each other at the protocol's own price.

Layouts over time are those of its published interface (github.com/hylo-so/sdk).
"""

from decoders.engine.spec import Program, SwapIx

_Pair = tuple[int, int]
#: names, accounts, pool, vaults, users, mints; where a coin is minted and burned its mint is the vault
_ROWS: tuple[tuple[str, int, int, _Pair, _Pair, _Pair], ...] = (
    ("swap_lst", 16, 1, (5, 10), (3, 8), (2, 7)),
    ("swap_lst_to_lst", 17, 1, (5, 10), (3, 8), (2, 7)),
    ("swap_lst_to_usdc swap_lst_to_usdc_all swap_usdc_to_lst", 25, 4, (11, 12), (14, 15), (16, 17)),
    ("swap_lst_to_usdc swap_usdc_to_lst", 18, 4, (7, 8), (9, 10), (11, 12)),
    ("swap_lst_to_usdc swap_usdc_to_lst", 17, 3, (6, 7), (8, 9), (10, 11)),
    ("swap_exo_to_usdc swap_exo_to_usdc_all swap_usdc_to_exo", 25, 3, (10, 11), (13, 14), (15, 16)),
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
#: what others than the operator call
_OTHERS = (
    "accept_address_update approve_address_update cancel_address_update genesis_mint_exo get_stats"
    " harvest_borrow_rate harvest_funding_rate harvest_yield propose_address_update"
    " settle_virtual_stablecoin_exo settle_virtual_stablecoin_lst settle_virtual_stablecoin_usdc"
    " update_lst_prices withdraw_fees"
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
