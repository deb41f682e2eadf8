"""WOOFi: one pool account per token around a common quote. The rebate is a transfer that is not part of the leg."""

from decoders.engine.events import Event
from decoders.engine.hubs import Hub
from decoders.engine.others import WOOFI_OTHERS
from decoders.engine.spec import Args, Program, SwapIx, at_least, exact

#: amounts are u128; the upper half of a token amount is zero
_ARGS = Args("amount_in:u64 _:u64 minimum_out:u64 _:u64", (exact("in", "amount_in"), at_least("out", "minimum_out")))
_SWAP = Event("SwapEvent", "_:pubkey _:pubkey _:pubkey amount_in:u64 _:u64 amount_out:u64 _:u64", via="log")

PROGRAM = Program(
    name="woofi",
    address="WooFif76YGRNjk1pA8wCsN67aQsD9f9iLsz4NcJ1AVb",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap",
            accounts=17,
            legs=Hub(pools=(4, 9), vaults=(6, 11), users=(5, 10), quote=13),
            user=2,
            args=_ARGS,
            events=(_SWAP,),
            pays=(("rebate", 16),),
            shared_vaults=True,
        ),
    ),
    others=WOOFI_OTHERS,
)
