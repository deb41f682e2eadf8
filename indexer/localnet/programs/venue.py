"""What every program of the generator is made of: account layouts, trades, and the two transfers of a swap."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from indexer.localnet.builder_keys import address
from indexer.localnet.builder_market import BASIS_POINTS, Mint, Pool
from indexer.localnet.builder_scene import Scene, Style, Transfer
from indexer.localnet.builder_truth import Leg

Side = Literal["any", "buy", "sell"]


class Layout:
    """The account list of an instruction, written as names; ``*`` marks a writable one."""

    def __init__(self, text: str) -> None:
        words = text.split()
        self.names = tuple(word.rstrip("*") for word in words)
        self.writable = tuple(at for at, word in enumerate(words) if word.endswith("*"))

    def fill(self, scene: Scene, trade: "Trade", given: Mapping[str, str]) -> list[str]:
        """Addresses in order: given by name, else made up for the pool; the trade's extras come last."""
        pool = trade.pool.address
        accounts = [given.get(name) or address(pool, name) for name in self.names]
        scene.writable.update(accounts[at] for at in self.writable)
        return accounts + list(trade.extra)


@dataclass(frozen=True, slots=True, kw_only=True)
class Trade:
    """One pool leg to perform: raw units, gross of transfer fees.

    ``source`` and ``target`` are the user's token accounts. An ``idle`` trade calls the program, which moves nothing;
    a ``partial`` one offers more than the pool takes.
    """

    pool: Pool
    a_to_b: bool
    user: str
    source: str
    target: str
    amount_in: int
    amount_out: int
    exact_in: bool = True
    partial: bool = False
    style: Style = "checked"
    variant: str = ""
    idle: bool = False
    extra: tuple[str, ...] = ()

    @property
    def mint_in(self) -> Mint:
        """What the user pays."""
        return self.pool.a if self.a_to_b else self.pool.b

    @property
    def mint_out(self) -> Mint:
        """What the user gets."""
        return self.pool.b if self.a_to_b else self.pool.a

    @property
    def vault_in(self) -> str:
        """The pool's token account the user pays into."""
        return self.pool.vault_a if self.a_to_b else self.pool.vault_b

    @property
    def vault_out(self) -> str:
        """The pool's token account the user is paid from."""
        return self.pool.vault_b if self.a_to_b else self.pool.vault_a

    @property
    def user_a(self) -> str:
        """The user's account of the pool's first mint."""
        return self.source if self.a_to_b else self.target

    @property
    def user_b(self) -> str:
        """The user's account of the pool's second mint."""
        return self.target if self.a_to_b else self.source

    @property
    def fee(self) -> int:
        """The pool's own fee, in the mint paid; it stays in the vault."""
        return self.amount_in * self.pool.fee_basis_points // BASIS_POINTS

    @property
    def received(self) -> int:
        """What reaches the user: the output less what a transfer fee withholds."""
        return self.amount_out - self.mint_out.fee(self.amount_out)

    @property
    def offered(self) -> int:
        """The input the caller asks the pool to take."""
        return self.amount_in * 5 // 4 if self.partial else self.amount_in

    @property
    def least_out(self) -> int:
        """The slippage limit of an exact-in swap: one percent below what the user gets, transfer fee taken off."""
        return self.received * 99 // 100

    @property
    def most_in(self) -> int:
        """The slippage limit of an exact-out swap: one percent above the result."""
        return self.amount_in * 101 // 100

    def limits(self) -> bytes:
        """The usual two arguments: the exact amount, then the limit of the other side."""
        if self.exact_in:
            return u64(self.offered) + u64(self.least_out)
        return u64(self.received) + u64(self.most_in)

    def capped(self) -> bytes:
        """Two arguments of an exact-out swap whose limit comes first."""
        return u64(self.most_in) + u64(self.received)

    def by_side(self) -> dict[str, str]:
        """The accounts that go by the pool's sides."""
        pool = self.pool
        return {
            "user": self.user,
            "pool": pool.address,
            "user_a": self.user_a,
            "user_b": self.user_b,
            "vault_a": pool.vault_a,
            "vault_b": pool.vault_b,
            "mint_a": pool.a.address,
            "mint_b": pool.b.address,
            "program_a": pool.a.program,
            "program_b": pool.b.program,
        }

    def by_direction(self) -> dict[str, str]:
        """The accounts that go by what is paid and received."""
        return {
            "user_in": self.source,
            "user_out": self.target,
            "vault_in": self.vault_in,
            "vault_out": self.vault_out,
            "mint_in": self.mint_in.address,
            "mint_out": self.mint_out.address,
            "program_in": self.mint_in.program,
            "program_out": self.mint_out.program,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One swap instruction of a program: what ``make`` needs and what it can do.

    ``legs``: fewest and most pools. ``side``: "buy" pays the pool's second mint. ``direct``: tokens go from pool to
    pool between legs. ``native``: SOL is lamports, not a token.
    ``extendable``: more accounts may follow the known ones. ``deposited``: paid from what the program holds for the
    user, so that no tokens move. ``told_by_log``: without the log nobody knows the amounts. ``routable``: routers call
    it. ``takes``: which of the program's pools.
    """

    name: str
    make: Callable[[Scene, Sequence[Trade]], None]
    legs: tuple[int, int] = (1, 1)
    side: Side = "any"
    token_2022: bool = False
    exact: Literal["in", "out", "either"] = "in"
    extendable: bool = True
    partial: bool = False
    native: bool = False
    deposited: bool = False
    told_by_log: bool = False
    routable: bool = True
    direct: bool = False
    takes: Callable[[Pool], bool] = field(default=lambda _pool: True)
    variants: tuple[str, ...] = ("",)
    styles: tuple[Style, ...] = ("checked",)

    @property
    def holds_tokens(self) -> bool:
        """Whether the user pays and is paid with token accounts, as a router needs it."""
        return self.routable and not self.native and not self.deposited


@dataclass(frozen=True, slots=True, kw_only=True)
class Venue:
    """A program with its pools; ``noise`` makes a call of it that is no swap, such as a quote update.

    ``conversion``: it mints, wraps or redeems, and is no market. ``routed``: its swaps come through routers; what is
    called directly are quote updates. ``weight``: how often the generated chain trades in it.
    """

    slug: str
    address: str
    pools: tuple[Pool, ...]
    kinds: tuple[Kind, ...]
    noise: Callable[[Scene, Pool], None] | None = None
    conversion: bool = False
    weight: float = 1.0
    routed: bool = False
    by_name: Mapping[str, Kind] = field(init=False)

    def __post_init__(self) -> None:
        """Index the instructions by name."""
        object.__setattr__(self, "by_name", {kind.name: kind for kind in self.kinds})


def stock(scene: Scene, trade: Trade, owner: str) -> tuple[int, int]:
    """Make sure that both vaults hold tokens; returns what they hold now, side a first."""
    pool = trade.pool
    a = scene.ledger.hold(pool.vault_a, pool.a, owner, pool.reserve(pool.a, scene.slot)).after
    b = scene.ledger.hold(pool.vault_b, pool.b, owner, pool.reserve(pool.b, scene.slot)).after
    return a or 0, b or 0


def exchange(  # noqa: PLR0913 - how one swap can differ from another
    scene: Scene,
    trade: Trade,
    kind: tuple[str, str],
    *,
    at: int,
    owner: str,
    leg: int = 0,
    style: Style | None = None,
    output_first: bool = False,
    beside: Sequence[Transfer] = (),
) -> None:
    """The transfers of one swap, then those ``beside`` it, and the note of it as truth.

    ``kind`` is the program's slug and the instruction's name, ``at`` the trace position of the instruction, ``owner``
    the authority of the vaults.
    """
    stock(scene, trade, owner)
    if trade.idle:
        return
    paid = Transfer(trade.source, trade.vault_in, trade.amount_in, trade.user)
    got = Transfer(trade.vault_out, trade.target, trade.amount_out, owner)
    scene.transfers(style or trade.style, *((got, paid) if output_first else (paid, got)), *beside)
    note(scene, trade, kind, at=at, leg=leg)


def note(scene: Scene, trade: Trade, kind: tuple[str, str], *, at: int, leg: int = 0, vaults: bool = True) -> None:
    """Write one swap down as truth; without ``vaults`` no token account takes part."""
    slug, name = kind
    scene.legs.append(
        Leg(
            program=slug,
            instruction=name,
            position=at,
            outer=scene.outer,
            leg=leg,
            pool=trade.pool.address,
            user=trade.user,
            mint_in=trade.mint_in,
            mint_out=trade.mint_out,
            amount_in=trade.amount_in,
            amount_out=trade.amount_out,
            vault_in=trade.vault_in if vaults else None,
            vault_out=trade.vault_out if vaults else None,
            fee_in=trade.mint_in.fee(trade.amount_in),
            fee_out=trade.mint_out.fee(trade.amount_out),
        )
    )


def u64(value: int) -> bytes:
    """Eight bytes, little-endian."""
    return value.to_bytes(8, "little")


def u128(value: int) -> bytes:
    """Sixteen bytes, little-endian."""
    return value.to_bytes(16, "little")
