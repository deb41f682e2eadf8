"""GoonFi v1: a proprietary AMM of 2025 and 2026. What its data says is not known, the transfers say it all."""

from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="goonfi_v1",
    address="goonERTdGsjnkZqWuVjs73BZ3Pb9qoCUdBUL17BnS5j",
    kind="prop_amm",
    swaps=(SwapIx("swap_tag_02", tag=b"\x02", accounts=9, pool=1, vaults=(4, 5), users=(2, 3), user=0),),
)
