"""Jupiter RFQ v2: a market maker's levels, filled between the user's and the maker's token accounts."""

from decoders.engine.spec import Args, Program, SwapIx, at_most

_ARGS = Args("_:u8 amount_in:u64", (at_most("in", "amount_in"),))

PROGRAM = Program(
    name="jupiter_rfq_v2",
    address="fd3nMFYTQjX1yr5ER8u7tPdHJB7qt8RpDpNtLQX2Br5",
    kind="rfq",
    swaps=(
        SwapIx(
            "fill_exact_in",
            accounts=11,
            pool=1,  # there is none: who signs for the maker
            vaults=(4, 5),
            users=(2, 3),
            mints=(6, 7),
            user=0,
            args=_ARGS,
            shared_vaults=True,
        ),
    ),
)
