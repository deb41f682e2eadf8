"""The programs the generator can call, written from the program catalogue and from nothing else.

This is the one deliberate second copy of those facts: it exists to catch the decoders' mistakes, so it never imports
them.
"""

from collections.abc import Mapping

from indexer.localnet.programs import orca_whirlpool, raydium_amm_v4
from indexer.localnet.programs.venue import Venue

VENUES: Mapping[str, Venue] = {module.VENUE.slug: module.VENUE for module in (orca_whirlpool, raydium_amm_v4)}
