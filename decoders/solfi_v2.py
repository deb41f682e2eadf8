"""SolFi v2: a proprietary AMM without a public interface."""

from decoders.engine.families import UP_TO_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="solfi_v2",
    address="SV2EYYJyRz2YhfXwXnhNAevDEui5Q6yrfyo13WtupPF",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_07",
            tag=b"\x07",
            accounts=12,
            pool=1,
            vaults=(4, 5),
            users=(6, 7),
            mints=(8, 9),
            user=0,
            args=UP_TO_IN,
        ),
    ),
)
