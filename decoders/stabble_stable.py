"""Stabble stable pools: the tokens lie in another program's vault, which all pools share."""

from decoders.engine.families_amm import STABBLE, STABBLE_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="stabble_stable",
    address="swapNyd8XiQwJ6ianp9snpu4brUqFxadzvHebnAXjJZ",
    kind="stableswap",
    swaps=STABBLE,
    others=STABBLE_OTHERS + " approve_strategy change_amp_factor change_swap_fee_privileged close_strategy"
    " create_strategy exec_strategy",
)
