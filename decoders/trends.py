"""Trends: bonding curves with both sides in vaults."""

from decoders.engine.events import Event
from decoders.engine.spec import Program, SwapIx

_EVENT = Event("SwapEvent", "pool:pubkey _:pubkey _:pubkey _:u8 _:u64 amount_in:u64 _:u64 amount_out:u64", via="call")

PROGRAM = Program(
    name="trends",
    address="CURVEmPpijXDTNdqrA9PGP1io2rkgiVXH26xdXVGLLfz",
    kind="bonding_curve",
    swaps=(
        SwapIx(
            "swap", accounts=15, pool=1, vaults=(7, 8), users=(3, 4), mints=(5, 6), user=9, events=(_EVENT,),
            pays=(("referral", 12),),
        ),
    ),
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="claim_creator_fee claim_protocol_fee initialize initialize_pool",
)  # fmt: skip
