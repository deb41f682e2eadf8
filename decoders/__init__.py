"""One file per DEX program, each a value; the engine reads them."""

from decoders import orca_whirlpool, raydium_amm_v4, raydium_cpmm
from decoders.routers import ROUTERS

#: venues, by their rank in volume
PROGRAMS = (
    orca_whirlpool.PROGRAM,
    raydium_cpmm.PROGRAM,
    raydium_amm_v4.PROGRAM,
)

__all__ = ["PROGRAMS", "ROUTERS"]
