"""Orca's first pools: SPL token-swap under Orca's address."""

from decoders.engine.families_amm import TOKEN_SWAP, TOKEN_SWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="orca_token_swap_v1",
    address="DjVE6JNiYqPL2QXyCUUh8rNjHrbz9hXHNYt99MQ59qw1",
    kind="amm",
    swaps=TOKEN_SWAP,
    others=TOKEN_SWAP_OTHERS,
)
