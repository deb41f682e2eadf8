"""Programs as tables: an instruction is a row of account names and words for its bytes; fields say what moves.

For pools that mint, burn or hold lamports, and events in words; what swaps through vaults alone is a form of `form.py`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from indexer.localnet.builder_keys import NAMED, address
from indexer.localnet.builder_market import BASIS_POINTS, SOL, Mint, Pool, pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.play import STAKE, Paid, Play, Row
from indexer.localnet.programs.venue import Kind, Trade, Venue, note
from indexer.localnet.programs.words import pack

__all__ = ["Paid", "Row", "Table", "issues", "issuing", "redeeming", "share_pools"]

RENT_LAMPORTS = 2_039_280
_KNOWN = NAMED | {"wsol": SOL.address, "stake_program": STAKE}


def swap(slug: str, program: str, name: str, rows: Mapping[str, Row], scene: Scene, trades: Sequence[Trade]) -> None:
    """Perform one row, chosen by the trade's variant."""
    trade = trades[0]
    row = rows[trade.variant]
    own = _own(slug, program, trade, row)
    fees = tuple(_fees(row, trade))
    own |= {fee.to: address(own[fee.to], _mint(trade, side).symbol) for fee, side, _ in fees}
    play = Play(scene=scene, trade=trade, row=row, own=own, fees=fees)
    with scene.call(program, row.layout.fill(scene, trade, own), pack(row.data, play), log=row.log, cost=30_000):
        at = scene.position
        _stock(play)
        event = row.quiet if trade.idle else row.event
        if not trade.idle:
            for before in row.first:
                with scene.call(own[before], [own["pool"]], bytes(9), cost=3_000):
                    pass
            if not row.deposited:
                play.moves()
            note(scene, trade, (slug, name), at=at, vaults=not row.deposited)
        if event:
            _tell(scene, program, own["event_authority"], row.via, pack(event, play))


def _tell(scene: Scene, program: str, authority: str, via: str, event: bytes) -> None:
    if via == "log":
        scene.log_data(event)
    elif via == "call":
        scene.event(program, authority, event)
    else:
        with scene.call(program, [authority], event, cost=2_000):
            pass


def _own(slug: str, program: str, trade: Trade, row: Row) -> dict[str, str]:
    pool = trade.pool.address
    own = {name: address(pool, name) for name in (*row.layout.names, row.authority, row.below, row.issuer, *row.first)}
    own |= {"event_authority": address(slug, "event authority"), "program": program, "config": address(slug, "config")}
    return own | _KNOWN | trade.by_side() | trade.by_direction()


def _fees(row: Row, trade: Trade) -> list[tuple[Paid, str, int]]:
    """(fee, side, amount) of what is paid beside."""
    found = []
    for fee in row.fees:
        side: str = fee.of
        if side in {"a", "b"}:
            side = "in" if (side == "a") == trade.a_to_b else "out"
        amount = trade.amount_in if side == "in" else trade.amount_out
        found.append((fee, side, max(1, amount * fee.basis_points // BASIS_POINTS)))
    return found


def _mint(trade: Trade, side: str) -> Mint:
    return trade.mint_in if side == "in" else trade.mint_out


def _stock(play: Play) -> None:
    """The vaults hold something before; what they hold includes what the fees will take."""
    trade, scene = play.trade, play.scene
    pool = trade.pool
    for mint, vault, user in ((pool.a, pool.vault_a, trade.user_a), (pool.b, pool.vault_b, trade.user_b)):
        if vault == mint.address:
            continue
        held = pool.reserve(mint, scene.slot)
        if user == trade.user:
            scene.ledger.fund(vault, scene.ledger.world.get(vault, RENT_LAMPORTS + held))
        else:
            scene.ledger.hold(vault, mint, play.owner(vault), held)
        if play.row.deposited:
            scene.ledger.hold(user, mint, trade.user, mint.units(900, scene.slot))


@dataclass(frozen=True, slots=True)
class Table:
    """A program: its slug, address and pools; instructions are added with ``kind``."""

    slug: str
    address: str

    def kind(self, name: str, rows: Row | Mapping[str, Row], **traits: Any) -> Kind:
        """One instruction; several rows are account layouts by variant. ``traits``: of `Kind`."""
        rows = {"": rows} if isinstance(rows, Row) else rows
        traits.setdefault("styles", ("checked",))
        make = partial(swap, self.slug, self.address, name, rows)
        return Kind(name=name, make=make, variants=tuple(rows), **traits)

    def venue(self, pools: Sequence[Pool], *kinds: Kind, **traits: Any) -> Venue:
        """The program as the generator needs it. ``traits``: of `Venue`."""
        return Venue(slug=self.slug, address=self.address, pools=tuple(pools), kinds=kinds, **traits)


def issues(pool: Pool, *mints: Mint) -> Pool:
    """The pool with its own mints: what it mints or burns has the mint itself where a vault would be."""
    return Pool(
        program=pool.program,
        address=pool.address,
        a=pool.a,
        b=pool.b,
        vault_a=pool.a.address if pool.a in mints else pool.vault_a,
        vault_b=pool.b.address if pool.b in mints else pool.vault_b,
        tvl_usd=pool.tvl_usd,
        fee_basis_points=pool.fee_basis_points,
    )


def share_pools(slug: str, *pairs: tuple[Mint, Mint]) -> tuple[Pool, ...]:
    """Pools of (share, what it stands for): the program mints and burns the shares."""
    return tuple(issues(pool(slug, token, of, 2_000_000, 0), token) for token, of in pairs)


def issuing(row: Row) -> dict[str, Any]:
    """An instruction that issues the first mint of its pools."""
    return {"rows": row, "side": "buy"}


def redeeming(row: Row) -> dict[str, Any]:
    """An instruction that takes the first mint of its pools back."""
    return {"rows": row, "side": "sell"}
