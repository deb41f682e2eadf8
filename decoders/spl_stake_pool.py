"""The SPL stake pool program: SOL against the pool's liquid staking token (github.com/solana-program/stake-pool)."""

from decoders.engine.families import STAKE_POOL, STAKE_POOL_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="spl_stake_pool",
    address="SPoo1Ku8WFXoNDMHPsrGSTSG1Y47rzgn41SLUNakuHy",
    kind="conversion",
    default=False,
    swaps=STAKE_POOL,
    others=STAKE_POOL_OTHERS,
)
