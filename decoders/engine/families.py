"""Layouts that several programs share, forks above all."""

from decoders.engine.spec import Args, at_least, at_most, exact

#: the input is taken whole, the output has a floor
EXACT_IN = Args("amount_in:u64 minimum_out:u64", (exact("in", "amount_in"), at_least("out", "minimum_out")))
#: the output is given exactly, the input has a ceiling
EXACT_OUT = Args("maximum_in:u64 amount_out:u64", (at_most("in", "maximum_in"), exact("out", "amount_out")))
#: a price limit may leave part of the input unspent
UP_TO_IN = Args("amount_in:u64 minimum_out:u64", (at_most("in", "amount_in"), at_least("out", "minimum_out")))
#: the same as EXACT_OUT with the output first
OUT_FIRST = Args("amount_out:u64 maximum_in:u64", (exact("out", "amount_out"), at_most("in", "maximum_in")))
#: a curve that runs out gives less than was asked for
OUT_FIRST_UP_TO = Args("amount_out:u64 maximum_in:u64", (at_most("out", "amount_out"), at_most("in", "maximum_in")))

_BY_INPUT_OR_OUTPUT = (
    at_most("in", "amount", when=("by_input", 1)),
    at_least("out", "threshold", when=("by_input", 1)),
    at_most("out", "amount", when=("by_input", 0)),
    at_most("in", "threshold", when=("by_input", 0)),
)
#: concentrated liquidity: the amount bounds the input or the output, the price limit may stop it early
CLMM_ARGS = Args("amount:u64 threshold:u64 _:u128 by_input:bool", _BY_INPUT_OR_OUTPUT)
#: two of these in one instruction: input of the first, output of the second
TWO_HOP_ARGS = Args("amount:u64 threshold:u64 by_input:bool", _BY_INPUT_OR_OUTPUT)
#: Meteora's second generation: exact input, partial fill, exact output
SWAP_MODE_ARGS = Args(
    "amount_0:u64 amount_1:u64 mode:u8",
    (
        exact("in", "amount_0", when=("mode", 0)),
        at_most("in", "amount_0", when=("mode", 1)),
        at_most("in", "amount_1", when=("mode", 2)),
        exact("out", "amount_0", when=("mode", 2)),
        at_least("out", "amount_1", when=("mode", 0)),
        at_least("out", "amount_1", when=("mode", 1)),
    ),
)
