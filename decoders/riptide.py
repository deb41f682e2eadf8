"""Riptide: a proprietary AMM; its instructions are numbered in the order of its interface, as far as that is known."""

from decoders.engine.families_prop import AMOUNT_IN
from decoders.engine.spec import Program, SwapIx

PROGRAM = Program(
    name="riptide",
    address="riptK81hDxhe5pW5jSzSM9iRA8azgEgLJ4dXkPtBS7j",
    kind="prop_amm",
    swaps=(
        SwapIx("swap_tag_02", tag=b"\x02", accounts=12, pool=1, vaults=(6, 7), users=(4, 5), user=0, args=AMOUNT_IN),
    ),
    partly="swap_exact_out: its number is told from the order of the interface alone",
    # its version, prices, then the market: initialize, update, deposit, withdraw, close; 3 gives an exact output
    others=tuple(bytes((tag,)) for tag in (0, 1, *range(8, 13))),
)
