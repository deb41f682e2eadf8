"""Jupiter Perps: spot swaps against the pool's custodies, at an oracle's price (the program's own IDL)."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN
from decoders.engine.spec import Args, Program, SwapIx, at_least

_EVENTS = (
    # what the user gets is what the fee leaves of the output
    Event("PoolSwapEvent", "_:pubkey _:pubkey pool:pubkey amount_in:u64 _:u64 _:u64 amount_out:u64", via="call"),
    Event("PoolSwapExactOutEvent", "_:pubkey _:pubkey pool:pubkey amount_in:u64 _:u64 amount_out:u64", via="call"),
)
_LEDGER = Args("minimum_out:u64", (at_least("out", "minimum_out"),))

PROGRAM = Program(
    name="jupiter_perps",
    address="PERPHjGBqRHArX4DySjwM6UJHiR3sWAatqfdBS2qQJu",
    kind="oracle_pool",
    swaps=(
        SwapIx("swap2", accounts=17, pool=5, vaults=(9, 13), users=(1, 2), user=0, args=EXACT_IN, events=_EVENTS),
        SwapIx(
            "swap_with_token_ledger", accounts=17, pool=5, vaults=(8, 11), users=(1, 2), user=0, args=_LEDGER,
            events=_EVENTS,
        ),
    ),
    others="add_liquidity2 remove_liquidity2 create_increase_position_market_request close_position_request"
    " create_decrease_position_market_request create_decrease_position_request2 update_decrease_position_request2"
    " close_position_request2 increase_position4 increase_position_pre_swap increase_position_with_internal_swap"
    " decrease_position4 decrease_position_with_internal_swap liquidate_full_position4 set_token_ledger"
    " refresh_assets_under_management instant_create_tpsl instant_update_tpsl instant_create_limit_order"
    " instant_update_limit_order instant_increase_position instant_increase_position_pre_swap instant_decrease_position"
    " create_token_ledger get_assets_under_management2 get_add_liquidity_amount_and_fee2"
    " get_remove_liquidity_amount_and_fee2 get_exact_out_swap_amount_and_fees",
)  # fmt: skip
