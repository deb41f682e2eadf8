"""Stabble weighted pools: the tokens lie in another program's vault, which all pools share."""

from decoders.engine.families_amm import STABBLE, STABBLE_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="stabble_weighted",
    address="swapFpHZwjELNnjvThjajtiVmkz3yPQEHjLtka2fwHW",
    kind="weighted_amm",
    swaps=STABBLE,
    others=STABBLE_OTHERS,
)
