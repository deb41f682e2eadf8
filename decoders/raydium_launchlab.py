"""Raydium LaunchLab: bonding curves of LetsBonk and other launchpads; tokens and quote in vaults."""

from decoders.engine.events import Event, EventFee
from decoders.engine.families import EXACT_IN, OUT_FIRST_UP_TO, UP_TO_IN
from decoders.engine.spec import Args, Program, Side, SwapIx

_BEFORE = "pool:pubkey _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 amount_in:u64 amount_out:u64 protocol_fee:u64"
_FEES = (("protocol", "protocol_fee"), ("platform", "platform_fee"), ("referral", "share_fee"))
_LAYOUTS = (
    (
        f"{_BEFORE} platform_fee:u64 creator_fee:u64 share_fee:u64 _:u8 _:u8 _:bool",
        (*_FEES, ("creator", "creator_fee")),
    ),
    (f"{_BEFORE} platform_fee:u64 share_fee:u64 _:u8 _:u8", _FEES),
)


def _trades(quote: Side) -> tuple[Event, ...]:
    """The event with the creator's fee, and as it was before; both are emitted in a call and repeated in the log."""
    return tuple(
        Event(
            "TradeEvent",
            text,
            via="call",
            pool="pool",
            amount_in=("amount_in",),
            amount_out=("amount_out",),
            fees=tuple(EventFee(kind, name, quote) for kind, name in fees),
        )
        for text, fees in _LAYOUTS
    )


_ROWS: tuple[tuple[str, Args, Side], ...] = (
    ("buy_exact_in", UP_TO_IN, "in"),
    ("buy_exact_out", OUT_FIRST_UP_TO, "in"),
    ("sell_exact_in", EXACT_IN, "out"),
    ("sell_exact_out", OUT_FIRST_UP_TO, "out"),
)

PROGRAM = Program(
    name="raydium_launchlab",
    address="LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(
            name,
            accounts=15,
            pool=4,
            vaults=(7, 8),
            users=(5, 6),
            mints=(9, 10),
            user=0,
            args=args,
            events=_trades(quote),
        )
        for name, args, quote in _ROWS
    ),
)
