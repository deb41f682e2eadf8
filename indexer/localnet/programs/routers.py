"""Routers: outer programs that call pools. They are labels on a swap, never swaps."""

from collections.abc import Callable, Mapping, Sequence

from indexer.localnet.builder_keys import TOKEN, address, raw
from indexer.localnet.builder_scene import Scene, Transfer, wallet_account
from indexer.localnet.programs.router_table import ROUTES, Hop, lend
from indexer.localnet.programs.venue import Trade, u64

__all__ = ["ROUTERS", "Hop", "bot", "jupiter_authority"]

JUPITER_V6 = "JUP6LkbZbjS1jKKwapdHNy74zcZ3tLUZoi5QNyVTaV4"
JUPITER_V4 = "JUP4Fb2cqiRUcaTHdrPC8h2gNsA2ETXiPDD33WcGuJB"
EVENT_AUTHORITY = "D8cy77BBepLMngZx6ZukaTff5hCt1HrWyKk3Hnd9oitf"
SWAP_EVENT = bytes.fromhex("40c6cde8260871e2")
SWAPS_EVENT = bytes.fromhex("982f4eebc0606e6a")
ROUTE = bytes.fromhex("e517cb977ae3ad2a")
SHARED_ACCOUNTS_ROUTE = bytes.fromhex("c1209b3341d69c81")
ROUTE_V2 = bytes.fromhex("bb64facc31c4af14")


def jupiter_authority(scene: Scene) -> str:
    """The account of Jupiter's own that stands between the wallet and the pools in shared-accounts routes."""
    return address("jupiter", "authority", str(scene.slot % 8))


def jupiter_v6(scene: Scene, wallet: str, hops: Sequence[Hop], way: str = "route") -> None:
    """A Jupiter v6 route: an event after every hop, or one for all in the second generation."""
    {"route": _route, "shared_accounts_route": _shared_accounts_route, "route_v2": _route_v2}[way](scene, wallet, hops)


def jupiter_v4(scene: Scene, wallet: str, hops: Sequence[Hop], way: str = "route") -> None:  # noqa: ARG001 - one way
    """A Jupiter v4 route: the same first arguments, no events."""
    first, last = hops[0][0][0], hops[-1][0][-1]
    accounts = [TOKEN, wallet, first.source, last.target]
    with scene.call(JUPITER_V4, accounts, ROUTE + _plan(hops) + _amounts(first, last), log="Route", cost=15_000):
        _run(scene, "jupiter_v4", hops)


def _route(scene: Scene, wallet: str, hops: Sequence[Hop]) -> None:
    first, last = hops[0][0][0], hops[-1][0][-1]
    accounts = [TOKEN, wallet, first.source, last.target, JUPITER_V6, last.mint_out.address, JUPITER_V6]
    accounts += [EVENT_AUTHORITY, JUPITER_V6]
    with scene.call(JUPITER_V6, accounts, ROUTE + _plan(hops) + _amounts(first, last), log="Route", cost=15_000):
        _run(scene, "jupiter_v6", hops, after=_swap_event)


def _route_v2(scene: Scene, wallet: str, hops: Sequence[Hop]) -> None:
    first, last = hops[0][0][0], hops[-1][0][-1]
    accounts = [wallet, first.source, last.target, first.mint_in.address, last.mint_out.address]
    accounts += [first.mint_in.program, last.mint_out.program, JUPITER_V6, EVENT_AUTHORITY, JUPITER_V6]
    data = ROUTE_V2 + u64(first.amount_in) + u64(last.amount_out) + bytes((50, 0, 0, 0, 0, 0)) + _plan(hops)
    with scene.call(JUPITER_V6, accounts, data, log="RouteV2", cost=12_000):
        _run(scene, "jupiter_v6", hops)
        trades = [trade for part, _ in hops for trade in part]
        event = SWAPS_EVENT + len(trades).to_bytes(4, "little") + b"".join(_sides(trade) for trade in trades)
        scene.event(JUPITER_V6, EVENT_AUTHORITY, event)


def _shared_accounts_route(scene: Scene, wallet: str, hops: Sequence[Hop]) -> None:
    """Tokens go through Jupiter's own accounts: the pools see Jupiter's authority as their user."""
    first, last = hops[0][0][0], hops[-1][0][-1]
    authority = first.user
    source, target = wallet_account(wallet, first.mint_in), wallet_account(wallet, last.mint_out)
    accounts = [TOKEN, authority, wallet, source, first.source, last.target, target]
    accounts += [first.mint_in.address, last.mint_out.address, JUPITER_V6, JUPITER_V6, EVENT_AUTHORITY, JUPITER_V6]
    data = SHARED_ACCOUNTS_ROUTE + b"\1" + _plan(hops) + _amounts(first, last)
    with scene.call(JUPITER_V6, accounts, data, log="SharedAccountsRoute", cost=25_000):
        scene.transfer(Transfer(source, first.source, first.amount_in, wallet))
        _run(scene, "jupiter_v6", hops, after=_swap_event)
        scene.transfer(Transfer(last.target, target, last.received, authority))


def bot(scene: Scene, wallet: str, run: Callable[[], None]) -> None:
    """An unknown bot's program around a route."""
    program = address("bot", "program")
    with scene.call(program, [wallet], bytes.fromhex("17068a9572cdab0e") + bytes(24), cost=9_000):
        at = scene.position
        run()
        lend(scene, at)


def _run(scene: Scene, slug: str, hops: Sequence[Hop], after: Callable[[Scene, Trade], None] | None = None) -> None:
    """Every hop in order; the router's own account list gets what its hops were called with."""
    at, known = scene.position, len(scene.legs)
    for trades, run in hops:
        run(scene)
        for trade in trades:
            if after is not None and not trade.idle:
                after(scene, trade)
    for leg in scene.legs[known:]:
        leg.route = slug
    lend(scene, at)


def _plan(hops: Sequence[Hop]) -> bytes:
    """The route plan: one step per hop, all of the input, from one place to the next."""
    steps = b"".join(bytes((17, 1, 100, at, at + 1)) for at in range(len(hops)))
    return len(hops).to_bytes(4, "little") + steps


def _amounts(first: Trade, last: Trade) -> bytes:
    return u64(first.amount_in) + u64(last.amount_out) + (50).to_bytes(2, "little") + b"\0"


def _sides(trade: Trade) -> bytes:
    paid = raw(trade.mint_in.address) + u64(trade.amount_in)
    return paid + raw(trade.mint_out.address) + u64(trade.received)


def _swap_event(scene: Scene, trade: Trade) -> None:
    scene.event(JUPITER_V6, EVENT_AUTHORITY, SWAP_EVENT + raw(trade.pool.address) + _sides(trade))


ROUTERS: Mapping[str, Callable[[Scene, str, Sequence[Hop], str], None]] = {
    "jupiter_v6": jupiter_v6,
    "jupiter_v4": jupiter_v4,
    **ROUTES,
}
