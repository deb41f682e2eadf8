"""Voltr: shares of a vault."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="voltr",
    address="vVoLTRjQmtFpiYoegx285Ze4gsLJ8ZxgFKVcuvmG1a8",
    kind="conversion",
    default=False,
    swaps=tuple(
        SwapIx(name, accounts=9, pool=2, vaults=(6, 4), users=(5, 8), mints=(3, 4), user=0)
        for name in ("deposit_vault", "instant_withdraw_vault")
    ),
)
