"""GatorSwap: a proprietary AMM; the last byte of the data is the tag, its operator may sign a quote before it."""

from decoders.engine.families_prop import AMOUNT_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="gatorswap",
    address="gatorLx9aC1e5ZWAXscv5QRKiLXnLPLXjftVc81h1Hr",
    kind="prop_amm",
    swaps=tuple(
        SwapIx(
            name, tag=b"\x01", at=size - 1, size=size, accounts=accounts, pool=3, vaults=(4, 5), users=(1, 2), user=0,
            args=AMOUNT_IN,
        )
        for name, size, accounts in (("swap", 41, 13), ("swap_signed_quote", 113, 6))
    ),
)  # fmt: skip
