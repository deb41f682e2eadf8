"""Hylo: liquid staking tokens, other collateral, hyUSD and xSOL against each other at the protocol's own price.

Layouts over time are those of its published interface (github.com/hylo-so/sdk).
"""

from decoders.engine.families_hylo import HYLO
from decoders.engine.spec import Program

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
    swaps=HYLO,
    others=_OTHERS,
)
