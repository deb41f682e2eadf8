"""Lifinity v2: a proprietary AMM around an oracle's price, closed since."""

from decoders.engine.families_prop import LIFINITY
from decoders.engine.spec import Program

PROGRAM = Program(
    name="lifinity_v2",
    address="2wT8Yq49kHgDzXuPxZSaeLaH1qbmGXtEyPy64bL7aD3c",
    kind="prop_amm",
    swaps=LIFINITY,
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="deposit_all_token_types withdraw_all_token_types",
)
