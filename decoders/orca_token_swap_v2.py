"""Orca's pools before the Whirlpools: SPL token-swap under Orca's address."""

from decoders.engine.families_amm import TOKEN_SWAP, TOKEN_SWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="orca_token_swap_v2",
    address="9W959DqEETiGZocYWCQPaJ6sBmUzgfxXfqGeTEdp3aQP",
    kind="amm",
    swaps=TOKEN_SWAP,
    others=TOKEN_SWAP_OTHERS,
)
