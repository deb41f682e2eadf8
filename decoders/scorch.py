"""Scorch: a proprietary AMM without a public interface. Its pricing program, called first, moves no tokens."""

from decoders.engine.spec import Args, Program, SwapIx, at_least, at_most

#: a mode and a commitment of 16 bytes come first
_ARGS = Args("_:u8 _:u128 amount_in:u64 minimum_out:u64", (at_most("in", "amount_in"), at_least("out", "minimum_out")))

PROGRAM = Program(
    name="scorch",
    address="SCoRcH8c2dpjvcJD6FiPbCSQyQgu3PcUAWj2Xxx3mqn",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap", tag=b"\x02", accounts=16, pool=15, vaults=(4, 5), users=(2, 3), mints=(6, 7), user=1, args=_ARGS
        ),
        SwapIx("swap_compact", tag=b"\x01", accounts=12, pool=11, vaults=(4, 5), users=(2, 3), user=1, args=_ARGS),
    ),
)
