"""Helium treasury management: MOBILE and IOT are burned for HNT."""

from decoders.engine.families import EXACT_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="helium_treasury",
    address="treaf4wWBBty3fHdyBpo35Mz84M8k3heKXmjmi9vFt5",
    kind="conversion",
    default=False,
    swaps=(SwapIx("redeem_v0", accounts=10, pool=0, vaults=(2, 3), users=(5, 6), mints=(2, 1), user=7, args=EXACT_IN),),
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="initialize_treasury_management_v0 update_treasury_management_v0",
)
