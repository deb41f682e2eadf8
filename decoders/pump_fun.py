"""pump.fun's bonding curve. SOL moves as lamports, on sells without any instruction: the event says how many."""

from decoders.engine.amounts import native_sol
from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, OUT_FIRST_UP_TO, UP_TO_IN
from decoders.engine.others import PUMP_FUN_OTHERS
from decoders.engine.spec import Leg, Program, SwapIx

_TRADE = (
    "mint:pubkey {sol}:u64 {coin}:u64 is_buy:bool _:pubkey _:i64 _:u64 _:u64 | _:u64 _:u64 _:pubkey _:u64"
    " fee_{side}_protocol:u64 _:pubkey _:u64 fee_{side}_creator:u64 _:bool _:u64 _:u64 _:u64 _:i64 _:string _:bool"
    " _:u64 fee_{side}_cashback:u64 _:u64 fee_{side}_buyback:u64 _:vec34 quote:pubkey {quote}:u64"
    " _:u64 _:u64 _:u64 fee_{side}_holder:u64"
)
_SOL = (("quote", bytes(32)),)


def _trades(side: str, coin: str, paid: str, *, buy: bool) -> tuple[Event, ...]:
    """Against SOL (its quote is missing or zero), and against a token, where a sale's fees leave the vault as well."""
    sol = _TRADE.format(sol=paid, coin=coin, quote="_", side=side)
    token = _TRADE.format(sol="_", coin=coin, quote=paid if buy else "_", side=side)
    when = (("is_buy", buy),)
    return (
        Event("TradeEvent", sol, via="call", when=when + _SOL, native=True),
        Event("TradeEvent", token, via="call", when=when, unless=_SOL),
    )


_BUY, _SELL = _trades("in", "amount_out", "amount_in", buy=True), _trades("out", "amount_in", "amount_out", buy=False)
_V1 = Leg(pool=3, curve=3, vaults=(4,), users=(5,), mints=(2,))
_V2 = Leg(pool=10, curve=10, vaults=(11, 12), users=(14, 15), mints=(1, 2))

PROGRAM = Program(
    name="pump_fun",
    address="6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(name, accounts=accounts, user=user, legs=(leg,), amounts=native_sol, args=args, events=events)
        for name, accounts, user, leg, args, events in (
            ("buy", 12, 6, _V1, OUT_FIRST_UP_TO, _BUY),
            ("buy_exact_sol_in", 12, 6, _V1, UP_TO_IN, _BUY),
            ("sell", 12, 6, _V1, EXACT_IN, _SELL),
            ("buy_v2", 27, 13, _V2, OUT_FIRST_UP_TO, _BUY),
            ("buy_exact_quote_in_v2", 27, 13, _V2, UP_TO_IN, _BUY),
            ("sell_v2", 26, 13, _V2, EXACT_IN, _SELL),
        )
    ),
    partly="trades of a third generation since October 2026, whose fees stay on the curve, and hops of multi_hop_swap",
    others=PUMP_FUN_OTHERS,
)
