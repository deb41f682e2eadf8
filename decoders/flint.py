"""Flint: a proprietary AMM with one market account and one vault per mint; a swap uses two."""

from decoders.engine.families_prop import AMOUNT_IN
from decoders.engine.hubs import Hub
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="flint",
    address="FLiNTXPwppyoJabCoxc2uiiRygAHpmMXajiDXo2Ub1z",
    kind="prop_amm",
    swaps=(
        SwapIx(
            "swap_tag_06",
            tag=b"\x06",
            accounts=11,
            legs=Hub(pools=(2, 3), vaults=(5, 7), users=(4, 6)),
            user=0,
            args=AMOUNT_IN,
            shared_vaults=True,
        ),
    ),
)
