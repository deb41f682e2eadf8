"""Carrot: shares of a vault, minted for one of its assets and burned for it; its interface names what is given."""

from decoders.engine.others import CARROT_OTHERS
from decoders.engine.spec import Args, Program, SwapIx, at_most

PROGRAM = Program(
    name="carrot",
    address="CarrotwivhMpDnm27EHmRLeQ683Z1PufuqEmBZvD282s",
    kind="conversion",
    default=False,
    swaps=tuple(
        SwapIx(
            name, accounts=10, pool=0, vaults=(4, 1), users=(5, 2), mints=(3, 1), user=6,
            args=Args("amount:u64", (at_most("in", "amount"),)),
        )
        for name in ("issue", "redeem")
    ),
    others=CARROT_OTHERS,
)  # fmt: skip
