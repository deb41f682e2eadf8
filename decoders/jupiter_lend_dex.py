"""Jupiter Lend DEX: the tokens move two programs deeper, in vaults that Jupiter's lending shares."""

from decoders.engine.events import Event
from decoders.engine.families_amm import DIRECTION_FIRST
from decoders.engine.spec import Args, Program, SwapIx, at_most

_EXACT_OUT = Args("_:bool amount_out:u64 maximum_in:u64", (at_most("out", "amount_out"), at_most("in", "maximum_in")))
_SWAP = Event("LogSwap", "_:u16 _:bool amount_in:u64 amount_out:u64", via="log")

PROGRAM = Program(
    name="jupiter_lend_dex",
    address="jupZ4m2GqUCJ5iueMfzQf8khFfH31d4XAQt3RzCT9Vd",
    kind="amm",
    swaps=tuple(
        # the user's accounts, and those of a recipient where there is one
        SwapIx(
            name, accounts=24, pool=1, vaults=(13, 14), users=(2, 3, 5, 6), user=0, args=args, events=(_SWAP,),
            shared_vaults=True,
        )
        for name, args in (("swap_in", DIRECTION_FIRST), ("swap_out", _EXACT_OUT))
    ),
    others="borrow borrow_perfect deposit deposit_perfect payback payback_perfect payback_perfect_in_one_token"
    " withdraw withdraw_perfect withdraw_perfect_in_one_token init_dex init_dex_admin init_dex_metadata"
    " init_position pause_dex pause_swap_and_arbitrage pause_user preview_dex_shares turn_on_smart_col"
    " turn_on_smart_debt unpause_dex unpause_swap_and_arbitrage unpause_user update_authority update_auths"
    " update_center_price_address update_center_price_limits update_dex_lookup_table update_fee_and_revenue_cut"
    " update_guardians update_max_borrow_shares update_max_supply_shares update_range_percents"
    " update_threshold_percent update_user_borrow_config update_user_supply_config update_user_withdrawal_limit"
    " update_utilization_limit force_set_price",
)  # fmt: skip
