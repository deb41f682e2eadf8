"""A third deployment of the SPL stake pool program, used by Sanctum."""

from decoders.engine.families import STAKE_POOL, STAKE_POOL_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="sanctum_spl_stake_pool",
    address="SP12tWFxD9oJsVWNavTTBZvMbA6gkAmxtVgxdqvyvhY",
    kind="conversion",
    default=False,
    swaps=STAKE_POOL,
    others=STAKE_POOL_OTHERS,
)
