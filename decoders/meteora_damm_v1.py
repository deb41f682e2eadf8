"""Meteora DAMM v1: pools whose tokens lie in vaults of another program, shared with other pools."""

from decoders.engine.events import Event
from decoders.engine.others import METEORA_DAMM_V1_OTHERS
from decoders.engine.spec import Args, Program, SwapIx, at_least, exact

#: its amounts are worked out from shares of the vaults, so they miss the transfers by a few units: fees only
_SWAP = Event("Swap", "_:u64 _:u64 fee_in_lp:u64 fee_in_protocol:u64 fee_in_referral:u64", via="log")
#: the protocol's and the referrer's fee are paid beside the deposit, out of the amount given
_ARGS = Args(
    "in_amount:u64 minimum_out:u64", (exact("in", "in_amount", plus_fees=True), at_least("out", "minimum_out"))
)

PROGRAM = Program(
    name="meteora_damm_v1",
    address="Eo7WjKq67rjJQSZxS6z3YkapzY3eMj6Xy8X5EQVn5UaB",
    kind="amm",
    swaps=(
        SwapIx(
            "swap",
            accounts=15,
            pool=0,
            vaults=(5, 6),
            users=(1, 2),
            user=12,
            args=_ARGS,
            events=(_SWAP,),
            pays=(("protocol", 11), ("referral", 15)),
            shared_vaults=True,
        ),
    ),
    others=METEORA_DAMM_V1_OTHERS,
)
