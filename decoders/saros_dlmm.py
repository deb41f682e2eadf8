"""Saros DLMM: liquidity in bins; every bin that a swap crosses has its own event."""

from decoders.engine.events import Event
from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most
from decoders.engine.summed import Summed

_ARGS = Args(
    "amount_0:u64 amount_1:u64 _:bool mode:u8",
    (
        at_most("in", "amount_0", when=("mode", 0)),
        at_least("out", "amount_1", when=("mode", 0)),
        at_most("out", "amount_0", when=("mode", 1)),
        at_most("in", "amount_1", when=("mode", 1)),
    ),
)
_BIN = Event(
    "BinSwapEvent",
    "pool:pubkey _:bool fee_in_protocol:u64 _:u32 amount_in:u64 amount_out:u64 _:u32 _:u64",
    via="call",
)

PROGRAM = Program(
    name="saros_dlmm",
    address="1qbkdrr3z4ryLA7pZykqxvxWPoeifcVKo6ZG9CfkvVE",
    kind="dlmm",
    swaps=(
        SwapIx(
            "swap",
            accounts=17,
            pool=0,
            vaults=(5, 6),
            users=(7, 8),
            mints=(1, 2),
            user=9,
            args=_ARGS,
            events=(Summed(_BIN),),
        ),
    ),
    others="accept_config_ownership close_position create_position decrease_position increase_position"
    " initialize_bin_array initialize_bin_step_config initialize_config initialize_pair initialize_quote_asset_badge"
    " set_hook transfer_config_ownership update_bin_step_config update_pair_static_fee_parameters"
    " update_quote_asset_badge withdraw_protocol_fees",
)
