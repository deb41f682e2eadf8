"""DefiTuna Fusion: concentrated liquidity with limit orders in the pool; two_hop_swap has three transfers."""

from decoders.engine.families import CLMM_ARGS, TWO_HOP_ARGS
from decoders.engine.others import DEFITUNA_FUSION_OTHERS
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
    others=DEFITUNA_FUSION_OTHERS,
)
