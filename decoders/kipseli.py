"""Kipseli: a proprietary AMM; both generations of its swap have one layout."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="kipseli",
    address="3TK9D8aoBFYjYZtKCjciPrVrRStsnvo7KmpcJqDavpaU",
    kind="prop_amm",
    swaps=tuple(
        SwapIx(name, accounts=9, pool=1, vaults=(2, 3), users=(6, 7), mints=(4, 5), user=0, args=UP_TO_IN)
        for name in ("swap_v2", "swap_v3")
    ),
)
