"""Denali: a proprietary AMM; its event repeats the amounts."""

from decoders.engine.events import Event
from decoders.engine.families_prop import SIDE_FIRST
from decoders.engine.spec import Program, SwapIx

_SWAP = Event(
    "SwapEvent",
    "pool:pubkey _:u8 amount_in:u64 amount_out:u64",
    via="log",
    tag=bytes.fromhex("96a61ae11c59264f"),
)

PROGRAM = Program(
    name="denali",
    address="DNL1tgEj3nJovHw9jtyCCQD3arssCJzkmpDizknwzey4",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_exact_in", accounts=12, pool=1, vaults=(4, 5), users=(10, 11), mints=(2, 3), user=0,
            args=SIDE_FIRST, events=(_SWAP,),
        ),
    ),
)  # fmt: skip
