"""Virtuals: bonding curves of agent tokens against VIRTUAL."""

from decoders.engine.events import Event
from decoders.engine.spec import Args, Program, SwapIx, exact

_BUY = Args("amount_out:u64", (exact("out", "amount_out"),))
_SELL = Args("amount_in:u64", (exact("in", "amount_in"),))
#: the other amount of the events may hold the fee or not
_BOUGHT = Event("BuyEvent", "amount_out:u64 _:u64", via="log")
_SOLD = Event("SellEvent", "amount_in:u64 _:u64", via="log")

PROGRAM = Program(
    name="virtuals",
    address="5U3EU2ubXtK84QcRjWVmYt9RaDyA8gKxdUrPFXmZyaki",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(
            name, accounts=10, pool=1, vaults=(5, 8), users=(4, 3), user=0, args=args, events=(event,),
            pays=(("protocol", 7),),
        )
        for name, args, event in (("buy", _BUY, _BOUGHT), ("sell", _SELL, _SOLD))
    ),
    # the program's own interface (as in github.com/cpkt9762/solana-idls)
    others="claim_fees create_meteora_pool initialize initialize_meteora_accounts launch update_pool_creator",
)  # fmt: skip
