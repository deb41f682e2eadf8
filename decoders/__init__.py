"""One file per DEX program, each a value; the engine reads them."""

from decoders import (
    bisonfi,
    humidifi,
    manifest,
    meteora_damm_v1,
    meteora_damm_v2,
    meteora_dbc,
    meteora_dlmm,
    orca_whirlpool,
    pump_fun,
    pumpswap,
    raydium_amm_v4,
    raydium_clmm,
    raydium_cpmm,
    raydium_launchlab,
    solfi_v2,
)
from decoders.routers import ROUTERS

#: venues, by their rank in the catalogue
PROGRAMS = (
    pumpswap.PROGRAM,
    bisonfi.PROGRAM,
    orca_whirlpool.PROGRAM,
    raydium_clmm.PROGRAM,
    raydium_cpmm.PROGRAM,
    raydium_amm_v4.PROGRAM,
    meteora_dlmm.PROGRAM,
    manifest.PROGRAM,
    humidifi.PROGRAM,
    pump_fun.PROGRAM,
    solfi_v2.PROGRAM,
    meteora_damm_v2.PROGRAM,
    meteora_dbc.PROGRAM,
    raydium_launchlab.PROGRAM,
    meteora_damm_v1.PROGRAM,
)

__all__ = ["PROGRAMS", "ROUTERS"]
