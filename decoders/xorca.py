"""xORCA: minted for staked ORCA, all that is asked for (github.com/orca-so/xorca)."""

from decoders.engine.spec import Args, Program, SwapIx, exact

PROGRAM = Program(
    name="xorca",
    address="StaKE6XNKVVhG8Qu9hDJBqCW3eRe7MDGLz17nJZetLT",
    kind="conversion",
    default=False,
    swaps=(
        SwapIx(
            "stake", tag=b"\x00", accounts=7, pool=5, vaults=(1, 4), users=(2, 3), mints=(6, 4), user=0,
            args=Args("amount:u64", (exact("in", "amount"),)),
        ),
    ),
    # unstake, which only starts to wait, withdraw, initialize, set
    others=(b"\x01", b"\x02", b"\x03", b"\x04"),
)  # fmt: skip
