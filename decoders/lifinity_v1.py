"""Lifinity v1: a proprietary AMM around an oracle's price, closed since."""

from decoders.engine.families_prop import LIFINITY
from decoders.engine.spec import Program

PROGRAM = Program(
    name="lifinity_v1",
    address="EewxydAPCCVuNEyrVN68PuSYdQ7wKn27V9Gjeoi8dy3S",
    kind="prop_amm",
    swaps=LIFINITY,
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="deposit_all_token_types withdraw_all_token_types",
)
