"""MetaDAO futarchy: the DAO's own market, and while it decides a market each for the tokens of yes and no."""

from decoders.engine.events import Event
from decoders.engine.spec import Args, Program, SwapIx, at_least, exact

_HEAD = "_:u64 _:i64 _:u64 pool:pubkey"
_SPOT = Event("SpotSwapEvent", _HEAD + " _:pubkey _:u8 amount_in:u64 amount_out:u64", via="call")
_CONDITIONAL = Event(
    "ConditionalSwapEvent", _HEAD + " _:pubkey _:pubkey _:u8 _:u8 amount_in:u64 amount_out:u64", via="call"
)
_RULES = (exact("in", "amount_in"), at_least("out", "minimum_out"))

PROGRAM = Program(
    name="metadao_futarchy",
    address="FUTARELBfJfQ8RDGhg1wdhddq1odMAJUePHFuBYfUxKq",
    kind="amm",
    swaps=(
        SwapIx(
            "spot_swap", accounts=9, pool=0, vaults=(3, 4), users=(1, 2), user=5,
            args=Args("amount_in:u64 _:u8 minimum_out:u64", _RULES), events=(_SPOT,),
        ),
        # base and quote of yes, then of no; what it splits and merges on the way is not the trader's
        SwapIx(
            "conditional_swap", accounts=25, pool=0, vaults=(4, 5, 6, 7), users=(9, 10), mints=(15, 17, 16, 18), user=8,
            args=Args("_:u8 _:u8 amount_in:u64 minimum_out:u64", _RULES), events=(_CONDITIONAL,),
        ),
    ),
    others="initialize_dao initialize_proposal stake_to_proposal unstake_from_proposal launch_proposal"
    " finalize_proposal update_dao provide_liquidity withdraw_liquidity collect_fees"
    " execute_spending_limit_change sponsor_proposal collect_meteora_damm_fees admin_approve_multisig_proposal"
    " admin_execute_multisig_proposal admin_cancel_proposal admin_remove_proposal"
    " admin_approve_execute_multisig_proposal",
)  # fmt: skip
