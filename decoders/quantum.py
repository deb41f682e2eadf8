"""QuantumAMM: a proprietary AMM without a public interface, called by aggregators only."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="quantum",
    address="QuaNtZsgYRe5Z9Bk4LZ4cTD9tbkVoyCNf1R2BN9bBDv",
    kind="prop_amm",
    swaps=(
        SwapIx("swap_tag_07", tag=b"\x07", accounts=10, pool=3, vaults=(4, 5), users=(1, 2), user=0, args=UP_TO_IN),
    ),
)
