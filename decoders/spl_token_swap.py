"""SPL token-swap: constant product and constant price pools; fees are minted as pool tokens."""

from decoders.engine.families_amm import TOKEN_SWAP, TOKEN_SWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="spl_token_swap",
    address="SwaPpA9LAaLfeLi3a68M4DjnLqgtticKg6CnyNwgAC8",
    kind="amm",
    swaps=TOKEN_SWAP,
    others=TOKEN_SWAP_OTHERS,
)
