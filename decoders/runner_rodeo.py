"""Runner Rodeo: bonding curves with both sides in vaults."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="runner_rodeo",
    address="runnrXXdsSRkdueCRYxKDvSWfv6nAnrG5dcM29qj1HA",
    kind="bonding_curve",
    swaps=(SwapIx("swap", accounts=18, pool=0, vaults=(6, 7), users=(4, 5), user=1, args=UP_TO_IN),),
)
