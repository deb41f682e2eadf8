"""Copies of Raydium's and Orca's concentrated liquidity programs under addresses of their own."""

from functools import partial

from indexer.localnet.builder_market import BONK, PYUSD, REWARD, SOL, TITHE, USDC, USDT
from indexer.localnet.programs import orca_whirlpool, raydium_clmm
from indexer.localnet.programs.form import Form, pools_of
from indexer.localnet.programs.venue import Kind, Layout, Venue


def _raydium(slug: str, where: str, weight: float, *names: str) -> Venue:
    fork = raydium_clmm.Fork(slug=slug, address=where)
    pairs = ((SOL, USDC, 4_000_000), (SOL, USDT, 900_000), (USDC, USDT, 1_200_000), (SOL, REWARD, 150_000))
    return Venue(
        slug=slug, address=where, pools=pools_of(slug, *pairs), kinds=tuple(map(fork.kind, names)), weight=weight
    )


def _cropper(slug: str, where: str) -> Venue:
    fork = orca_whirlpool.Fork(slug, where)
    kinds = (
        Kind(name="swap", make=partial(orca_whirlpool.swap, fork), exact="either", partial=True, styles=("plain",)),
        Kind(name="swap_v2", make=partial(orca_whirlpool.swap_v2, fork), exact="either", partial=True, token_2022=True),
        Kind(
            name="two_hop_swap",
            make=partial(orca_whirlpool.two_hop, fork),
            legs=(2, 2),
            exact="either",
            styles=("plain",),
        ),
        _direct(fork),
    )
    pairs = ((SOL, USDC, 400_000), (BONK, SOL, 90_000), (TITHE, SOL, 60_000))
    return Venue(slug=slug, address=where, pools=pools_of(slug, *pairs), kinds=kinds)


def _direct(fork: orca_whirlpool.Fork) -> Kind:
    return Kind(
        name=fork.direct[0],
        make=partial(orca_whirlpool.two_hop_v2, fork),
        legs=(2, 2),
        exact="either",
        direct=True,
        token_2022=True,
        styles=("with_fee", "checked"),
    )


def _fusion(slug: str, where: str) -> Venue:
    """DefiTuna's: no oracle, no event, and its own order of accounts."""
    layout = Layout(
        "pool_0* pool_1* mint_in mint_middle mint_out program_in program_middle program_out user_in* vault_in_0* "
        "vault_out_0* vault_in_1* vault_out_1* user_out* user ticks_0_0* ticks_0_1* ticks_0_2* ticks_1_0* ticks_1_1* "
        "ticks_1_2* memo"
    )
    swap = Form(
        name="swap",
        accounts="program_a program_b memo user pool* mint_a mint_b user_a* user_b* vault_a* vault_b* ticks_0* "
        "ticks_1* ticks_2*",
        data="xf8c69e91e17587c8 amount limit z16 exact sells x00",
        log="Swap",
        kind={"exact": "either", "partial": True, "token_2022": True, "styles": ("checked", "with_fee")},
    )
    fork = orca_whirlpool.Fork(slug, where, event=False, direct=("two_hop_swap", layout))
    pairs = ((SOL, USDC, 700_000), (PYUSD, USDC, 90_000), (TITHE, SOL, 60_000))
    return Venue(slug=slug, address=where, pools=pools_of(slug, *pairs), kinds=(swap.of(slug, where), _direct(fork)))


VENUES: tuple[Venue, ...] = (
    _raydium(
        "pancakeswap_v3",
        "HpNfyc2Saw7RKkQd8nEL4khUcuPhQ7WwY1B2qjx8jxFq",
        2,
        "swap",
        "swap_v2",
        "swap_router_base_in",
    ),
    _raydium("byreal", "REALQqNEomY6cQGZJUGwywTBD2UmDT32rZcNnfxQ5N2", 2, "swap", "swap_v2", "swap_v3_dyn"),
    _raydium("stabble_clmm", "6dMXqGZ3ga2dikrYS9ovDXgHGh5RUsb2RTUj6hrQXhk6", 1, "swap_v2", "swap_router_base_in"),
    _cropper("cropper", "H8W3ctz92svYg6mkn1UtGfu2aQr2fnUFHM1RhScEtQDt"),
    _fusion("defituna_fusion", "fUSioN9YKKSa3CUC2YUc4tPkHJ5Y6XW1yz8y6F7qWz9"),
)
