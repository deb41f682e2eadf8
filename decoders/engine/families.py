"""Layouts that several programs share, forks above all."""

from decoders.engine.spec import Args, at_least, at_most, exact

#: the input is taken whole, the output has a floor
EXACT_IN = Args("amount_in:u64 minimum_out:u64", (exact("in", "amount_in"), at_least("out", "minimum_out")))
#: the output is given exactly, the input has a ceiling
EXACT_OUT = Args("maximum_in:u64 amount_out:u64", (at_most("in", "maximum_in"), exact("out", "amount_out")))
#: a price limit may leave part of the input unspent
UP_TO_IN = Args("amount_in:u64 minimum_out:u64", (at_most("in", "amount_in"), at_least("out", "minimum_out")))

_BY_INPUT_OR_OUTPUT = (
    at_most("in", "amount", when="by_input"),
    at_least("out", "threshold", when="by_input"),
    at_most("out", "amount", unless="by_input"),
    at_most("in", "threshold", unless="by_input"),
)
#: concentrated liquidity: the amount bounds the input or the output, the price limit may stop it early
CLMM_ARGS = Args("amount:u64 threshold:u64 _:u128 by_input:bool", _BY_INPUT_OR_OUTPUT)
#: two of these in one instruction: input of the first, output of the second
TWO_HOP_ARGS = Args("amount:u64 threshold:u64 by_input:bool", _BY_INPUT_OR_OUTPUT)
