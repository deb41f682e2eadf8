"""Jupiter Perps: spot swaps against the pool's custodies, at an oracle's price (the program's own IDL)."""

from decoders.engine.events import Event
from decoders.engine.families import EXACT_IN
from decoders.engine.others import JUPITER_PERPS_OTHERS
from decoders.engine.spec import Args, Program, SwapIx, at_least

_EVENTS = (
    # what the user gets is what the fee leaves of the output
    Event("PoolSwapEvent", "_:pubkey _:pubkey pool:pubkey amount_in:u64 _:u64 _:u64 amount_out:u64", via="call"),
    Event("PoolSwapExactOutEvent", "_:pubkey _:pubkey pool:pubkey amount_in:u64 _:u64 amount_out:u64", via="call"),
)
_LEDGER = Args("minimum_out:u64", (at_least("out", "minimum_out"),))

PROGRAM = Program(
    name="jupiter_perps",
    address="PERPHjGBqRHArX4DySjwM6UJHiR3sWAatqfdBS2qQJu",
    kind="oracle_pool",
    swaps=(
        SwapIx("swap2", accounts=17, pool=5, vaults=(9, 13), users=(1, 2), user=0, args=EXACT_IN, events=_EVENTS),
        SwapIx(
            "swap_with_token_ledger", accounts=17, pool=5, vaults=(8, 11), users=(1, 2), user=0, args=_LEDGER,
            events=_EVENTS,
        ),
    ),
    others=JUPITER_PERPS_OTHERS,
)  # fmt: skip
