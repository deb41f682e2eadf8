"""Cropper: a fork of Orca's Whirlpools with the same instructions."""

from decoders.engine.families import WHIRLPOOL
from decoders.engine.families_amm import WHIRLPOOL_OTHERS
from decoders.engine.spec import Program

PROGRAM = Program(
    name="cropper",
    address="H8W3ctz92svYg6mkn1UtGfu2aQr2fnUFHM1RhScEtQDt",
    kind="clmm",
    swaps=WHIRLPOOL,
    others=WHIRLPOOL_OTHERS,
)
