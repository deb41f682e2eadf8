"""GoonFi v2: a proprietary AMM without a public interface."""

from decoders.engine.families_prop import SIDE_FIRST
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="goonfi_v2",
    address="goonuddtQRrWqqn5nFyczVKaie28f3kDkHWkHtURSLE",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_01", tag=b"\x01", accounts=13, pool=1, vaults=(4, 5), users=(2, 3), mints=(6, 7), user=0,
            args=SIDE_FIRST,
        ),
    ),
)  # fmt: skip
