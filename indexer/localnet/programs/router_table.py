"""Routers besides Jupiter's as rows of a table: what they are called with and what they say of each hop."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from indexer.localnet.builder_keys import ASSOCIATED, SYSTEM, TOKEN, address, raw
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.venue import Trade, u64

#: runs one pool call of the route
Hop = tuple[Sequence[Trade], Callable[[Scene], None]]
SWAP_EVENT = bytes.fromhex("40c6cde8260871e2")
SWAP_DETAILS = bytes.fromhex("65ccefa2fc2edc8a")
OKX_TOTALS = bytes.fromhex("155ee035dce8c15e")
WAYS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One instruction: ``tag`` in hexadecimal, empty where it is not known; ``tell`` is run after each hop."""

    program: str
    tag: str = ""
    accounts: str = "wallet source target"
    log: str = ""
    tell: Callable[[Scene, str, Trade, int], None] | None = None
    sums_up: bool = False


def route(slug: str, row: Route, scene: Scene, wallet: str, hops: Sequence[Hop], _way: str) -> None:
    """Every hop under one call of the router, which labels the swaps and makes none of its own."""
    first, last = hops[0][0][0], hops[-1][0][-1]
    known = {
        "wallet": wallet,
        "source": first.source,
        "target": last.target,
        "mint_in": first.mint_in.address,
        "mint_out": last.mint_out.address,
        "program_in": first.mint_in.program,
        "program_out": last.mint_out.program,
        "token": TOKEN,
        "associated": ASSOCIATED,
        "system": SYSTEM,
        "program": row.program,
    }
    accounts = [known.get(name) or address(slug, name) for name in row.accounts.split()]
    tag = bytes.fromhex(row.tag) if row.tag else scene.draw.randbytes(8)
    data = tag + u64(first.offered) + u64(last.least_out) + bytes((len(hops),)) + bytes(8)
    with scene.call(row.program, accounts, data, log=row.log, cost=14_000):
        at, legs = scene.position, len(scene.legs)
        for number, (trades, run) in enumerate(hops):
            run(scene)
            for trade in trades:
                if row.tell is not None and not trade.idle:
                    row.tell(scene, row.program, trade, number)
        if row.sums_up:
            _sum_up(scene, row.program, wallet, first, last)
    for leg in scene.legs[legs:]:
        leg.route = slug
    lend(scene, at)


def lend(scene: Scene, at: int) -> None:
    """A caller must hold every account and program that its callees use."""
    own, height = scene.steps[at].accounts, scene.steps[at].height
    for step in scene.steps[at + 1 :]:
        if step.height == height + 1:
            own += (step.program, *step.accounts)


def _dflow(scene: Scene, program: str, trade: Trade, _number: int) -> None:
    sides = raw(trade.mint_in.address) + u64(trade.amount_in) + raw(trade.mint_out.address) + u64(trade.received)
    scene.event(program, address("dflow", "event_authority"), SWAP_EVENT + raw(trade.pool.address) + sides)


def _okx(scene: Scene, _program: str, trade: Trade, number: int) -> None:
    scene.log_data(SWAP_EVENT + bytes((number + 3,)) + u64(trade.amount_in) + u64(trade.received))


def _titan(scene: Scene, _program: str, trade: Trade, number: int) -> None:
    scene.log_data(SWAP_DETAILS + bytes((number,)) + u64(trade.amount_in) + u64(trade.received))


def _sum_up(scene: Scene, program: str, wallet: str, first: Trade, last: Trade) -> None:
    """The second generation of OKX's router ends with one event for the whole route."""
    event = OKX_TOTALS + u64(scene.slot) + raw(first.mint_in.address) + raw(last.mint_out.address)
    event += raw(wallet) * WAYS + u64(first.amount_in) * WAYS + u64(last.received)
    scene.event(program, address("okx_dex_v2", "event_authority"), event)


_OKX = "wallet source target mint_in mint_out"
_SWAP = "f8c69e91e17587c8"
ROWS: Mapping[str, Route] = {
    "jupiter_v2": Route(program="JUP2jxvXaqu7NQY1GmNF4m1vodw12LVXYxbFL2uJvfo"),
    "dflow": Route(
        program="DF1ow4tspfHX9JwWJsAb9epbkA8hmpSEAtxXy1V27QBH",
        tag=_SWAP,
        accounts="token associated system wallet event_authority program",
        log="Swap",
        tell=_dflow,
    ),
    "okx_dex_v2": Route(
        program="proVF4pMXVaYqmy4NjniPh4pqKNfMmsihgd4wdkCX3u",
        tag=_SWAP,
        accounts=f"{_OKX} event_authority program",
        log="Swap",
        tell=_okx,
        sums_up=True,
    ),
    "okx_dex_v1": Route(
        program="6m2CDdhRgxpH4WjvdzxAYbGxwdGUz5MziiL5jek2kBma", tag=_SWAP, accounts=_OKX, log="Swap", tell=_okx
    ),
    "titan": Route(
        program="T1TANpTeScyeqVzzgNViGDNrkQ6qHz9KrSBS4aNXvGT",
        tag="56b7a3900032ad1c",
        accounts="wallet atlas mint_in source mint_out target program_in program_out",
        log="SwapRoute",
        tell=_titan,
    ),
    "sanctum_router": Route(
        program="stkitrT1Uoy18Dk1fTrgPw8W6MVzoCfYoAFT4MLsmhq",
        tag="00",
        accounts="wallet source target bridge_in bridge_out fee mint_out mint_in token system",
    ),
    "raydium_router": Route(program="routeUGWgWzqBWFcrCfv8tritsqukccJPu3q5GPP3xS"),
    "axiom": Route(program="FLASHX8DrLbgeR8FcfNV1F5krxYcYMUdBkrP1EPBtxB9"),
    "gmgn": Route(program="GMgnVFR8Jb39LoXsEVzb3DvBy3ywCmdmJquHUy1Lrkqb"),
    "gmgn_old": Route(program="GMGNreQcJFufBiCTLDBgKhYEfEe9B454UjpDr5CaSLA1"),
    "binance_wallet": Route(program="B3111yJCeHBcA1bizdJjUFPALfhAfSRnAbJzGUtnt56A"),
    "photon": Route(program="BSfD6SHZigAfDWSjzD5Q41jw8LmKwtmjskPH9XW1mrRW"),
    "banana_gun": Route(program="BANANAjs7FJiPQqJTGFzkZJndT9o7UmKiYYGaJz6frGu"),
    "bloom": Route(program="b1oomGGqPKGD6errbyfbVMBuzSC8WtAAYo8MwNafWW1"),
    "maestro": Route(program="MaestroAAe9ge5HTc64VbBQZ6fP77pwvrhM8i1XWSAx"),
    "mintech": Route(program="minTcHYRLVPubRK8nt6sqe2ZpWrGDLQoNLipDJCGocY"),
    "nova": Route(program="NoVA1TmDUqksaj2hB1nayFkPysjJbFiU76dT4qPw2wm"),
    "apepro": Route(program="JSW99DKmxNyREQM14SQLDykeBvEUG63TeohrvmofEiw"),
    "prism": Route(program="Prism8hsRo6Ww5jiN5Zeh3YDPLZHqHduCPSAV7JF7qv"),
}
ROUTES: Mapping[str, Callable[[Scene, str, Sequence[Hop], str], None]] = {
    slug: partial(route, slug, row) for slug, row in ROWS.items()
}
