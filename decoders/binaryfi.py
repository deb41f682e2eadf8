"""BinaryFi: a proprietary AMM without a public interface."""

from decoders.engine.families_prop import AMOUNT_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="binaryfi",
    address="B72M6nyCLFgWiJtAN4naUTminMiTmyGcEqQHXwVeRdht",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_08", tag=b"\x08", accounts=13, pool=2, vaults=(6, 7), users=(8, 9), mints=(4, 5), user=0,
            args=AMOUNT_IN,
        ),
    ),
    others=(b"\x04",),  # a keeper's price
)  # fmt: skip
