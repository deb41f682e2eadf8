"""Saros AMM: SPL token-swap under its own address."""

from decoders.engine.families_amm import TOKEN_SWAP, TOKEN_SWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="saros_amm",
    address="SSwapUtytfBdBn1b9NUGG6foMVPtcWgpRU32HToDUZr",
    kind="amm",
    swaps=TOKEN_SWAP,
    others=TOKEN_SWAP_OTHERS,
)
