"""Marinade: SOL against mSOL, from its liquidity pool or minted (the program's own IDL)."""

from decoders.engine.conversions import Lamports
from decoders.engine.spec import Args, Program, SwapIx, at_most, exact

_LAMPORTS = Args("amount_in:u64", (exact("in", "amount_in"),))
_MSOL = Args("amount_in:u64", (at_most("in", "amount_in"),))

PROGRAM = Program(
    name="marinade",
    address="MarBmsSgKXdrN1egZf5sqe1TMai9K1rChYNDJgjq7aD",
    kind="conversion",
    default=False,
    swaps=(
        SwapIx(
            "deposit", accounts=11, pool=0, vaults=(1, 3), users=(7,), mints=(1, 1), user=6, args=_LAMPORTS,
            amounts=Lamports(wallet=6, stores=(2, 5)),
        ),
        # the protocol's fee is part of the mSOL given
        SwapIx(
            "liquid_unstake", accounts=10, pool=0, curve=2, vaults=(3,), users=(5,), mints=(1,), user=6, args=_MSOL,
            amounts=Lamports(wallet=7, stores=(2,)), pays=(("protocol", 4),),
        ),
    ),
    # as in github.com/Stan-lee13/graphite
    others="initialize change_authority add_validator remove_validator set_validator_score config_validator_system"
    " deposit_stake_account add_liquidity remove_liquidity config_lp config_marinade order_unstake claim"
    " stake_reserve update_active update_deactivated deactivate_stake emergency_unstake partial_unstake"
    " merge_stakes redelegate pause resume withdraw_stake_account realloc_validator_list realloc_stake_list"
    " create_canonical_stake finalize_delinquent_upgrade set_lp_params",
)  # fmt: skip
