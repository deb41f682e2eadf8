"""The programs the generator can call, written from the program catalogue and from nothing else.

This is the one deliberate second copy of those facts: it exists to catch the decoders' mistakes, so it never imports
them.
"""

from collections.abc import Mapping
from itertools import chain

from indexer.localnet.programs import (
    bisonfi,
    clmm_forks,
    conversions,
    humidifi,
    launchpads,
    manifest,
    meteora_damm_v1,
    meteora_damm_v2,
    meteora_dbc,
    meteora_dlmm,
    orca_whirlpool,
    order_books,
    proprietary,
    pump_fun,
    pumpswap,
    raydium_amm_v4,
    raydium_clmm,
    raydium_cpmm,
    raydium_launchlab,
    solfi_v2,
    valued_pools,
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
#: programs that are rows of a table
_TABLES: tuple[tuple[Venue, ...], ...] = (
    proprietary.VENUES,
    clmm_forks.VENUES,
    order_books.VENUES,
    valued_pools.VENUES,
    launchpads.VENUES,
    conversions.VENUES,
)
#: by slug
VENUES: Mapping[str, Venue] = {
    venue.slug: venue for venue in (*(module.VENUE for module in _MODULES), *chain.from_iterable(_TABLES))
}
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
    "tessera_v",
    "scorch",
    "quantum",
    "goonfi_v2",
    "alphaq",
    "aquifer",
    "zerofi",
    "flux",
    "gatorswap",
    "hadron",
    "denali",
    "riptide",
    "obsidian",
    "metric",
    "binaryfi",
    "whalestreet",
    "goonfi_v1",
    "solfi_v1",
    "lifinity_v1",
    "lifinity_v2",
    "obric_v2",
    "woofi",
    "flint",
    "taurusfi",
    "lemmingsfi",
    "pancakeswap_v3",
    "byreal",
    "stabble_clmm",
    "cropper",
    "defituna_fusion",
    "deriverse",
    "archer",
    "phoenix",
    "openbook_v2",
    "jupiter_perps",
    "sanctum_infinity",
    "boop",
    "moonit",
    "heaven",
    "trends",
    "scale_amm",
    "scale_vmm",
    "vertigo",
    "runner_rodeo",
    "virtuals",
)
#: of these, what trades unless asked otherwise: conversions (stake pools, wrapped pairs) stay out
MARKETS = tuple(slug for slug in LIVE if not VENUES[slug].conversion)
