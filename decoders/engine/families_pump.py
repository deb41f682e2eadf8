"""The events of pump.fun's bonding curve: one layout that grew over three generations of instructions."""

from decoders.engine.events import Event
from decoders.engine.kept import Kept
from decoders.engine.spec import Args, at_least, at_most

#: the buyback is stated in the protocol's fee as well, what holders get in the creator's
_TRADE = (
    "mint:pubkey {sol}:u64 {coin}:u64 is_buy:bool _:pubkey _:i64 _:u64 _:u64 | _:u64 _:u64 _:pubkey _:u64"
    " fee_{side}_protocol:u64 _:pubkey _:u64 fee_{side}_creator:u64 _:bool _:u64 _:u64 _:u64 _:i64 _:string _:bool"
    " _:u64 fee_{side}_cashback:u64 _:u64 fee_{side}_buyback_of_protocol:u64 _:vec34 quote:pubkey {quote}:u64"
    " _:u64 _:u64 _:u64 fee_{side}_holder_of_creator:u64"
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


PUMP_BUY = _trades("in", "amount_out", "amount_in", buy=True)
PUMP_SELL = _trades("out", "amount_in", "amount_out", buy=False)

#: what a purchase that takes all that a curve had left goes on to buy from the pool to be, on the same curve
_FURTHER = Event(
    "PostCompleteBuyEvent",
    "_:pubkey mint:pubkey pool:pubkey _:pubkey _:i64 amount_out:u64 amount_in:u64 _:u64 fee_in_protocol:u64 _:u64"
    " fee_in_creator:u64 fee_in_buyback_of_protocol:u64",
    via="call",
)
#: since October 2026 (github.com/pump-fun/pump-public-docs): fees of protocol and creator wait on the curve
PUMP_BUY_V3 = tuple(Kept(event, _FURTHER) for event in PUMP_BUY)
PUMP_SELL_V3 = tuple(Kept(event) for event in PUMP_SELL)

#: who allows a partial fill may get less than the least; left off, it is not allowed
PUMP_UP_TO_IN_V3 = Args(
    "amount_in:u64 minimum_out:u64 | partial:bool",
    (at_most("in", "amount_in"), at_least("out", "minimum_out", when=("partial", 0))),
)
