"""Tessera V: a proprietary AMM without a public interface. Its markets share one vault per mint."""

from decoders.engine.families_prop import SIDE_FIRST
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="tessera_v",
    address="TessVdML9pBGgG9yGks7o4HewRaXVAMuoVj4x83GLQH",
    kind="prop_amm",
    swaps=tuple(
        SwapIx(
            name, tag=tag, accounts=accounts, pool=1, vaults=(3, 4), users=(5, 6), mints=(7, 8), user=2,
            args=SIDE_FIRST, shared_vaults=True,
        )
        for name, tag, accounts in (("swap_tag_10", b"\x10", 12), ("swap_tag_11", b"\x11", 14))
    ),
)  # fmt: skip
