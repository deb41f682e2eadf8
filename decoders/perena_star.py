"""Perena Star: shares of a vault against its asset; the vault is not among the known accounts."""

from decoders.engine.conversions import with_anyone
from decoders.engine.others import PERENA_STAR_OTHERS
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="perena_star",
    address="save8RQVPMWNTzU18t3GBvBkN9hT7jsGjiCQ28FpD9H",
    kind="conversion",
    default=False,
    swaps=(SwapIx("execute_share_swap", accounts=12, pool=1, users=(6, 7), mints=(4, 5), user=0, amounts=with_anyone),),
    partly="tokens minted and burned for a yielding one, and junior shares: no transaction on record",
    others=PERENA_STAR_OTHERS,
)
