"""The programs the generator can call, written from the program catalogue and from nothing else.

This is the one deliberate second copy of those facts: it exists to catch the decoders' mistakes, so it never imports
them.
"""

from collections.abc import Mapping
from itertools import chain

from indexer.localnet.programs import (
    bisonfi,
    clmm_forks,
    concentrated,
    conversions,
    fills,
    humidifi,
    launchpads,
    manifest,
    meteora_damm_v1,
    meteora_damm_v2,
    meteora_dbc,
    meteora_dlmm,
    orca_whirlpool,
    order_books,
    pools,
    proprietary,
    proprietary_small,
    pump_fun,
    pumpswap,
    raydium_amm_v4,
    raydium_clmm,
    raydium_cpmm,
    raydium_launchlab,
    solfi_v2,
    stable_pools,
    stakes,
    token_swap,
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
    proprietary_small.VENUES,
    clmm_forks.VENUES,
    concentrated.VENUES,
    fills.VENUES,
    pools.VENUES,
    stable_pools.VENUES,
    token_swap.VENUES,
    order_books.VENUES,
    valued_pools.VENUES,
    launchpads.VENUES,
    stakes.VENUES,
    conversions.VENUES,
)
#: by slug
VENUES: Mapping[str, Venue] = {
    venue.slug: venue for venue in (*(module.VENUE for module in _MODULES), *chain.from_iterable(_TABLES))
}
#: slugs of what the generated chain trades with unless asked otherwise: conversions (stake pools, wrapped pairs) not
MARKETS = tuple(slug for slug, venue in VENUES.items() if not venue.conversion)
