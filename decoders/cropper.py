"""Cropper: a fork of Orca's Whirlpools with the same instructions."""

from decoders import orca_whirlpool
from decoders.engine.families import WHIRLPOOL
from decoders.engine.spec import Program

PROGRAM = Program(
    name="cropper",
    address="H8W3ctz92svYg6mkn1UtGfu2aQr2fnUFHM1RhScEtQDt",
    kind="clmm",
    swaps=WHIRLPOOL,
    others=orca_whirlpool.PROGRAM.others,
)
