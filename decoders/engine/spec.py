"""How a program's swap instructions are written down: values, checked when built. A bad one raises ValueError."""

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass, field
from hashlib import sha256
from operator import itemgetter
from typing import Literal, Protocol

from decoders.engine import text58
from decoders.engine.amounts import through_vaults
from decoders.engine.layout import Layout
from decoders.engine.legs import Facts, Roles, Settled, SwapCall

Side = Literal["in", "out"]
#: how a leg's amounts are learnt; None when nothing moved, so that it is no swap
Amounts = Callable[[SwapCall, Roles], Settled | None]
#: which accounts the legs have, where positions alone cannot say
FindLegs = Callable[[SwapCall], tuple[Roles, ...]]

#: mints, redeems or wraps one token for another
CONVERSION = "conversion"
_ADDRESS_BYTES = 32


def anchor(name: str) -> bytes:
    """The tag Anchor gives an instruction of that name."""
    return sha256(f"global:{name}".encode()).digest()[:8]


def anchor_event(name: str) -> bytes:
    """The tag Anchor gives an event of that name."""
    return sha256(f"event:{name}".encode()).digest()[:8]


#: takes some of an instruction's accounts
_Pick = Callable[[tuple[str, ...]], tuple[str, ...]]


def _pick(positions: tuple[int, ...]) -> _Pick:
    if len(positions) > 1:
        return itemgetter(*positions)
    return lambda accounts: tuple(accounts[position] for position in positions)


class Witness(Protocol):
    """An event, or several that add up, that states a leg's amounts again."""

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """What it says of this leg; None when it is not there."""


@dataclass(frozen=True, slots=True)
class Rule:
    """How an argument bounds an amount: the input as it left the user, the output as it reached him.

    ``when`` another argument has a value; one that was left off the end of the data is 0.
    """

    side: Side
    relation: Literal["exact", "at_most", "at_least"]
    field: str
    when: tuple[str, int] | None = None
    plus_fees: bool = False


def exact(side: Side, name: str, *, when: tuple[str, int] | None = None, plus_fees: bool = False) -> Rule:
    """The program reverts unless the amount (with the fees paid beside it) is the argument."""
    return Rule(side, "exact", name, when, plus_fees)


def at_most(side: Side, name: str, *, when: tuple[str, int] | None = None) -> Rule:
    """Price limits and partial fills may make the amount smaller than the argument."""
    return Rule(side, "at_most", name, when)


def at_least(side: Side, name: str, *, when: tuple[str, int] | None = None) -> Rule:
    """The program reverts when the amount is below the argument."""
    return Rule(side, "at_least", name, when)


