"""Saber: stable pools of two tokens; the owner's fee leaves the vault of the output beside the swap."""

from decoders.engine.amounts import one_transfer_each
from decoders.engine.families import EXACT_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="saber",
    address="SSwpkEEcbUqx4vtoEByFjSkhKdCT862DNVb52nZg1UZ",
    kind="stableswap",
    swaps=(
        SwapIx(
            "swap", tag=b"\x01", accounts=9, pool=0, vaults=(4, 5), users=(3, 6), user=2, args=EXACT_IN,
            amounts=one_transfer_each, pays=(("protocol", 7),),
        ),
    ),
    # initialize, deposit, withdraw, withdraw_one, then what the owner may do
    others=tuple(bytes((tag,)) for tag in (0, 2, 3, 4, *range(100, 108))),
)  # fmt: skip
