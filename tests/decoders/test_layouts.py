"""Every layout of every program decodes the transaction that is built for it."""

import pytest

from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from tests.decoders.layouts import PAID, RECEIVED, Case, cases

REGISTRY = Registry(PROGRAMS, ROUTERS)
CASES = [case for program in PROGRAMS for case in cases(program)]


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_layout_decodes(case: Case) -> None:
    decoded = REGISTRY.decode(case.transaction)
    assert (decoded.dead, decoded.idle, decoded.unknown) == ((), (), ())
    assert [check for check in decoded.checks if check.result == "differ"] == []
    assert [(swap.program, swap.instruction, swap.idx, swap.leg) for swap in decoded.swaps] == [
        (case.program.name, case.layout.name, case.idx, leg) for leg in range(case.legs)
    ]
    assert decoded.swaps[0].amount_in == PAID
    assert decoded.swaps[-1].amount_out == RECEIVED


def test_registry_names_every_program_once() -> None:
    assert len(set(REGISTRY.names)) == len(PROGRAMS) >= 50
    assert {"jupiter_v6", "jupiter_v4"} <= {router.name for router in ROUTERS}
    assert REGISTRY.venues < REGISTRY.addresses


def test_programs_hash_follows_the_layouts() -> None:
    assert REGISTRY.programs_hash == Registry(PROGRAMS, ROUTERS).programs_hash
    assert REGISTRY.programs_hash != Registry(PROGRAMS[1:], ROUTERS).programs_hash
