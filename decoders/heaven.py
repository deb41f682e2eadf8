"""Heaven: a launchpad whose pools trade for good, mostly in Token-2022 tokens with a transfer fee."""

from decoders.engine.events import Event
from decoders.engine.others import HEAVEN_OTHERS
from decoders.engine.spec import Program, SwapIx

_HEAD = "_:u64 _:u64 _:u64 _:u64 _:u64"
_BUY = Event("TradeEvent", f"{_HEAD} _:u64 amount_out:u64 _:u64 _:u64", via="log")
_SELL = Event("TradeEvent", f"{_HEAD} amount_in:u64 _:u64 _:u64 _:u64", via="log")

PROGRAM = Program(
    name="heaven",
    address="HEAVENoP2qxoeuF8Dj2oT1GHEnu49U5mJYkdeC8BAX2o",
    kind="amm",
    swaps=tuple(
        SwapIx(name, accounts=14, pool=4, vaults=(10, 11), users=(8, 9), mints=(6, 7), user=5, events=(event,))
        for name, event in (("buy", _BUY), ("sell", _SELL), ("pro_buy", _BUY), ("pro_sell", _SELL))
    ),
    others=HEAVEN_OTHERS,
)
