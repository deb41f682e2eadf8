"""Aldrin's first AMM: constant product; fees are minted as pool tokens."""

from decoders.engine.families_amm import ALDRIN, ALDRIN_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="aldrin_v1",
    address="AMM55ShdkoGRB5jVYPjWziwk8m5MpwyDgsMWHaMSQWH6",
    kind="amm",
    swaps=ALDRIN,
    others=ALDRIN_OTHERS,
)
