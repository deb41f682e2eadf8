"""Penguin: SPL token-swap under its own address."""

from decoders.engine.families_amm import TOKEN_SWAP, TOKEN_SWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="penguin",
    address="PSwapMdSai8tjrEXcxFeQth87xC4rRsa4VA5mhGhXkP",
    kind="amm",
    swaps=TOKEN_SWAP,
    others=TOKEN_SWAP_OTHERS,
)
