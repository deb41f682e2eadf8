"""pump.fun's bonding curve. SOL moves as lamports, on sells without any instruction: the event says how many.

Since October 2026 the instructions of a third generation leave the fees of protocol and creator on the curve
(github.com/pump-fun/pump-public-docs). They are part of the tokens a buy pays into the vault; the lamports of a leg are
those of its event, without them, and both reach the curve. A buy that takes all that a curve has left goes on to buy
from the pool to be: one leg with it.
"""

from decoders.engine.amounts import native_sol
from decoders.engine.families import EXACT_IN, OUT_FIRST_UP_TO, UP_TO_IN
from decoders.engine.families_pump import PUMP_BUY, PUMP_BUY_V3, PUMP_SELL, PUMP_SELL_V3, PUMP_UP_TO_IN_V3
from decoders.engine.others import PUMP_FUN_OTHERS
from decoders.engine.spec import Leg, Program, SwapIx

_V1 = Leg(pool=3, curve=3, vaults=(4,), users=(5,), mints=(2,))
_V2 = Leg(pool=10, curve=10, vaults=(11, 12), users=(14, 15), mints=(1, 2))
_V3 = Leg(pool=5, curve=5, vaults=(6, 7), users=(9, 10), mints=(1, 2))

PROGRAM = Program(
    name="pump_fun",
    address="6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P",
    kind="bonding_curve",
    swaps=tuple(
        SwapIx(name, accounts=accounts, user=user, legs=(leg,), amounts=native_sol, args=args, events=events, pays=pays)
        for name, accounts, user, leg, args, events, pays in (
            ("buy", 12, 6, _V1, OUT_FIRST_UP_TO, PUMP_BUY, ()),
            ("buy_exact_sol_in", 12, 6, _V1, UP_TO_IN, PUMP_BUY, ()),
            ("sell", 12, 6, _V1, EXACT_IN, PUMP_SELL, ()),
            ("buy_v2", 27, 13, _V2, OUT_FIRST_UP_TO, PUMP_BUY, ()),
            ("buy_exact_quote_in_v2", 27, 13, _V2, UP_TO_IN, PUMP_BUY, ()),
            ("sell_v2", 26, 13, _V2, EXACT_IN, PUMP_SELL, ()),
            ("buy_v3", 17, 8, _V3, OUT_FIRST_UP_TO, PUMP_BUY_V3, (("buyback", 13),)),
            ("buy_exact_quote_in_v3", 17, 8, _V3, PUMP_UP_TO_IN_V3, PUMP_BUY_V3, (("buyback", 13),)),
            ("sell_v3", 17, 8, _V3, EXACT_IN, PUMP_SELL_V3, (("buyback", 13),)),
        )
    ),
    partly="multi_hop_curve_swap, since October 2026: the hops on curves of PumpSwap's multi_hop_swap; the documents"
    " say neither where their accounts stand nor which of the two instructions moves the tokens between hops",
    others=PUMP_FUN_OTHERS,
)
