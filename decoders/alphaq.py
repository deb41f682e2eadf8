"""AlphaQ: a proprietary AMM without a public interface. The vaults are listed a second time."""

from decoders.engine.families_prop import SIDE_FIRST
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="alphaq",
    address="ALPHAQmeA7bjrVuccPsYPiCvsi428SNwte66Srvs4pHA",
    kind="prop_amm",
    swaps=(
        SwapIx("swap_tag_0c", tag=b"\x0c", accounts=12, pool=1, vaults=(5, 6), users=(3, 4), user=0, args=SIDE_FIRST),
    ),
)
