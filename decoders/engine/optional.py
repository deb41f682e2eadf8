"""Instructions whose vaults may be left out: Anchor puts the program's own address in their place."""

from dataclasses import dataclass

from decoders.engine.legs import Roles, SwapCall


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionalVaults:
    """Finds the leg of such an instruction; all are positions, two each. A token without a vault is minted and burnt.

    Then its mint stands for the vault, and only then: with a vault there, what is minted is something else.
    """

    pool: int
    vaults: tuple[int, int]
    users: tuple[int, int]
    mints: tuple[int, int]

    def __call__(self, call: SwapCall) -> tuple[Roles, ...]:
        """The one leg. Raises DecodeError when an account is missing."""
        mints = tuple(map(call.account, self.mints))
        vaults = tuple(map(call.account, self.vaults))
        here = call.program.address
        return (
            Roles(
                pool=call.account(self.pool),
                vaults=tuple(mint if vault == here else vault for vault, mint in zip(vaults, mints, strict=True)),
                users=tuple(map(call.account, self.users)),
                mints=mints,
            ),
        )
