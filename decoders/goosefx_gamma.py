"""GooseFX Gamma: a fork of Raydium's CPMM; a referrer's part comes out of the amount given."""

from decoders.engine.families import EXACT_OUT, UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="goosefx_gamma",
    address="GAMMA7meSFWaBXF25oSUgmGRwaW6sCMFLmBNiMSdbHVT",
    kind="amm",
    swaps=tuple(
        SwapIx(name, accounts=13, pool=3, vaults=(6, 7), users=(4, 5), mints=(10, 11), user=0, args=args)
        for name, args in (
            ("swap_base_input", UP_TO_IN),
            ("swap_base_output", EXACT_OUT),
            ("oracle_based_swap_base_input", UP_TO_IN),
        )
    ),
    others="add_or_update_actor add_partner calculate_rewards claim_partner_fees claim_rewards collect_fund_fee"
    " collect_protocol_fee create_amm_config create_rewards create_swap_referral deposit init_user_pool_liquidity"
    " initialize initialize_partner initialize_pool_partners pool_config_update pool_config_update_v2"
    " pool_config_update_v3 rebalance_kamino update_amm_config update_partner update_partner_fees update_pool withdraw",
)
