"""Gavel (Plasma): pools that resist sandwiching; one-byte tags, and an event in the log that a number begins."""

from decoders.engine.events import Event
from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most, exact

_ARGS = Args(
    "_:u8 mode:u8 amount_0:u64 amount_1:u64",
    (
        exact("in", "amount_0", when=("mode", 0)),
        at_least("out", "amount_1", when=("mode", 0)),
        exact("out", "amount_0", when=("mode", 1)),
        at_most("in", "amount_1", when=("mode", 1)),
    ),
)
#: what was sold for the quote token; a purchase is the other way round
_SWAP = Event(
    "Swap",
    "_:u64 _:u64 _:i64 pool:pubkey _:pubkey _:u8 _:u8 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64"
    " forward:bool amount_in:u64 amount_out:u64 _:u64 _:u64 _:u64 _:u64 fee_out_total:u64",
    tag=b"\x00",
    via="log",
)

PROGRAM = Program(
    name="gavel",
    address="srAMMzfVHVAtgSJc8iH6CfKzuWuUTzLHVCE81QU1rgi",
    kind="amm",
    swaps=(
        SwapIx(
            "swap", tag=b"\x00", accounts=9, pool=2, vaults=(6, 7), users=(4, 5), user=3, args=_ARGS, events=(_SWAP,)
        ),
    ),
    # liquidity, fees, the making of pools, and 8: the event once more, in a call of itself
    others=tuple(bytes((tag,)) for tag in range(1, 10)),
)
