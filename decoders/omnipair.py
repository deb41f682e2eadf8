"""Omnipair: pairs that are traded and lent from."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN
from decoders.engine.spec import Program, SwapIx

_SWAP = Event(
    "SwapEvent",
    "_:u64 _:u64 _:bool amount_in:u64 amount_out:u64 _:u64 fee_in_lp:u64 fee_in_protocol:u64 _:pubkey pool:pubkey",
    via="call",
)

PROGRAM = Program(
    name="omnipair",
    address="omnixgS8fnqHfCcTGKWj6JtKjzpJZ1Y5y9pyFkQDkYE",
    kind="amm",
    swaps=(
        SwapIx(
            "swap", accounts=14, pool=0, vaults=(3, 4), users=(5, 6), mints=(7, 8), user=9, args=EXACT_IN,
            events=(_SWAP,),
        ),
    ),
    others="add_collateral add_liquidity borrow claim_protocol_fees flashloan init_futarchy_authority initialize"
    " liquidate remove_collateral remove_liquidity repay set_global_reduce_only set_pair_reduce_only"
    " set_pair_rate_model create_rate_model update_futarchy_authority update_protocol_revenue update_revenue_recipients"
    " view_pair_data view_user_position_data",
)  # fmt: skip
