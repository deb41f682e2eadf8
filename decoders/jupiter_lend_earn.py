"""Jupiter Lend: shares of a lending pool; the tokens go one program deeper."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="jupiter_lend_earn",
    address="jup3YeL8QhtSx1e253b2FDvsMNC87fDrgQZivbrndc9",
    kind="conversion",
    default=False,
    swaps=(
        *(
            SwapIx(name, accounts=17, pool=5, vaults=(10, 6), users=(1, 2), mints=(3, 6), user=0)
            for name in ("deposit", "mint", "deposit_with_min_amount_out")
        ),
        *(
            SwapIx(name, accounts=18, pool=4, vaults=(6, 10), users=(1, 2), mints=(6, 5), user=0)
            for name in ("withdraw", "redeem", "withdraw_with_max_shares_burn", "redeem_with_min_amount_out")
        ),
    ),
)
