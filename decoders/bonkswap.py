"""BonkSwap: constant product with a price limit; a referrer may be paid beside the swap."""

from decoders.engine.families_amm import BONKSWAP, BONKSWAP_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="bonkswap",
    address="BSwp6bEBihVLdqJRKGgzjcGLHkcTuzmSo1TQkHepzH8p",
    kind="amm",
    swaps=BONKSWAP,
    others=BONKSWAP_OTHERS,
)
