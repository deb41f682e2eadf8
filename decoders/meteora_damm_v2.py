"""Meteora DAMM v2 (cp-amm)."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, SWAP_MODE_ARGS
from decoders.engine.others import METEORA_DAMM_V2_OTHERS
from decoders.engine.spec import Program, SwapIx

_EVENTS = (
    Event(
        "EvtSwap2",
        "pool:pubkey _:u8 _:u8 _:bool _:u64 _:u64 _:u8 with_fee_in:u64 without_fee_in:u64 _:u64 _:u64 _:u128"
        " fee_lp:u64 fee_protocol:u64 fee_partner:u64 fee_referral:u64 amount_in:u64 amount_out:u64",
        via="call",
    ),
    # until October 2025; which token its fees are in it does not say
    Event(
        "EvtSwap",
        "pool:pubkey _:u8 _:bool _:u64 _:u64 amount_out:u64 _:u128 _:u64 _:u64 _:u64 _:u64 amount_in:u64",
        via="call",
    ),
)

PROGRAM = Program(
    name="meteora_damm_v2",
    address="cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name, accounts=14, pool=1, vaults=(4, 5), users=(2, 3), mints=(6, 7), user=8, args=args, events=_EVENTS,
            pays=(("referral", 11),),
        )
        for name, args in (("swap", EXACT_IN), ("swap2", SWAP_MODE_ARGS))
    ),
    others=METEORA_DAMM_V2_OTHERS,
)  # fmt: skip
