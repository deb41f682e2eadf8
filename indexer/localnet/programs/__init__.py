"""The programs the generator can call, written from the program catalogue and from nothing else.

This is the one deliberate second copy of those facts: it exists to catch the decoders' mistakes, so it never imports
them.
"""

from collections.abc import Mapping

from indexer.localnet.programs import (
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
from indexer.localnet.programs.venue import Venue

_MODULES = (
    raydium_amm_v4,
    raydium_cpmm,
    raydium_clmm,
    raydium_launchlab,
    orca_whirlpool,
    meteora_dlmm,
    meteora_damm_v1,
    meteora_damm_v2,
    meteora_dbc,
    pump_fun,
    pumpswap,
    manifest,
    humidifi,
    solfi_v2,
    bisonfi,
)
#: by slug
VENUES: Mapping[str, Venue] = {module.VENUE.slug: module.VENUE for module in _MODULES}
#: slugs of the programs the generated chain trades with: those whose swaps the decoders are shown to find
LIVE = (
    "raydium_amm_v4",
    "raydium_cpmm",
    "raydium_clmm",
    "raydium_launchlab",
    "orca_whirlpool",
    "meteora_dlmm",
    "meteora_damm_v1",
    "meteora_damm_v2",
    "meteora_dbc",
    "pump_fun",
    "pumpswap",
    "manifest",
    "humidifi",
    "solfi_v2",
    "bisonfi",
)
#: of these, what trades unless asked otherwise: conversions (stake pools, wrapped pairs) stay out
MARKETS = tuple(slug for slug in LIVE if not VENUES[slug].conversion)
