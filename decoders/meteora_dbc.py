"""Meteora Dynamic Bonding Curve. Two events tell of one swap."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, SWAP_MODE_ARGS
from decoders.engine.others import METEORA_DBC_OTHERS
from decoders.engine.spec import Program, SwapIx

_FEES = "fee_lp:u64 fee_protocol:u64 fee_referral:u64"
_TEXT_2 = (
    "pool:pubkey _:pubkey _:u8 _:bool _:u64 _:u64 _:u8 amount_in:u64 without_fee_in:u64 _:u64 amount_out:u64 _:u128 "
)
_TEXT_1 = "pool:pubkey _:pubkey _:u8 _:bool _:u64 _:u64 without_fee_in:u64 amount_out:u64 _:u128 {0} amount_in:u64"
_EVENTS = (
    Event("EvtSwap2", _TEXT_2 + _FEES, via="call"),
    Event("EvtSwap2WithTransferHook", _TEXT_2 + _FEES, via="call"),
    Event("EvtSwap", _TEXT_1.format(_FEES), via="call"),
)

PROGRAM = Program(
    name="meteora_dbc",
    address="dbcij3LWUppWqq96dh6gJWwBifmcGfLSB5D4DuSMaqN",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(
            name, accounts=15, pool=2, vaults=(5, 6), users=(3, 4), mints=(7, 8), user=9, args=args, events=_EVENTS,
            pays=(("referral", 12),),
        )
        for name, args in (
            ("swap", EXACT_IN), ("swap2", SWAP_MODE_ARGS), ("swap2_with_transfer_hook", SWAP_MODE_ARGS)
        )
    ),
    others=METEORA_DBC_OTHERS,
)  # fmt: skip
