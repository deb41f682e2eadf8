"""pump.fun's bonding curve. SOL moves as lamports, on sells without any instruction: the event says how many."""

from decoders.engine.amounts import native_sol
from decoders.engine.events import Event, EventFee
from decoders.engine.families import EXACT_IN, OUT_FIRST_UP_TO, UP_TO_IN
from decoders.engine.spec import Args, Leg, Program, Side, SwapIx

_TRADE = (
    "mint:pubkey sol:u64 token:u64 is_buy:bool _:pubkey _:i64 _:u64 _:u64 | _:u64 _:u64 _:pubkey _:u64 protocol_fee:u64"
    " _:pubkey _:u64 creator_fee:u64 _:bool _:u64 _:u64 _:u64 _:i64 ix_name:string _:bool _:u64 cashback_fee:u64 _:u64"
    " buyback_fee:u64 shareholders:vec34 quote_mint:pubkey quote:u64 _:u64 _:u64 _:u64 holder_fee:u64"
)
_SOL = ("quote_mint", bytes(32))
_KINDS = ("protocol", "creator", "cashback", "buyback", "holder")


def _trades(side: Side) -> tuple[Event, ...]:
    """The event of a trade against SOL, and of one against a quote token."""
    buy = side == "in"
    return tuple(
        Event(
            "TradeEvent",
            _TRADE,
            via="call",
            mint="mint",
            when=(("is_buy", buy), *when),
            unless=unless,
            amount_in=(quote,) if buy else ("token",),
            amount_out=("token",) if buy else (quote,),
            fees=tuple(EventFee(kind, f"{kind}_fee", side) for kind in _KINDS),
            native=quote == "sol",
        )
        for quote, when, unless in (("sol", (_SOL,), ()), ("quote", (), (_SOL,)))
    )


_V1 = Leg(pool=3, curve=3, vaults=(4,), users=(5,), mints=(2,))
_V2 = Leg(pool=10, curve=10, vaults=(11, 12), users=(14, 15), mints=(1, 2))
_ROWS: tuple[tuple[str, int, int, Leg, Args, Side], ...] = (
    ("buy", 12, 6, _V1, OUT_FIRST_UP_TO, "in"),
    ("buy_exact_sol_in", 12, 6, _V1, UP_TO_IN, "in"),
    ("sell", 12, 6, _V1, EXACT_IN, "out"),
    ("buy_v2", 27, 13, _V2, OUT_FIRST_UP_TO, "in"),
    ("buy_exact_quote_in_v2", 27, 13, _V2, UP_TO_IN, "in"),
    ("sell_v2", 26, 13, _V2, EXACT_IN, "out"),
)

PROGRAM = Program(
    name="pump_fun",
    address="6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(name, accounts=accounts, user=user, legs=(leg,), amounts=native_sol, args=args, events=_trades(side))
        for name, accounts, user, leg, args, side in _ROWS
    ),
)