@dataclass(frozen=True, slots=True)
class Args:
    """The arguments behind the tag as far as they matter, and the rules they put on the amounts."""

    text: str
    rules: tuple[Rule, ...] = ()
    layout: Layout = field(init=False, repr=False)
    #: whether a rule counts the fees that are paid beside the input
    plus_fees: bool = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layout", Layout(self.text))
        object.__setattr__(self, "plus_fees", any(rule.plus_fees for rule in self.rules))
        for rule in self.rules:
            for name in (rule.field, *(rule.when or ())[:1]):
                if name not in self.layout.names:
                    raise ValueError(f"no argument {name!r} in {self.text!r}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """Account positions of one swap of an instruction; see ``SwapIx``."""

    pool: int
    vaults: tuple[int, ...]
    users: tuple[int, ...]
    mints: tuple[int, ...] = ()
    curve: int | None = None
    _vaults: _Pick = field(init=False, repr=False, compare=False)
    _users: _Pick = field(init=False, repr=False, compare=False)
    _mints: _Pick = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_vaults", _pick(self.vaults))
        object.__setattr__(self, "_users", _pick(self.users))
        object.__setattr__(self, "_mints", _pick(self.mints))

    def roles(self, call: SwapCall) -> Roles:
        """The accounts at these positions: the layout fits the call, so there are that many."""
        accounts = call.accounts
        curve = None if self.curve is None else accounts[self.curve]
        return Roles(accounts[self.pool], self._vaults(accounts), self._users(accounts), self._mints(accounts), curve)

    def positions(self) -> tuple[int, ...]:
        """Every position it names."""
        curve = () if self.curve is None else (self.curve,)
        return (self.pool, *self.vaults, *self.users, *self.mints, *curve)


@dataclass(frozen=True, slots=True)
class SwapIx:
    """One layout of a swap instruction; positions count the instruction's accounts from 0.

    ``accounts`` is how many it needs at least: of several layouts with one tag the longest that fits is taken. The
    tag is derived from the name unless given; ``at`` says where it stands when not first, and then ``size`` is the
    exact length of the data. ``vaults`` and ``users`` are the token accounts of pool and trader in any order: the
    transfers say which way the swap went. ``pays`` are (kind, position) of accounts that get fees. ``shared_vaults``:
    the vaults hold other pools' tokens too, so their balances are not this pool's reserves.
    """

    name: str
    _: KW_ONLY
    accounts: int
    user: int
    tag: bytes = b""
    at: int = 0
    size: int | None = None
    pool: int | None = None
    vaults: tuple[int, ...] = ()
    users: tuple[int, ...] = ()
    mints: tuple[int, ...] = ()
    curve: int | None = None
    legs: tuple[Leg, ...] | FindLegs = ()
    amounts: Amounts = through_vaults
    args: Args | None = None
    events: tuple[Witness, ...] = ()
    pays: tuple[tuple[str, int], ...] = ()
    shared_vaults: bool = False
    #: where the arguments start
    args_at: int = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.tag:
            object.__setattr__(self, "tag", anchor(self.name))
        object.__setattr__(self, "args_at", 0 if self.at else len(self.tag))
        if self.pool is not None:
            leg = Leg(pool=self.pool, vaults=self.vaults, users=self.users, mints=self.mints, curve=self.curve)
            object.__setattr__(self, "legs", (leg,))
        if not self.legs:
            raise ValueError(f"{self.name}: no pool and no legs")
        if self.at and self.size is None:
            raise ValueError(f"{self.name}: a tag that is not first needs the exact size")
        positions = [self.user]
        if not callable(self.legs):
            positions += [position for leg in self.legs for position in leg.positions()]
        for position in positions:
            if not 0 <= position < self.accounts:
                raise ValueError(f"{self.name}: no account {position} among {self.accounts}")

    def matches(self, data: bytes) -> bool:
        """Whether the data carries the tag."""
        return data.startswith(self.tag, self.at) and (self.size is None or len(data) == self.size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A venue: its address and every swap instruction.

    ``default`` programs are published unless others are asked for. Conversions (stake pools, wrapped tokens, shares of
    vaults) are not: no market makes their price. They are decoded all the same, so that hops count every known program.
    ``others`` are instructions that are known not to be swaps: Anchor names with spaces between, or tags. ``reveal``
    removes an obfuscation from the data before anything is read. ``quotes``: most calls are orders or prices of its
    makers, in instructions nobody else has names for, as with a proprietary AMM: one that moves nothing is idle.
    ``partly``: swaps known to exist and not decoded, counted as unknown, and why; for people alone.
    """

    name: str
    address: str
    kind: str
    swaps: tuple[SwapIx, ...]
    others: str | tuple[bytes, ...] = ()
    reveal: Callable[[bytes], bytes] | None = None
    default: bool = True
    quotes: bool = False
    partly: str = field(default="", repr=False)
    other_tags: tuple[bytes, ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        others = tuple(map(anchor, self.others.split())) if isinstance(self.others, str) else self.others
        object.__setattr__(self, "other_tags", others)
        if not self.name.isidentifier() or self.name != self.name.lower():
            raise ValueError(f"not a module name: {self.name!r}")
        _address(self.address)
        if self.default == (self.kind == CONVERSION):
            raise ValueError(f"{self.name}: conversions, and nothing else, are published only when asked for")
        seen = {(ix.tag, ix.at, ix.size, ix.accounts) for ix in self.swaps}
        if len(seen) != len(self.swaps) or not self.swaps:
            raise ValueError(f"{self.name}: no instruction, or a layout twice")
        for one in self.swaps:
            if one.tag in others:
                raise ValueError(f"{self.name}: {one.name} is a swap and not a swap")
            for other in self.swaps:
                if one.tag != other.tag and one.at == other.at == 0 and one.tag.startswith(other.tag):
                    raise ValueError(f"{self.name}: the tag of {other.name} begins the tag of {one.name}")


@dataclass(frozen=True, slots=True)
class Router:
    """An aggregator or bot program: a label on the swaps it calls, never a swap."""

    name: str
    address: str

    def __post_init__(self) -> None:
        _address(self.address)


def _address(text: str) -> None:
    if len(text58.decode(text)) != _ADDRESS_BYTES:
        raise ValueError(f"not an address: {text!r}")
