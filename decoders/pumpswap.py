"""PumpSwap, the constant product AMM that pump.fun's coins graduate to."""

from decoders.engine.events import Event, EventFee
from decoders.engine.families import EXACT_IN, OUT_FIRST, UP_TO_IN
from decoders.engine.spec import Program, SwapIx

_HEAD = (
    "_:i64 base:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 _:u64 lp_fee:u64 _:u64 protocol_fee:u64 {0}:u64 {1}:u64"
    " pool:pubkey _:pubkey _:pubkey _:pubkey _:pubkey _:pubkey | _:pubkey _:u64 creator_fee:u64"
)
_TAIL = " _:u64 cashback_fee:u64 _:u64 buyback_fee:u64 _:i128 _:bool _:u64 _:u64 holder_fee:u64"
_BUY_TAIL = " _:bool _:u64 _:u64 _:u64 _:i64 _:u64 ix_name:string"
_KINDS = ("lp", "protocol", "creator", "cashback", "buyback", "holder")

_BUY = Event(
    "BuyEvent",
    _HEAD.format("into_pool", "_") + _BUY_TAIL + _TAIL,
    via="call",
    pool="pool",
    amount_in=("into_pool",),
    amount_out=("base",),
    fees=tuple(EventFee(kind, f"{kind}_fee", "in") for kind in _KINDS),
)
_SELL = Event(
    "SellEvent",
    _HEAD.format("_", "to_user") + _TAIL,
    via="call",
    pool="pool",
    amount_in=("base",),
    amount_out=("to_user",),
    fees=tuple(EventFee(kind, f"{kind}_fee", "out") for kind in _KINDS),
)

PROGRAM = Program(
    name="pumpswap",
    address="pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA",
    kind="amm",
    swaps=tuple(
        SwapIx(
            name,
            accounts=17,
            pool=0,
            vaults=(7, 8),
            users=(5, 6),
            mints=(3, 4),
            user=1,
            args=args,
            events=(event,),
            pays=(("protocol", 10), ("creator", 17)),
        )
        for name, args, event in (
            ("buy", OUT_FIRST, _BUY),
            ("buy_exact_quote_in", UP_TO_IN, _BUY),
            ("sell", EXACT_IN, _SELL),
        )
    ),
    # boost_buy_and_burn is the protocol's own buyback: no user, and what it buys is burned
    others=("boost_buy_and_burn", "deposit", "withdraw", "create_pool", "collect_coin_creator_fee"),
)
