"""Which pools a generated transaction trades in, in which direction, and for how much."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from indexer.localnet.builder_keys import TOKEN_2022, address
from indexer.localnet.builder_market import BASIS_POINTS, Mint, Pool
from indexer.localnet.builder_message import Version
from indexer.localnet.builder_scene import Style, wallet_account
from indexer.localnet.programs import MARKETS, VENUES
from indexer.localnet.programs.venue import Kind, Trade, Venue

#: a pool and its direction: True when its first mint is paid
Way = tuple[Pool, bool]
EXACT_IN_SHARE, PARTIAL_SHARE = 0.8, 0.1
SMALLEST_USD, LARGEST_USD = 0.5, 25_000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to build. The defaults give one direct, successful swap in a legacy transaction.

    ``instruction`` empty: the program's first. ``hops``: pool calls of a route, the program's own included. ``times``:
    how often the call is made, each as its own outer instruction. ``quote_update``: the call moves nothing.
    ``noise``: call the program with something that is no swap. ``way``: which instruction of the router.
    ``style``, ``variant``: how tokens move and which account layout, when one must be chosen.
    """

    program: str
    instruction: str = ""
    via_router: str | None = None
    way: str = "route"
    hops: int = 1
    in_bot: bool = False
    times: int = 1
    version: Version = "legacy"
    lookup_table: bool = False
    token_2022_fee: bool = False
    failed: bool = False
    null_stack_height: bool = False
    quote_update: bool = False
    noise: bool = False
    partial: bool | None = None
    wrap_sol: bool = False
    sponsor: bool = False
    extra_accounts: int = 0
    log_truncated: bool = False
    style: Style | None = None
    variant: str | None = None
    legs: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One swap instruction to make, with its trades."""

    venue: Venue
    kind: Kind
    trades: tuple[Trade, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Who trades, and when: the wallet or router authority that owns the token accounts ``account`` names."""

    slot: int
    draw: random.Random
    owner: str

    def account(self, mint: Mint, kind: Kind) -> str:
        """Where the owner holds a mint; native SOL sits in the wallet itself."""
        return self.owner if kind.native and mint.symbol == "SOL" else wallet_account(self.owner, mint)


def plan(order: Order, desk: Desk) -> list[Call]:
    """The pool calls of one outer instruction: the ordered program's, then further hops of a route.

    Raises ValueError when the program cannot do what was ordered.
    """
    venue = VENUES[order.program]
    kind = venue.by_name[order.instruction] if order.instruction else venue.kinds[0]
    low, high = kind.legs
    legs = order.legs or desk.draw.randint(low, high)
    ways = chains(venue.slug, kind.name, legs, order.token_2022_fee)
    if not ways:
        raise ValueError(f"{venue.slug} {kind.name} has no pools for {legs} legs, fee {order.token_2022_fee}")
    calls = [_call(order, desk, venue, kind, desk.draw.choice(ways), None)]
    while len(calls) < order.hops:
        last = calls[-1].trades[-1]
        options = continuations(last.mint_out.symbol)
        if not options:
            break
        further, kind, way = desk.draw.choice(options)
        calls.append(_call(Order(program=further.slug), desk, further, kind, (way,), last.received))
    return calls


@lru_cache(maxsize=1024)
def chains(slug: str, name: str, legs: int, fee: bool) -> tuple[tuple[Way, ...], ...]:  # noqa: FBT001 - a cache key
    """Every path of ``legs`` pools the instruction can take; with ``fee``, those that touch a transfer fee."""
    venue = VENUES[slug]
    kind = venue.by_name[name]
    paths: list[tuple[Way, ...]] = [(way,) for way in _ways(venue, kind)]
    for _ in range(legs - 1):
        paths = [
            (*path, way)
            for path in paths
            for way in _ways(venue, kind)
            if _paid(way) is _got(path[-1]) and way[0] not in {pool for pool, _ in path}
        ]
    return tuple(path for path in paths if not fee or any(_taxed(pool) for pool, _ in path))


@lru_cache(maxsize=256)
def continuations(symbol: str) -> tuple[tuple[Venue, Kind, Way], ...]:
    """Every one-leg call of any market that takes this mint as input."""
    return tuple(
        (venue, kind, way)
        for venue in map(VENUES.__getitem__, MARKETS)
        for kind in venue.kinds
        if kind.legs[0] == 1 and kind.holds_tokens
        for way in _ways(venue, kind)
        if _paid(way).symbol == symbol
    )


def _ways(venue: Venue, kind: Kind) -> list[Way]:
    sides = {"any": (True, False), "buy": (False,), "sell": (True,)}[kind.side]
    pools = [pool for pool in venue.pools if kind.token_2022 or not _is_2022(pool)]
    return [(pool, side) for pool in pools if kind.takes(pool) for side in sides]


def _is_2022(pool: Pool) -> bool:
    return TOKEN_2022 in {pool.a.program, pool.b.program}


def _taxed(pool: Pool) -> bool:
    return bool(pool.a.fee_basis_points or pool.b.fee_basis_points)


def _paid(way: Way) -> Mint:
    return way[0].a if way[1] else way[0].b


def _got(way: Way) -> Mint:
    return way[0].b if way[1] else way[0].a


def _call(order: Order, desk: Desk, venue: Venue, kind: Kind, ways: Sequence[Way], amount: int | None) -> Call:
    draw = desk.draw
    exact_in = {"in": True, "out": False}.get(kind.exact, True)
    if kind.exact == "either":
        exact_in = draw.random() < EXACT_IN_SHARE
    variant = order.variant if order.variant is not None else draw.choice(kind.variants)
    style: Style = order.style if order.style is not None else draw.choice(kind.styles)
    partial = order.partial if order.partial is not None else kind.partial and draw.random() < PARTIAL_SHARE
    trades: list[Trade] = []
    for pool, a_to_b in ways:
        paid, got = (pool.a, pool.b) if a_to_b else (pool.b, pool.a)
        if trades:
            amount = trades[-1].amount_out if kind.direct else trades[-1].received
        if amount is None:
            amount = _size(desk, pool, paid)
        trades.append(
            Trade(
                pool=pool,
                a_to_b=a_to_b,
                user=desk.owner,
                source=desk.account(paid, kind),
                target=desk.account(got, kind),
                amount_in=amount,
                amount_out=_quote(desk, pool, paid, got, amount),
                exact_in=exact_in,
                partial=partial and kind.partial and exact_in,
                style=style,
                variant=variant,
                idle=order.quote_update,
                extra=tuple(
                    address(pool.address, "extra", str(at))
                    for at in range(order.extra_accounts if kind.extendable else 0)
                ),
            )
        )
    return Call(venue=venue, kind=kind, trades=tuple(trades))


def _size(desk: Desk, pool: Pool, paid: Mint) -> int:
    """Most trades are small, a few large; none moves its pool by more than a percent or so."""
    usd = math.exp(desk.draw.gauss(4.3, 1.5))
    return paid.units(min(max(usd, SMALLEST_USD), LARGEST_USD, pool.tvl_usd / 100), desk.slot)


def _quote(desk: Desk, pool: Pool, paid: Mint, got: Mint, amount: int) -> int:
    """The output: the market's price, less the pool's fee and what the size moves, give or take a little."""
    value = amount / 10**paid.decimals * paid.price(desk.slot)
    kept = 1 - pool.fee_basis_points / BASIS_POINTS - value / pool.tvl_usd
    return got.units(value * kept * desk.draw.uniform(0.9992, 1.0008), desk.slot)
