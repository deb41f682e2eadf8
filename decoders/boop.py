"""boop.fun: bonding curves against SOL, which lies as lamports in an account of its own."""

from decoders.engine.amounts import native_sol
from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN, UP_TO_IN
from decoders.engine.others import BOOP_OTHERS
from decoders.engine.spec import Leg, Program, SwapIx

_TRADE = "mint:pubkey amount_in:u64 amount_out:u64 fee_{}_protocol:u64"
_BOUGHT = Event("TokenBoughtEvent", _TRADE.format("in"), via="log", native=True)
_SOLD = Event("TokenSoldEvent", _TRADE.format("out"), via="log", native=True)
_LEG = Leg(pool=1, curve=4, vaults=(3,), users=(5,), mints=(0,))

PROGRAM = Program(
    name="boop",
    address="boop8hVGQGqehUK2iVEMEnMrL5RbjywRzHKBmBE7ry4",
    kind="bonding_curve",
    swaps=(
        # of the lamports given, the curve gets what the fee leaves
        SwapIx(
            "buy_token", accounts=13, user=6, legs=(_LEG,), amounts=native_sol, args=UP_TO_IN, events=(_BOUGHT,)
        ),
        SwapIx("sell_token", accounts=12, user=6, legs=(_LEG,), amounts=native_sol, args=EXACT_IN, events=(_SOLD,)),
    ),
    others=BOOP_OTHERS,
)  # fmt: skip
