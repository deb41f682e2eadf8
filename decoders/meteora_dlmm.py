"""Meteora DLMM: liquidity in bins. Two events tell of one swap."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_OUT, UP_TO_IN
from decoders.engine.others import METEORA_DLMM_OTHERS
from decoders.engine.spec import Args, Program, SwapIx, at_most

_EVENTS = (
    Event(
        "Swap2Evt",
        "pool:pubkey _:pubkey _:i32 _:i32 _:bool _:u128 amount_in:u64 _:u64 amount_out:u64 fee_lp:u64 fee_protocol:u64"
        " fee_limit_order:u64 fee_referral:u64 on_input:bool",
        via="call",
    ),
    Event("Swap", "pool:pubkey _:pubkey _:i32 _:i32 amount_in:u64 amount_out:u64 _:bool fee_in_total:u64", via="call"),
)
_PRICE_IMPACT = Args("amount_in:u64", (at_most("in", "amount_in"),))

PROGRAM = Program(
    name="meteora_dlmm",
    address="LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo",
    kind="dlmm",
    swaps=tuple(
        SwapIx(
            name + suffix, accounts=accounts, pool=0, vaults=(2, 3), users=(4, 5), mints=(6, 7), user=10, args=args,
            events=_EVENTS, pays=(("referral", 9),),
        )
        for name, args in (
            ("swap", UP_TO_IN), ("swap_exact_out", EXACT_OUT), ("swap_with_price_impact", _PRICE_IMPACT)
        )
        for suffix, accounts in (("", 15), ("2", 16))
    ),
    others=METEORA_DLMM_OTHERS,
)  # fmt: skip
