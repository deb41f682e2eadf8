"""Marco Polo: BonkSwap under its own address; the interface Jupiter had for it lists the same accounts."""

from decoders.engine.families_amm import BONKSWAP, BONKSWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="marco_polo",
    address="9tKE7Mbmj4mxDjWatikzGAtkoWosiiZX9y6J4Hfm2R8H",
    kind="amm",
    swaps=BONKSWAP,
    others=BONKSWAP_OTHERS,
)
