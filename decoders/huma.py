"""Huma: shares of a lending vault."""

from decoders.engine.others import HUMA_OTHERS
from decoders.engine.spec import Args, Program, SwapIx, at_most

PROGRAM = Program(
    name="huma",
    address="HumaXepHnjaRCpjYTokxY4UtaJcmx41prQ8cxGmFC5fn",
    kind="conversion",
    default=False,
    swaps=(
        SwapIx(
            "deposit", accounts=11, pool=3, vaults=(8, 5), users=(9, 10), mints=(7, 5), user=0,
            args=Args("amount:u64", (at_most("in", "amount"),)),
        ),
        SwapIx("instant_withdraw", accounts=15, pool=3, vaults=(5, 11), users=(14, 12), mints=(5, 9), user=0),
    ),
    partly="switch_mode, one kind of shares for another, and shares of a closed pool: no transaction on record",
    others=HUMA_OTHERS,
)  # fmt: skip
