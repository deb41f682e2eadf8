"""Flux: a proprietary AMM without a public interface, mostly called with its operator's quotes."""

from decoders.engine.spec import Args, Program, SwapIx, at_most

#: what comes first may be a floor for the output; nothing proves it
_ARGS = Args("_:u64 amount_in:u64", (at_most("in", "amount_in"),))

PROGRAM = Program(
    name="flux",
    address="FLUX6xBayGxLX9UcimVRxXFMHH6q43mAbRvDzSpCsvfK",
    kind="prop_amm",
    swaps=(SwapIx("swap_tag_03", tag=b"\x03", accounts=11, pool=1, vaults=(2, 3), users=(4, 5), user=0, args=_ARGS),),
)
