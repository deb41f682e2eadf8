"""GuacSwap: BonkSwap under its own address."""

from decoders.engine.families_amm import BONKSWAP, BONKSWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="guacswap",
    address="Gswppe6ERWKpUTXvRPfXdzHhiCyJvLadVvXGfdpBqcE1",
    kind="amm",
    swaps=BONKSWAP,
    others=BONKSWAP_OTHERS,
)
