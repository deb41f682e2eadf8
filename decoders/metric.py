"""Metric: a proprietary AMM that asks its own price program before it moves tokens."""

from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most

#: the floor is a u128 whose upper half is zero
_ARGS = Args(
    "amount_in:u64 _:u8 _:u8 minimum_out:u64 _:u64", (at_most("in", "amount_in"), at_least("out", "minimum_out"))
)

PROGRAM = Program(
    name="metric",
    address="Bvs46DPFxiFE6YHxLDLD6QAUcmy51FyRVPZJusPxLk3j",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_01", tag=b"\x01", accounts=15, pool=1, vaults=(4, 5), users=(6, 7), mints=(2, 3), user=0,
            args=_ARGS,
        ),
    ),
)  # fmt: skip
