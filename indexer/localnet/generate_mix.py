"""What the generated chain is made of: how often each program trades, and in which of its many shapes."""

import random

from indexer.localnet.builder_market import Pool
from indexer.localnet.builder_plan import Order
from indexer.localnet.programs import MARKETS, VENUES
from indexer.localnet.programs.routers import ROUTERS

#: relative frequency of a program's swaps, after what mainnet shows, flattened so that each is seen within seconds;
#: other programs bring their own
WEIGHTS = {
    "pumpswap": 22,
    "meteora_damm_v2": 12,
    "pump_fun": 12,
    "meteora_dlmm": 10,
    "orca_whirlpool": 9,
    "raydium_clmm": 8,
    "raydium_cpmm": 6,
    "meteora_dbc": 5,
    "manifest": 5,
    "bisonfi": 5,
    "raydium_amm_v4": 6,
    "humidifi": 4,
    "solfi_v2": 3,
    "raydium_launchlab": 3,
    "meteora_damm_v1": 2,
}
#: relative frequency of the routers; of every other, one. Sanctum's calls stake pools alone
ROUTED = {"jupiter_v6": 60, "jupiter_v4": 6, "dflow": 12, "okx_dex_v2": 10, "titan": 6, "sanctum_router": 0}
#: how often a transaction with swaps has a shape
SHARES = {
    "routed": 0.4,
    "lookup table": 0.55,
    "version 0": 0.3,
    "bot": 0.1,
    "twice": 0.06,
    "wraps": 0.2,
    "sponsor": 0.04,
    "extra accounts": 0.05,
    "log cut": 0.01,
}
#: of the transactions that call a known program without a swap; the rest failed
NOISE_SHARE, IDLE_SHARE = 0.3, 0.1
_ROUTERS = tuple(ROUTERS)
_ROUTED = tuple(ROUTED.get(slug, 1) for slug in _ROUTERS)
_PARTS = tuple(WEIGHTS.get(slug, VENUES[slug].weight) for slug in MARKETS)
_NOISY = tuple(slug for slug in MARKETS if VENUES[slug].noise is not None)


def swap_order(draw: random.Random, *, version_1_share: float) -> Order:
    """A transaction with one or more swaps."""
    slug = draw.choices(MARKETS, _PARTS)[0]
    kind = draw.choice(VENUES[slug].kinds)
    chance = draw.random
    routed = kind.holds_tokens and (VENUES[slug].routed or chance() < SHARES["routed"])
    router = draw.choices(_ROUTERS, _ROUTED)[0] if routed else None
    loads = chance() < SHARES["lookup table"]
    legs = (1, 1, 2, 2, 2, 3)
    return Order(
        program=slug,
        instruction=kind.name,
        via_router=router,
        way=draw.choice(("route", "route_v2", "shared_accounts_route")),
        hops=draw.choice(legs) if routed else 1,
        in_bot=chance() < SHARES["bot"],
        times=2 if chance() < SHARES["twice"] else 1,
        version=1 if chance() < version_1_share else 0 if loads or chance() < SHARES["version 0"] else "legacy",
        lookup_table=loads,
        wrap_sol=chance() < SHARES["wraps"],
        sponsor=chance() < SHARES["sponsor"],
        extra_accounts=draw.choice((1, 3)) if chance() < SHARES["extra accounts"] else 0,
        # what only a log says is lost with it
        log_truncated=not kind.told_by_log and chance() < SHARES["log cut"],
    )


def other_order(draw: random.Random, *, version_1_share: float) -> Order:
    """A transaction that calls a known program and yet holds no swap: failed, a quote update, a caught failure."""
    dice = draw.random()
    if dice < NOISE_SHARE and _NOISY:
        return Order(program=draw.choice(_NOISY), noise=True)
    order = swap_order(draw, version_1_share=version_1_share)
    if dice < NOISE_SHARE + IDLE_SHARE:
        kind = VENUES[order.program].by_name[order.instruction]
        return Order(program=order.program, instruction=kind.name, quote_update=True, version=0, lookup_table=True)
    return Order(
        program=order.program,
        instruction=order.instruction,
        via_router=order.via_router,
        hops=order.hops,
        version=order.version,
        lookup_table=order.lookup_table,
        failed=True,
    )


def pools() -> tuple[Pool, ...]:
    """Every pool the generated chain trades in."""
    return tuple(pool for slug in MARKETS for pool in VENUES[slug].pools)
