"""Jupiter Lend: shares of a lending pool; the tokens go one program deeper.

Arguments as in its published interface (github.com/jup-ag/jupiter-lend): the largest number stands for all there is.
"""

from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most

_GIVEN = Args("amount:u64", (at_most("in", "amount"),))
_GIVEN_MIN = Args("amount:u64 minimum_out:u64", (*_GIVEN.rules, at_least("out", "minimum_out")))
_MINT_MAX = Args("_:u64 maximum_in:u64", (at_most("in", "maximum_in"),))
_TAKEN = Args("amount_out:u64", (at_most("out", "amount_out"),))
_TAKEN_MAX = Args("amount_out:u64 maximum_in:u64", (*_TAKEN.rules, at_most("in", "maximum_in")))

PROGRAM = Program(
    name="jupiter_lend_earn",
    address="jup3YeL8QhtSx1e253b2FDvsMNC87fDrgQZivbrndc9",
    kind="conversion",
    default=False,
    swaps=(
        *(
            SwapIx(name, accounts=17, pool=5, vaults=(10, 6), users=(1, 2), mints=(3, 6), user=0, args=args)
            # the shares a mint gives are worked out from the assets again, and may not be the ones asked for
            for name, args in (
                ("deposit", _GIVEN),
                ("mint", None),
                ("mint_with_max_assets", _MINT_MAX),
                ("deposit_with_min_amount_out", _GIVEN_MIN),
            )
        ),
        *(
            SwapIx(name, accounts=18, pool=4, vaults=(6, 10), users=(1, 2), mints=(6, 5), user=0, args=args)
            for name, args in (
                ("withdraw", _TAKEN),
                ("redeem", _GIVEN),
                ("withdraw_with_max_shares_burn", _TAKEN_MAX),
                ("redeem_with_min_amount_out", _GIVEN_MIN),
            )
        ),
    ),
    others="init_lending init_lending_admin rebalance set_rewards_rate_model update_authority update_auths"
    " update_rate update_rebalancer rebalance_with_amounts",
)
