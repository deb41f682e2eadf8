"""Which programs are published."""

from collections.abc import Sequence

import pytest

from decoders.engine import text58
from decoders.engine.spec import Program, SwapIx
from decoders.programs import PROGRAMS
from indexer.errors import UsageError
from indexer.programs import select_programs


def program(number: int, name: str, kind: str = "amm") -> Program:
    swap = SwapIx("swap", accounts=4, user=0, pool=0, vaults=(1,), users=(2,))
    address = text58.encode(bytes([number]) * 32)
    return Program(name=name, address=address, kind=kind, swaps=(swap,), default=kind != "conversion")


KNOWN = (program(1, "pumpswap"), program(2, "phoenix", "clob"), program(3, "marinade", "conversion"))


@pytest.mark.parametrize(
    ("asked", "selected"),
    [
        (["all"], {"pumpswap", "phoenix"}),
        (["conversions"], {"marinade"}),
        (["all", "conversions"], {"pumpswap", "phoenix", "marinade"}),
        (["all", "marinade"], {"pumpswap", "phoenix", "marinade"}),
        (["marinade", "phoenix"], {"marinade", "phoenix"}),
        (["phoenix", "phoenix"], {"phoenix"}),
    ],
)
def test_conversions_are_published_only_when_asked_for(asked: Sequence[str], selected: set[str]) -> None:
    assert select_programs(asked, KNOWN) == selected


@pytest.mark.parametrize("asked", [["marinde"], ["all", "marinde"], ["marinade", "marinde"]])
def test_a_misspelt_program_is_refused_with_the_nearest_name(asked: Sequence[str]) -> None:
    with pytest.raises(UsageError, match="marinde") as refused:
        select_programs(asked, KNOWN)
    assert "marinade" in str(refused.value.hint)


def test_without_a_near_name_all_are_listed() -> None:
    with pytest.raises(UsageError) as refused:
        select_programs(["x"], KNOWN)
    assert "all, conversions, marinade, phoenix, pumpswap" in str(refused.value.hint)


def test_a_conversion_cannot_be_on_by_default_nor_a_venue_off() -> None:
    for kind, default in (("conversion", True), ("amm", False)):
        with pytest.raises(ValueError, match="only when asked for"):
            Program(name="one", address=KNOWN[0].address, kind=kind, swaps=KNOWN[0].swaps, default=default)


def test_the_words_for_many_are_no_programs() -> None:
    assert not {"all", "conversions"} & {program.name for program in PROGRAMS}
