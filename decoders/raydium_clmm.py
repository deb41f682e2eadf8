"""Raydium CLMM: concentrated liquidity; swap_router_base_in holds one swap for every hop."""

from decoders.engine.events import Event, EventFee
from decoders.engine.families import CLMM_ARGS, EXACT_IN
from decoders.engine.hops import router_base_in
from decoders.engine.spec import Program, SwapIx

_SWAP = Event(
    "SwapEvent",
    "pool:pubkey _:pubkey _:pubkey _:pubkey amount_0:u64 transfer_fee_0:u64 amount_1:u64 transfer_fee_1:u64"
    " zero_for_one:bool | _:u128 _:u128 _:i32 trade_fee_0:u64 trade_fee_1:u64",
    via="log",
    pool="pool",
    forward="zero_for_one",
    amount_in=("amount_0", "transfer_fee_0"),
    amount_out=("amount_1", "transfer_fee_1"),
    transfer_fee_in="transfer_fee_0",
    transfer_fee_out="transfer_fee_1",
    fees=(EventFee("lp", "trade_fee_0", "in"), EventFee("lp", "trade_fee_1", "out")),
)
PROGRAM = Program(
    name="raydium_clmm",
    address="CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK",
    kind="clmm",
    swaps=(
        SwapIx("swap", accounts=9, pool=2, vaults=(5, 6), users=(3, 4), user=0, args=CLMM_ARGS, events=(_SWAP,)),
        SwapIx(
            "swap_v2",
            accounts=13,
            pool=2,
            vaults=(5, 6),
            users=(3, 4),
            mints=(11, 12),
            user=0,
            args=CLMM_ARGS,
            events=(_SWAP,),
        ),
        SwapIx("swap_router_base_in", accounts=13, user=0, legs=router_base_in, args=EXACT_IN, events=(_SWAP,)),
    ),
)
