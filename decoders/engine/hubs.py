"""Which account is the pool where an instruction names several: hubs with one account a token, and best-of-N calls."""

from dataclasses import dataclass

from decoders.engine.errors import DecodeError
from decoders.engine.legs import Roles, SwapCall
from decoders.engine.movements import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Hub:
    """A program with one account per token, so that a swap goes through two of them; positions as in ``SwapIx``.

    Both directions of a pair must carry one name: the pool is the account whose address sorts first. ``quote`` is the
    position of the account that every pair shares; it is never the pool.
    """

    pools: tuple[int, int]
    vaults: tuple[int, int]
    users: tuple[int, int]
    quote: int | None = None

    def __call__(self, call: SwapCall) -> tuple[Roles, ...]:
        """The roles of the one leg. Raises DecodeError when there are too few accounts, or both are the quote's."""
        at = call.account
        shared = None if self.quote is None else at(self.quote)
        own = [pool for pool in map(at, self.pools) if pool != shared]
        if not own:
            raise DecodeError("accounts", f"{shared} on both sides")
        return (Roles(pool=min(own), vaults=tuple(map(at, self.vaults)), users=tuple(map(at, self.users))),)


@dataclass(frozen=True, slots=True, kw_only=True)
class BestOf:
    """A call that offers ``count`` candidate pools and trades with one: the one whose two vaults moved.

    ``pools`` and ``vaults`` are the positions of the first candidate; the others follow in rows of ``count``.
    """

    count: int
    pools: int
    vaults: tuple[int, int]
    users: tuple[int, int]
    mints: tuple[int, int]

    def __call__(self, call: SwapCall) -> tuple[Roles, ...]:
        """The roles of the one leg. Raises DecodeError when several candidates share the vaults that moved."""
        moved = {end for leg in call.movements if leg.kind is Kind.TRANSFER for end in (leg.source, leg.dest)}
        candidates = [self._candidate(call, number) for number in range(self.count)]
        used = {roles.pool: roles for roles in candidates if moved.issuperset(roles.vaults)}
        if len(used) > 1:
            raise DecodeError("ambiguous", f"{len(used)} candidates have these vaults")
        return (next(iter(used.values()), candidates[0]),)

    def _candidate(self, call: SwapCall, number: int) -> Roles:
        at = call.account
        return Roles(
            pool=at(self.pools + number),
            vaults=tuple(at(vault + number) for vault in self.vaults),
            users=tuple(map(at, self.users)),
            mints=tuple(map(at, self.mints)),
        )
