"""GooseFX Gamma: a fork of Raydium's CPMM; a referrer is paid beside the swap, out of the amount given."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_OUT
from decoders.engine.spec import Args, Program, SwapIx, at_least, exact

_EXACT_IN = Args(
    "amount_in:u64 minimum_out:u64", (exact("in", "amount_in", plus_fees=True), at_least("out", "minimum_out"))
)
#: its input is what the referrer got, too
_SWAP = Event("SwapEvent", "pool:pubkey _:u64 _:u64 _:u64 amount_out:u64", via="log")

PROGRAM = Program(
    name="goosefx_gamma",
    address="GAMMA7meSFWaBXF25oSUgmGRwaW6sCMFLmBNiMSdbHVT",
    kind="amm",
    swaps=tuple(
        # the referrer's account and token account, at first alone behind the others, now after two more
        SwapIx(
            name, accounts=13, pool=3, vaults=(6, 7), users=(4, 5), mints=(10, 11), user=0, args=args, events=(_SWAP,),
            pays=(("referral", 14), ("referral", 16)),
        )
        for name, args in (
            ("swap_base_input", _EXACT_IN),
            ("swap_base_output", EXACT_OUT),
            ("oracle_based_swap_base_input", _EXACT_IN),
        )
    ),
    others="add_or_update_actor add_partner calculate_rewards claim_partner_fees claim_rewards collect_fund_fee"
    " collect_protocol_fee create_amm_config create_rewards create_swap_referral deposit init_user_pool_liquidity"
    " initialize initialize_partner initialize_pool_partners pool_config_update pool_config_update_v2"
    " pool_config_update_v3 rebalance_kamino update_amm_config update_partner update_partner_fees update_pool withdraw",
)  # fmt: skip
