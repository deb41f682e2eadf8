"""Voltr: shares of a vault.

What is given back is asked for in shares or in the asset, or is all there is, by two flags behind the amount; its
published interface (github.com/voltrxyz/vault-sdk) says so.
"""

from decoders.engine.others import VOLTR_OTHERS
from decoders.engine.spec import Args, Program, SwapIx, at_most, exact

_DEPOSIT = Args("amount:u64", (exact("in", "amount"),))
_IN_SHARES_NOT_ALL = ("flags", 0x0001)
_WITHDRAW = Args("amount:u64 flags:u16", (at_most("in", "amount", when=_IN_SHARES_NOT_ALL),))

PROGRAM = Program(
    name="voltr",
    address="vVoLTRjQmtFpiYoegx285Ze4gsLJ8ZxgFKVcuvmG1a8",
    kind="conversion",
    default=False,
    swaps=tuple(
        SwapIx(name, accounts=9, pool=2, vaults=(6, 4), users=(5, 8), mints=(3, 4), user=0, args=args)
        for name, args in (("deposit_vault", _DEPOSIT), ("instant_withdraw_vault", _WITHDRAW))
    ),
    partly="instant_withdraw_strategy: paid by the strategy's own program, no transaction on record",
    others=VOLTR_OTHERS,
)
