"""TaurusFi: a proprietary AMM whose markets share vaults; the pool is the account that holds the market's price."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="taurusfi",
    address="9VX8EKBg6vM6tA68xaDsPkbrx26XConZjkQmhVApUptc",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_08", tag=b"\x08", accounts=14, pool=7, vaults=(0, 1), users=(3, 4), user=2, shared_vaults=True
        ),
    ),
)
