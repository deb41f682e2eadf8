"""Perena Numeraire: stable pools; a token of the pool's own has no vault and is minted and burnt."""

from decoders.engine.events import Event
from decoders.engine.optional import OptionalVaults
from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most, exact

_IN = Args("_:u8 _:u8 amount_in:u64 minimum_out:u64", (at_most("in", "amount_in"), at_least("out", "minimum_out")))
_OUT = Args("_:u8 _:u8 amount_out:u64 maximum_in:u64", (exact("out", "amount_out"), at_most("in", "maximum_in")))
_LEG = OptionalVaults(pool=0, vaults=(5, 6), users=(3, 4), mints=(1, 2))
_TEXT = "amount_in:u64 amount_out:u64 _:u64 _:pubkey _:u8 _:u8 pool:pubkey"


def _layout(name: str, args: Args, event: str) -> SwapIx:
    return SwapIx(
        name, accounts=11, user=8, legs=_LEG, args=args,
        events=(Event(event, _TEXT, via="call"), Event(event, _TEXT, via="log")),
    )  # fmt: skip


PROGRAM = Program(
    name="perena",
    address="NUMERUNsFCP3kuNmWZuXtm1AaQCPj9uw6Guv2Ekoi5P",
    kind="stableswap",
    swaps=(
        _layout("swap_exact_in", _IN, "SwapExactIn"),
        _layout("swap_exact_out", _OUT, "SwapExactOut"),
        _layout("swap_exact_in_hinted", _IN, "SwapExactIn"),
        _layout("swap_exact_out_hinted", _OUT, "SwapExactOut"),
    ),
    others="swap_exact_in_quote add_liquidity compound create_pool init_virtual_stable_pair remove_all_liquidity"
    " remove_liquidity set_fee set_inv_t_max set_lp_token_metadata set_numeraire_owner set_numeraire_status"
    " set_numeraire_whitelisted_pool_creator set_owner set_rate set_status set_whitelisted_adder skim",
)
