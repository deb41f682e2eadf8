"""Sanctum Infinity: one pool of many liquid staking tokens (github.com/igneous-labs/sanctum-inf)."""

from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most, exact

_TEXT = "_:u8 _:u8 _:u32 _:u32 "
_IN = Args(_TEXT + "minimum_out:u64 amount_in:u64", (exact("in", "amount_in"), at_least("out", "minimum_out")))
_OUT = Args(_TEXT + "maximum_in:u64 amount_out:u64", (exact("out", "amount_out"), at_most("in", "maximum_in")))

PROGRAM = Program(
    name="sanctum_infinity",
    address="5ocnV1qiCgaQR8Jb8xWnVbApfaygJ8tNoZfgPwsgx9kx",
    kind="lst_pool",
    swaps=(
        *(
            SwapIx(
                name, tag=tag, accounts=15, pool=8, vaults=(10, 11), users=(3, 4), mints=(1, 2), user=0, args=args,
                pays=(("protocol", 5),),
            )
            for name, tag, args in (("swap_exact_in", b"\x01", _IN), ("swap_exact_out", b"\x02", _OUT))
        ),
        *(
            SwapIx(name, tag=tag, accounts=14, pool=7, vaults=(9, 10), users=(3, 4), mints=(1, 2), user=0, args=args)
            for name, tag, args in (("swap_exact_in_v2", b"\x17", _IN), ("swap_exact_out_v2", b"\x18", _OUT))
        ),
    ),
    # sync of values, liquidity in and out, and the operator's instructions
    others=tuple(bytes((tag,)) for tag in (0, *range(3, 23), 25, 26, 27)),
)  # fmt: skip
