"""The decoders find exactly the swaps that the builder made; neither knows the other."""

from dataclasses import asdict
from itertools import product
from typing import Any

import orjson
import pytest

from decoders import programs as listed
from decoders.engine.registry import Registry
from indexer.localnet.builder import Built, build
from indexer.localnet.programs import VENUES
from indexer.localnet.programs.routers import ROUTERS
from indexer.transaction import parse_transaction
from tests.indexer.built_shapes import SHAPES as ANY
from tests.indexer.built_shapes import naming

SLOT = 350_000_000
SEEDS = 3
SHAPES: dict[str, dict[str, Any]] = {
    **ANY,
    "under a bot": {"in_bot": True},
    "jupiter v6": {"via_router": "jupiter_v6", "hops": 3},
    "jupiter v6, own accounts": {"via_router": "jupiter_v6", "way": "shared_accounts_route", "hops": 2},
    "jupiter v6, second generation": {"via_router": "jupiter_v6", "way": "route_v2", "hops": 2, "in_bot": True},
    "jupiter v4, old history": {"via_router": "jupiter_v4", "hops": 2, "null_stack_height": True},
}
#: what a transaction may leave open: fees that only balances show, balances of vaults that pools share
MAY_BE_OPEN = {"transfer_fee_in", "transfer_fee_out", "reserve_in", "reserve_out"}
#: facts of the block, which the decoders do not see
OF_THE_BLOCK = {"slot", "block_time", "signature", "tx_index", "fee_payer"}
#: decoded, but no transaction alone tells the amounts of a trade: without lot sizes, without the other vault
NOT_BUILT = {
    "phoenix": {"swap_with_free_funds", "place_limit_order_with_free_funds"},
    "openbook_v2": {"place_order", "place_order_pegged", "edit_order", "edit_order_pegged"},
}


@pytest.fixture(scope="module")
def registry() -> Registry:
    """All decoders."""
    return Registry(listed.PROGRAMS, listed.ROUTERS)


@pytest.mark.parametrize("program", VENUES)
def test_what_was_built_is_what_is_decoded(registry: Registry, program: str) -> None:
    """Every value of every swap, nothing more, no dead letter, no instruction that nobody knows."""
    for kind, (shape, wishes) in product(VENUES[program].kinds, SHAPES.items()):
        if kind.told_by_log and "log_truncated" in wishes:
            continue  # what only a log says is lost with it
        given = {"in_bot": True} if "via_router" in wishes and not kind.holds_tokens else wishes
        for seed in range(SEEDS):
            with naming(program, kind.name, shape, f"seed {seed}"):
                built = build(program=program, instruction=kind.name, seed=seed, slot=SLOT, **given)
                check(registry, built, idle=bool(given.get("quote_update")))


def check(registry: Registry, built: Built, *, idle: bool) -> None:
    """What the decoders find in ``built`` is what the builder says it made."""
    transaction = parse_transaction(orjson.dumps(built.result(SLOT, 1_790_000_000)), slot=SLOT)
    assert transaction is not None
    decoded = registry.decode(transaction)
    assert not decoded.dead
    assert not decoded.unknown
    assert bool(decoded.idle) == idle
    assert [(swap.idx, swap.leg) for swap in decoded.swaps] == [(swap.idx, swap.leg) for swap in built.truth]
    for swap, truth in zip(decoded.swaps, built.truth, strict=True):
        for name, value in asdict(truth).items():
            if name in OF_THE_BLOCK:
                continue
            found = getattr(swap, name)
            assert found == value or (name in MAY_BE_OPEN and not found), (name, found, value)


@pytest.mark.parametrize("router", ROUTERS)
@pytest.mark.parametrize("wishes", [{"hops": 1}, {"hops": 3}, {"hops": 2, "null_stack_height": True}])
def test_every_router_is_a_label(registry: Registry, router: str, wishes: dict[str, Any]) -> None:
    """The swaps below it carry its name; it makes none of its own."""
    built = build(program="raydium_amm_v4", via_router=router, slot=SLOT, **wishes)
    transaction = parse_transaction(orjson.dumps(built.result(SLOT, 1_790_000_000)), slot=SLOT)
    assert transaction is not None
    decoded = registry.decode(transaction)
    assert [(swap.idx, swap.route, swap.hop) for swap in decoded.swaps] == [
        (swap.idx, router, swap.hop) for swap in built.truth
    ]
    assert len(decoded.swaps) == wishes["hops"]


def test_calls_that_are_no_swaps_leave_nothing(registry: Registry) -> None:
    """Quote updates and cancelled orders are counted by their tag, never swaps or dead letters."""
    for slug in VENUES:
        if VENUES[slug].noise is None:
            continue
        built = build(program=slug, noise=True)
        transaction = parse_transaction(orjson.dumps(built.result(SLOT, 1_790_000_000)), slot=SLOT)
        assert transaction is not None
        decoded = registry.decode(transaction)
        assert not decoded.swaps
        assert not decoded.dead


def test_every_decoded_program_is_built() -> None:
    """A decoder without made-up transactions would go untested where the record is thin."""
    assert {program.name for program in listed.PROGRAMS} == set(VENUES)


def test_every_built_instruction_is_a_decoded_one() -> None:
    """Programs, addresses and instruction names agree, so that none goes untested."""
    programs = {program.name: program for program in listed.PROGRAMS}
    for slug in VENUES:
        assert programs[slug].address == VENUES[slug].address
        built = set(VENUES[slug].by_name)
        assert {swap.name for swap in programs[slug].swaps} == built | NOT_BUILT.get(slug, set())
