"""Carrot: shares of a vault, minted for one of its assets and burned for it."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="carrot",
    address="CarrotwivhMpDnm27EHmRLeQ683Z1PufuqEmBZvD282s",
    kind="conversion",
    default=False,
    swaps=tuple(
        SwapIx(name, accounts=10, pool=0, vaults=(4, 1), users=(5, 2), mints=(3, 1), user=6)
        for name in ("issue", "redeem")
    ),
)
