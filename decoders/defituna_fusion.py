"""DefiTuna Fusion: concentrated liquidity with limit orders in the pool; two_hop_swap has three transfers."""

from decoders.engine.families import CLMM_ARGS, TWO_HOP_ARGS
from decoders.engine.spec import Leg, Program, SwapIx

PROGRAM = Program(
    name="defituna_fusion",
    address="fUSioN9YKKSa3CUC2YUc4tPkHJ5Y6XW1yz8y6F7qWz9",
    kind="clmm",
    swaps=(
        SwapIx("swap", accounts=14, pool=4, vaults=(9, 10), users=(7, 8), mints=(5, 6), user=3, args=CLMM_ARGS),
        SwapIx(
            "two_hop_swap",
            accounts=22,
            user=14,
            legs=(
                Leg(pool=0, vaults=(9, 10), users=(8, 11), mints=(2, 3)),
                Leg(pool=1, vaults=(11, 12), users=(10, 13), mints=(3, 4)),
            ),
            args=TWO_HOP_ARGS,
        ),
    ),
    others="close_bundled_position close_limit_order close_position collect_fees collect_protocol_fees"
    " decrease_limit_order decrease_liquidity delete_position_bundle delete_token_badge increase_limit_order"
    " increase_liquidity initialize_config initialize_pool initialize_position_bundle"
    " initialize_position_bundle_with_metadata initialize_tick_array initialize_token_badge open_bundled_position"
    " open_limit_order open_position reset_pool_price set_position_range update_fees",
)
