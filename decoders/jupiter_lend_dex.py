"""Jupiter Lend DEX: the tokens move two programs deeper, in vaults that Jupiter's lending shares."""

from decoders.engine.events import Event
from decoders.engine.families_amm import DIRECTION_FIRST
from decoders.engine.spec import Args, Program, SwapIx, at_most

_EXACT_OUT = Args("_:bool amount_out:u64 maximum_in:u64", (at_most("out", "amount_out"), at_most("in", "maximum_in")))
_SWAP = Event("LogSwap", "_:u16 _:bool amount_in:u64 amount_out:u64", via="log")

PROGRAM = Program(
    name="jupiter_lend_dex",
    address="jupZ4m2GqUCJ5iueMfzQf8khFfH31d4XAQt3RzCT9Vd",
    kind="amm",
    swaps=tuple(
        # the user's accounts, and those of a recipient where there is one
        SwapIx(
            name, accounts=24, pool=1, vaults=(13, 14), users=(2, 3, 5, 6), user=0, args=args, events=(_SWAP,),
            shared_vaults=True,
        )
        for name, args in (("swap_in", DIRECTION_FIRST), ("swap_out", _EXACT_OUT))
    ),
    others="borrow withdraw withdraw_perfect withdraw_perfect_in_one_token turn_on_smart_col turn_on_smart_debt",
)  # fmt: skip
