"""OpenBook v2: an order book whose makers are settled by a crank (github.com/openbook-dex/openbook-v2).

Only a take order pays out at once. Of other orders the taker's part is credited to an open orders account: an event
states it, the vaults name the mints. A single order names one vault, so that one that traded cannot be told.
"""

from decoders.engine.amounts import from_event
from decoders.engine.events import Event
from decoders.engine.order_books import Totals
from decoders.engine.spec import Program, SwapIx

_TOTAL = "side:u8 _:pubkey amount_in:u64 amount_out:u64 fee_{}_taker:u64"
_TAKEN = (
    Event("TotalOrderFillEvent", _TOTAL.format("in"), via="log", when=(("side", 0),)),
    Event("TotalOrderFillEvent", _TOTAL.format("out"), via="log", when=(("side", 1),)),
)
_TOTALS = (Totals("TotalOrderFillEvent", "side:u8 _:pubkey paid:u64 received:u64 fee:u64"),)

PROGRAM = Program(
    name="openbook_v2",
    address="opnb2LAfJYbRMAHHvqjCwQxanZn7ReEHp1k81EohpZb",
    kind="clob",
    swaps=(
        SwapIx("place_take_order", accounts=15, pool=2, vaults=(6, 7), users=(9, 10), user=0, events=_TAKEN),
        *(
            SwapIx(name, accounts=12, pool=4, vaults=(8,), users=(3,), user=0, amounts=from_event, events=_TOTALS)
            # an edit takes the rest of an order off the book and places another
            for name in ("place_order", "place_order_pegged", "edit_order", "edit_order_pegged")
        ),
        *(
            SwapIx(name, accounts=14, pool=5, vaults=(10, 9), users=(4, 3), user=0, amounts=from_event, events=_TOTALS)
            for name in ("place_orders", "cancel_all_and_place_orders")
        ),
    ),
    others="create_market close_market create_open_orders_indexer close_open_orders_indexer"
    " create_open_orders_account close_open_orders_account cancel_order"
    " cancel_order_by_client_order_id cancel_all_orders consume_events consume_given_events deposit refill"
    " settle_funds settle_funds_expired sweep_fees set_delegate set_market_expired prune_orders"
    " stub_oracle_create stub_oracle_close stub_oracle_set",
)
