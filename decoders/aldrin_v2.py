"""Aldrin's second AMM: the first with a curve account behind the user's accounts."""

from dataclasses import replace

from decoders.engine.families_amm import ALDRIN, ALDRIN_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="aldrin_v2",
    address="CURVGoZn8zycx6FXwwevgBTB2gVvdbGTEpvMJDbgs2t4",
    kind="amm",
    swaps=tuple(replace(layout, accounts=11) for layout in ALDRIN),
    others=ALDRIN_OTHERS + " initialize_const_product_curve initialize_stable_curve",
)
