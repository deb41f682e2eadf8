"""Mercurial: stable pools of two to four tokens; all their vaults are listed, then the user's accounts.

Its instructions: github.com/mercurial-finance/stable-swap-n-pool-instructions.
"""

from decoders.engine.families import EXACT_IN
from decoders.engine.spec import Program, SwapIx
from decoders.engine.trailing import TrailingUsers

PROGRAM = Program(
    name="mercurial",
    address="MERLuDFBMmsHnsBPZw2sDQZHvXFMwp8EdjudcU2HKky",
    kind="stableswap",
    swaps=(
        SwapIx("exchange", tag=b"\x04", accounts=8, user=3, legs=TrailingUsers(pool=0, first_vault=4), args=EXACT_IN),
    ),
    # initialize, liquidity in and out, the virtual price, then the settings
    others=tuple(bytes((tag,)) for tag in (0, 1, 2, 3, 5, *range(100, 106))),
)
