"""Manifest: an order book. A taker's fills against deposited balances (batch_update) move no tokens at all."""

from decoders.engine.amounts import from_event
from decoders.engine.order_books import Fills
from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most

_FILLS = Fills(
    "market:pubkey _:pubkey _:pubkey base_mint:pubkey quote_mint:pubkey _:u128 base:u64 quote:u64 _:u64 _:u64"
    " taker_is_buy:bool",
    tag=bytes.fromhex("3ae6f2034b7104a9"),
)
_ARGS = Args(
    "in_atoms:u64 out_atoms:u64 is_base_in:bool is_exact_in:bool",
    (at_most("in", "in_atoms"), at_least("out", "out_atoms", when=("is_exact_in", 1))),
)
_SWAP, _SWAP_V2, _BATCH_UPDATE = b"\x04", b"\x0d", b"\x06"

PROGRAM = Program(
    name="manifest",
    address="MNFSTqtC93rEfYHB6hF82sKdZpUDFWkViLByLd1k1Ms",
    kind="clob",
    swaps=(
        SwapIx(
            "swap", tag=_SWAP, accounts=8, pool=1, vaults=(5, 6), users=(3, 4), user=0, args=_ARGS, events=(_FILLS,)
        ),
        SwapIx(
            "swap_v2", tag=_SWAP_V2, accounts=9, pool=2, vaults=(6, 7), users=(4, 5), user=1, args=_ARGS,
            events=(_FILLS,),
        ),
        SwapIx("batch_update", tag=_BATCH_UPDATE, accounts=3, pool=1, user=0, amounts=from_event, events=(_FILLS,)),
    ),
    # create_market, claim_seat, deposit, withdraw, expand, and the instructions of global orders
    others=tuple(bytes((tag,)) for tag in (0, 1, 2, 3, 5, 7, 8, 9, 10, 11, 12)),
)  # fmt: skip
