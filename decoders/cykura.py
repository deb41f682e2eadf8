"""Cykura (Cyclos): concentrated liquidity; the program calls itself back to be paid.

Routers use exact_input_single. exact_input, over several pools, lists its accounts in a way that is not documented.
"""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Args, Program, SwapIx

_SINGLE = Args("_:i64 amount_in:u64 minimum_out:u64", UP_TO_IN.rules)

PROGRAM = Program(
    name="cykura",
    address="cysPXAjehMpVKUapzbMCCnpFxUFFryEWEaLgnb9NrR8",
    kind="clmm",
    swaps=(
        # its signed argument is an input or, when negative, an output
        SwapIx("swap", accounts=10, pool=7, vaults=(3, 4), users=(1, 2), user=0),
        SwapIx("exact_input_single", accounts=10, pool=2, vaults=(5, 6), users=(3, 4), user=0, args=_SINGLE),
    ),
    partly="exact_input, over several pools: how it lists its accounts is not known",
    others="swap_callback mint_callback init_factory set_owner enable_fee_amount create_and_init_pool"
    " increase_observation_cardinality_next set_fee_protocol collect_protocol init_tick_account close_tick_account"
    " init_bitmap_account init_position_account mint burn collect mint_tokenized_position add_metaplex_metadata"
    " increase_liquidity decrease_liquidity collect_from_tokenized",
)
