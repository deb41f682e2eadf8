"""JupiterZ: a quote of a market maker, filled between the two wallets; either side may be native SOL."""

from decoders.engine.amounts import between_wallets
from decoders.engine.spec import Args, Program, SwapIx, exact

_ARGS = Args("amount_in:u64 amount_out:u64", (exact("in", "amount_in"), exact("out", "amount_out")))

PROGRAM = Program(
    name="jupiterz_order_engine",
    address="61DFfeTKM7trxYcPQCM78bJ794ddZprZpAwAnLiwTpYH",
    kind="rfq",
    swaps=(
        SwapIx(
            "fill",
            accounts=11,
            pool=1,  # there is none: the maker
            vaults=(3, 5),
            users=(2, 4),
            mints=(6, 8),
            user=0,
            amounts=between_wallets,
            args=_ARGS,
            shared_vaults=True,
        ),
    ),
)
