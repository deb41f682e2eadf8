"""Meteora DLMM: liquidity in bins. Two events tell of one swap."""

from decoders.engine.events import Event, EventFee
from decoders.engine.families import EXACT_OUT, UP_TO_IN
from decoders.engine.spec import Args, Program, SwapIx, at_most

_ON_INPUT = ("fees_on_input",)
_EVENTS = (
    Event(
        "Swap2Evt",
        "pool:pubkey _:pubkey _:i32 _:i32 _:bool _:u128 amount_in:u64 _:u64 amount_out:u64 mm_fee:u64 protocol_fee:u64"
        " limit_order_fee:u64 host_fee:u64 fees_on_input:bool",
        via="call",
        pool="pool",
        amount_in=("amount_in",),
        amount_out=("amount_out",),
        fees=(
            EventFee("lp", "mm_fee", in_when=_ON_INPUT),
            EventFee("protocol", "protocol_fee", in_when=_ON_INPUT),
            EventFee("limit_order", "limit_order_fee", in_when=_ON_INPUT),
            EventFee("referral", "host_fee", in_when=_ON_INPUT),
        ),
    ),
    Event(
        "Swap",
        "pool:pubkey _:pubkey _:i32 _:i32 amount_in:u64 amount_out:u64 _:bool fee:u64",
        via="call",
        pool="pool",
        amount_in=("amount_in",),
        amount_out=("amount_out",),
        fees=(EventFee("total", "fee"),),
    ),
)
_PRICE_IMPACT = Args("amount_in:u64", (at_most("in", "amount_in"),))

PROGRAM = Program(
    name="meteora_dlmm",
    address="LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo",
    kind="dlmm",
    swaps=tuple(
        SwapIx(
            name,
            accounts=accounts,
            pool=0,
            vaults=(2, 3),
            users=(4, 5),
            mints=(6, 7),
            user=10,
            args=args,
            events=_EVENTS,
            pays=(("referral", 9),),
        )
        for name, accounts, args in (
            ("swap", 15, UP_TO_IN),
            ("swap2", 16, UP_TO_IN),
            ("swap_exact_out", 15, EXACT_OUT),
            ("swap_exact_out2", 16, EXACT_OUT),
            ("swap_with_price_impact", 15, _PRICE_IMPACT),
            ("swap_with_price_impact2", 16, _PRICE_IMPACT),
        )
    ),
)
