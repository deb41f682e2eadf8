"""Meteora Dynamic Bonding Curve. Two events tell of one swap."""

from decoders.engine.events import Event, EventFee
from decoders.engine.families import EXACT_IN, SWAP_MODE_ARGS
from decoders.engine.spec import Program, SwapIx

_KINDS = ("lp", "protocol", "referral")
_SWAP_2 = tuple(
    Event(
        name,
        "pool:pubkey _:pubkey _:u8 _:bool _:u64 _:u64 _:u8 amount_in:u64 without_fee_in:u64 _:u64 amount_out:u64"
        " _:u128 lp_fee:u64 protocol_fee:u64 referral_fee:u64",
        via="call",
        pool="pool",
        amount_in=("amount_in",),
        amount_out=("amount_out",),
        fees=tuple(EventFee(kind, f"{kind}_fee", in_when=("amount_in", "-without_fee_in")) for kind in _KINDS),
    )
    for name in ("EvtSwap2", "EvtSwap2WithTransferHook")
)
_SWAP = Event(
    "EvtSwap",
    "pool:pubkey _:pubkey _:u8 _:bool _:u64 _:u64 without_fee_in:u64 amount_out:u64 _:u128 lp_fee:u64 protocol_fee:u64"
    " referral_fee:u64 amount_in:u64",
    via="call",
    pool="pool",
    amount_in=("amount_in",),
    amount_out=("amount_out",),
    fees=tuple(EventFee(kind, f"{kind}_fee", in_when=("amount_in", "-without_fee_in")) for kind in _KINDS),
)

PROGRAM = Program(
    name="meteora_dbc",
    address="dbcij3LWUppWqq96dh6gJWwBifmcGfLSB5D4DuSMaqN",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(
            name,
            accounts=15,
            pool=2,
            vaults=(5, 6),
            users=(3, 4),
            mints=(7, 8),
            user=9,
            args=args,
            events=(*_SWAP_2, _SWAP),
            pays=(("referral", 12),),
        )
        for name, args in (("swap", EXACT_IN), ("swap2", SWAP_MODE_ARGS), ("swap2_with_transfer_hook", SWAP_MODE_ARGS))
    ),
)
