"""Invariant: concentrated liquidity; the price limit alone bounds the other side."""

from decoders.engine.spec import Args, Program, SwapIx, at_most

_ARGS = Args(
    "_:bool amount:u64 by_input:bool",
    (at_most("in", "amount", when=("by_input", 1)), at_most("out", "amount", when=("by_input", 0))),
)

PROGRAM = Program(
    name="invariant",
    address="HyaB3W9q6XdA5xwpU4XnSZV94htfmbmqJXZcEbRaJutt",
    kind="clmm",
    swaps=(SwapIx("swap", accounts=10, pool=1, vaults=(5, 6), users=(3, 4), user=7, args=_ARGS),),
    # its source: github.com/invariant-labs/protocol
    others="create_state create_fee_tier create_pool initialize_oracle create_tick create_position_list"
    " create_position remove_position transfer_position_ownership claim_fee update_seconds_per_liquidity"
    " withdraw_protocol_fee change_protocol_fee change_fee_receiver",
)
