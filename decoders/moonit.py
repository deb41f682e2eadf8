"""Moonit, once Moonshot: bonding curves against SOL, which moves as lamports; sales without any instruction."""

from decoders.engine.amounts import native_sol
from decoders.engine.events import Event
from decoders.engine.spec import Args, Leg, Program, SwapIx, at_most

#: fees are paid beside what the curve gets, and from what it pays
_TRADE = "{coin}:u64 {sol}:u64 fee_{side}_protocol:u64 fee_{side}_helio:u64 _:u64 pool:pubkey _:pubkey _:pubkey kind:u8"


def _event(coin: str, sol: str, side: str, kind: int) -> Event:
    return Event(
        "TradeEvent", _TRADE.format(coin=coin, sol=sol, side=side), via="log", when=(("kind", kind),), native=True
    )


_BOUGHT, _SOLD = _event("amount_out", "amount_in", "in", 0), _event("amount_in", "amount_out", "out", 1)
_TEXT = "tokens:u64 lamports:u64 fixed_side:u8"
_BUY = Args(_TEXT, (at_most("in", "lamports", when=("fixed_side", 0)),))
_SELL = Args(_TEXT, (at_most("in", "tokens", when=("fixed_side", 0)),))

PROGRAM = Program(
    name="moonit",
    address="MoonCVVNZFSYkqNXP6bxHLPL6QQJiMagDL3qcqUQTrG",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(
            name, accounts=11 + more, user=0, amounts=native_sol, args=args, events=(event,),
            legs=(Leg(pool=2 + more, curve=2 + more, vaults=(3 + more,), users=(1 + more,), mints=(6 + more,)),),
        )
        for name, more, args, event in (
            ("buy", 0, _BUY, _BOUGHT), ("sell", 0, _SELL, _SOLD), ("buy_with_be_authority", 1, _BUY, _BOUGHT)
        )
    ),
    others="token_mint config_init config_update migrate_funds migrate_funds_exact_out",
)  # fmt: skip
