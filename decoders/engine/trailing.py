"""Instructions that list as many vaults as the pool has, and the user's two accounts behind them."""

from dataclasses import dataclass

from decoders.engine.errors import DecodeError
from decoders.engine.legs import Roles, SwapCall
from decoders.engine.movements import Kind


@dataclass(frozen=True, slots=True)
class TrailingUsers:
    """Finds the leg of such an instruction: ``pool`` and ``first_vault`` are positions."""

    pool: int
    first_vault: int

    def __call__(self, call: SwapCall) -> tuple[Roles, ...]:
        """The user's accounts stand where transfers prove them, because a program may append accounts.

        Where nothing moved they are the last two. Raises DecodeError when two places are proven.
        """
        moved = {(leg.source, leg.dest) for leg in call.movements if leg.kind is Kind.TRANSFER}
        last = len(call.accounts) - 2
        places = [at for at in range(self.first_vault + 2, last + 1) if self._proven(call, at, moved)]
        if len(places) > 1:
            raise DecodeError("ambiguous", f"the user's accounts may stand at any of {places}")
        at = places[0] if places else last
        return (
            Roles(
                pool=call.account(self.pool),
                vaults=call.accounts[self.first_vault : at],
                users=(call.account(at), call.account(at + 1)),
            ),
        )

    def _proven(self, call: SwapCall, at: int, moved: set[tuple[str, str]]) -> bool:
        accounts = call.accounts
        vaults = accounts[self.first_vault : at]
        paid = any((accounts[at], vault) in moved for vault in vaults)
        return paid and any((vault, accounts[at + 1]) in moved for vault in vaults)
