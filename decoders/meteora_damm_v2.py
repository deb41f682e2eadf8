"""Meteora DAMM v2 (cp-amm)."""

from decoders.engine.events import Event, EventFee
from decoders.engine.families import EXACT_IN, SWAP_MODE_ARGS
from decoders.engine.spec import Program, SwapIx

_ON_INPUT = ("with_fee_in", "-without_fee_in")
_EVENTS = (
    Event(
        "EvtSwap2",
        "pool:pubkey _:u8 _:u8 _:bool _:u64 _:u64 _:u8 with_fee_in:u64 without_fee_in:u64 _:u64 _:u64 _:u128"
        " lp_fee:u64 protocol_fee:u64 partner_fee:u64 referral_fee:u64 amount_in:u64 amount_out:u64 net_out:u64",
        via="call",
        pool="pool",
        amount_in=("amount_in",),
        amount_out=("amount_out",),
        fees=tuple(
            EventFee(kind, f"{kind}_fee", in_when=_ON_INPUT) for kind in ("lp", "protocol", "partner", "referral")
        ),
    ),
    Event(
        "EvtSwap",
        "pool:pubkey _:u8 _:bool _:u64 _:u64 amount_out:u64 _:u128 _:u64 _:u64 _:u64 _:u64 amount_in:u64",
        via="call",
        pool="pool",
        amount_in=("amount_in",),
        amount_out=("amount_out",),
    ),
)

PROGRAM = Program(
    name="meteora_damm_v2",
    address="cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name,
            accounts=14,
            pool=1,
            vaults=(4, 5),
            users=(2, 3),
            mints=(6, 7),
            user=8,
            args=args,
            events=_EVENTS,
            pays=(("referral", 11),),
        )
        for name, args in (("swap", EXACT_IN), ("swap2", SWAP_MODE_ARGS))
    ),
)
