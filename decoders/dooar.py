"""DOOAR (StepN): SPL token-swap under its own address."""

from decoders.engine.families_amm import TOKEN_SWAP, TOKEN_SWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="dooar",
    address="Dooar9JkhdZ7J3LHN3A7YCuoGRUggXhQaG4kijfLGU2j",
    kind="amm",
    swaps=TOKEN_SWAP,
    others=TOKEN_SWAP_OTHERS,
)
