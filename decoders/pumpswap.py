"""PumpSwap, the constant product AMM that pump.fun's coins graduate to.

Since October 2026 the instructions of a second generation leave the fees of protocol and creator in the pool's vault
(github.com/pump-fun/pump-public-docs): they are part of what a buy pays into it, and listed all the same.
"""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, OUT_FIRST, UP_TO_IN
from decoders.engine.others import PUMPSWAP_OTHERS
from decoders.engine.spec import Program, SwapIx

_TRADE = (
    "_:i64 {base}:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 fee_{side}_lp:u64 _:u64 fee_{side}_protocol:u64"
    " {pool}:u64 {user}:u64 pool:pubkey _:pubkey _:pubkey _:pubkey _:pubkey _:pubkey"
    " | _:pubkey _:u64 fee_{side}_creator:u64{buy} _:u64 fee_{side}_cashback:u64 _:u64"
    " fee_{side}_buyback_of_protocol:u64 _:i128 _:bool _:u64 _:u64 fee_{side}_holder_of_creator:u64"
)
_ONLY_IN_BUYS = " _:bool _:u64 _:u64 _:u64 _:i64 _:u64 _:string"
#: on the way in the pool's vault gets the fee of its providers too; on the way out the user gets what fees leave
_BUY = Event(
    "BuyEvent",
    _TRADE.format(base="amount_out", pool="amount_in", user="_", side="in", buy=_ONLY_IN_BUYS),
    via="call",
)
#: what the vault gets with the fees that wait in it no field states
_BUY_V2 = Event(
    "BuyEvent", _TRADE.format(base="amount_out", pool="_", user="_", side="in", buy=_ONLY_IN_BUYS), via="call"
)
_SELL = Event("SellEvent", _TRADE.format(base="amount_in", pool="_", user="amount_out", side="out", buy=""), via="call")
_PAYS, _PAYS_V2 = (("protocol", 10), ("creator", 17)), (("buyback", 14),)

PROGRAM = Program(
    name="pumpswap",
    address="pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name, accounts=17, pool=0, vaults=(7, 8), users=(5, 6), mints=(3, 4), user=1, args=args, events=(event,),
            pays=pays,
        )
        for name, args, event, pays in (
            ("buy", OUT_FIRST, _BUY, _PAYS), ("buy_exact_quote_in", UP_TO_IN, _BUY, _PAYS),
            ("sell", EXACT_IN, _SELL, _PAYS), ("buy_v2", OUT_FIRST, _BUY_V2, _PAYS_V2),
            ("buy_exact_quote_in_v2", UP_TO_IN, _BUY_V2, _PAYS_V2), ("sell_v2", EXACT_IN, _SELL, _PAYS_V2),
        )
    ),
    partly="multi_hop_swap, since October 2026: a route through pools and bonding curves with no user's account between"
    " them; the documents do not say which instruction moves the tokens from one to the next",
    others=PUMPSWAP_OTHERS,
)  # fmt: skip
