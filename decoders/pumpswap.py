"""PumpSwap, the constant product AMM that pump.fun's coins graduate to."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, OUT_FIRST, UP_TO_IN
from decoders.engine.others import PUMPSWAP_OTHERS
from decoders.engine.spec import Program, SwapIx

_TRADE = (
    "_:i64 {base}:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 fee_{side}_lp:u64 _:u64 fee_{side}_protocol:u64"
    " {pool}:u64 {user}:u64 pool:pubkey _:pubkey _:pubkey _:pubkey _:pubkey _:pubkey"
    " | _:pubkey _:u64 fee_{side}_creator:u64{buy} _:u64 fee_{side}_cashback:u64 _:u64 fee_{side}_buyback:u64"
    " _:i128 _:bool _:u64 _:u64 fee_{side}_holder:u64"
)
_ONLY_IN_BUYS = " _:bool _:u64 _:u64 _:u64 _:i64 _:u64 _:string"
#: on the way in the pool's vault gets the fee of its providers too; on the way out the user gets what fees leave
_BUY = Event(
    "BuyEvent",
    _TRADE.format(base="amount_out", pool="amount_in", user="_", side="in", buy=_ONLY_IN_BUYS),
    via="call",
)
_SELL = Event("SellEvent", _TRADE.format(base="amount_in", pool="_", user="amount_out", side="out", buy=""), via="call")

PROGRAM = Program(
    name="pumpswap",
    address="pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name, accounts=17, pool=0, vaults=(7, 8), users=(5, 6), mints=(3, 4), user=1, args=args, events=(event,),
            pays=(("protocol", 10), ("creator", 17)),
        )
        for name, args, event in (
            ("buy", OUT_FIRST, _BUY), ("buy_exact_quote_in", UP_TO_IN, _BUY), ("sell", EXACT_IN, _SELL)
        )
    ),
    others=PUMPSWAP_OTHERS,
)  # fmt: skip
