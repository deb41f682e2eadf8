"""One transaction for every layout with the exact payloads it gives: whatever changes in an answer shows as a diff."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson
import pytest

from decoders.engine.model import Decoded, Transaction
from decoders.engine.registry import Registry
from decoders.engine.spec import Program, SwapIx
from decoders.programs import PROGRAMS, ROUTERS
from indexer.localnet.builder import Built, build
from indexer.localnet.programs import VENUES
from indexer.message import swap_message
from indexer.transaction import parse_transaction

FOLDER = Path(__file__).parent / "goldens"
REGISTRY = Registry(PROGRAMS, ROUTERS)
SLOT, TIME = 350_000_000, 1_790_000_000
SEEDS = 25
#: programs whose transactions nobody can make up truthfully → why; they are held to recorded ones alone
WITHOUT: dict[str, str] = {}
#: (program, instruction, accounts) of layouts the builder does not make → why
LAYOUTS_WITHOUT: dict[tuple[str, str, int], str] = {
    ("phoenix", "swap_with_free_funds", 5): "never a swap: neither mints nor lot sizes are in the transaction",
    ("phoenix", "place_limit_order_with_free_funds", 5): "the same",
    ("openbook_v2", "place_order", 12): "never a swap: one vault, and the other mint is not in the transaction",
    ("openbook_v2", "place_order_pegged", 12): "the same",
    ("openbook_v2", "edit_order", 12): "the same",
    ("openbook_v2", "edit_order_pegged", 12): "the same",
}
#: lists of March to May 2026, of Hylo's published interface; held to made-up calls of themselves
LAYOUTS_WITHOUT |= {
    ("hylo_exchange", f"swap_{way}", count): "the builder makes the list before and the one after"
    for way in ("lst_to_usdc", "usdc_to_lst", "exo_to_usdc", "usdc_to_exo")
    for count in (17, 18)
}


class Golden(NamedTuple):
    """A layout's name, the getTransaction result, and the payloads it must give, byte for byte."""

    layout: str
    result: dict[str, Any]
    payloads: tuple[str, ...]


def label(layout: SwapIx) -> str:
    """A layout as its golden names it; stable when others are added."""
    return f"{layout.name} {layout.tag.hex()} {layout.accounts}"


def used(program: Program, transaction: Transaction) -> Iterator[SwapIx]:
    """The layouts that the transaction's instructions of the program have: the longest that fits."""
    for call in transaction.trace:
        if call.program == program.address:
            data = call.data if program.reveal is None else program.reveal(call.data)
            fits = [one for one in program.swaps if one.matches(data) and one.accounts <= len(call.accounts)]
            if fits:
                yield max(fits, key=lambda one: one.accounts)


def parsed(result: dict[str, Any]) -> Transaction:
    transaction = parse_transaction(orjson.dumps(result))
    assert transaction is not None
    return transaction


def payloads(transaction: Transaction, decoded: Decoded) -> tuple[str, ...]:
    return tuple(swap_message(transaction, swap).payload.decode() for swap in decoded.swaps)


def made(program: Program) -> dict[str, Golden]:
    """A golden for every layout, from the first seed and variant of the builder that calls it."""
    found: dict[str, Golden] = {}
    for built in _built(program):
        result = built.result(SLOT, TIME)
        transaction = parsed(result)
        missing = {label(one) for one in used(program, transaction)} - found.keys()
        if missing:
            decoded = REGISTRY.decode(transaction)
            check_truth(built, decoded)
            found |= {name: Golden(name, result, payloads(transaction, decoded)) for name in missing}
        if len(found) == len(program.swaps):
            break
    return {label(one): found[label(one)] for one in program.swaps if label(one) in found}


def _built(program: Program) -> Iterator[Built]:
    venue = VENUES[program.name]
    for seed in range(SEEDS):
        for kind in venue.kinds:
            for variant in dict.fromkeys(kind.variants):
                yield build(
                    program=program.name, instruction=kind.name, variant=variant, seed=seed, slot=SLOT, block_time=TIME
                )


def read(path: Path) -> dict[str, Golden]:
    rows = json.loads(path.read_text())["goldens"]
    return {
        row["layout"]: Golden(row["layout"], row["transaction"], tuple(map(_compact, row["swaps"]))) for row in rows
    }


def write(path: Path, program: Program, goldens: dict[str, Golden]) -> None:
    """Compact, but each transaction and each payload on a line of its own, so that a diff can be read."""
    rows = [
        f'{{"layout":{json.dumps(one.layout)},\n"swaps":[\n' + ",\n".join(one.payloads) + "\n],\n"
        f'"transaction":{_compact(one.result)}}}'
        for one in goldens.values()
    ]
    path.parent.mkdir(exist_ok=True)
    path.write_text(f'{{"program":"{program.name}","goldens":[\n' + ",\n".join(rows) + "\n]}\n")


def _compact(value: Any) -> str:
    return orjson.dumps(value).decode()


def check_truth(built: Built, decoded: Decoded) -> None:
    """What the transaction's maker says of it."""
    said = [
        (swap.program, swap.idx, swap.leg, swap.mint_in, swap.mint_out, swap.amount_in, swap.amount_out)
        for swap in decoded.swaps
    ]
    meant = [
        (swap.program, swap.idx, swap.leg, swap.mint_in, swap.mint_out, swap.amount_in, swap.amount_out)
        for swap in built.truth
    ]
    assert said == meant


def check_invariants(program: Program, golden: Golden) -> None:
    """What holds whatever the goldens say, also while they are written."""
    transaction = parsed(golden.result)
    decoded = REGISTRY.decode(transaction)
    assert golden.layout in {label(one) for one in used(program, transaction)}
    assert not decoded.dead
    assert not decoded.unknown
    assert [check for check in decoded.checks if check.result == "differ"] == []
    rows = [json.loads(payload) for payload in golden.payloads]
    assert program.name in {row["program"] for row in rows}
    signature = golden.result["transaction"]["signatures"][0]
    ids = [f"501:{SLOT}:{signature}:{row['idx']}" + (f".{row['leg']}" if row["leg"] else "") for row in rows]
    assert [row["id"] for row in rows] == ids
    assert len(set(ids)) == len(ids)
    assert all(row["amount_in"] > 0 and row["amount_out"] > 0 and row["mint_in"] != row["mint_out"] for row in rows)


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda program: program.name)
def test_every_layout_gives_exactly_its_golden_payloads(program: Program, request: pytest.FixtureRequest) -> None:
    if program.name in WITHOUT:
        pytest.skip(WITHOUT[program.name])
    path = FOLDER / f"{program.name}.json"
    if request.config.getoption("--update-goldens") and program.name in VENUES:
        _update(path, program)
    assert path.is_file(), (
        f"no goldens; run: make test ARGS='tests/decoders/test_goldens.py --update-goldens'{_why(program)}"
    )
    assert json.loads(path.read_text())["program"] == program.name
    goldens = read(path)
    for golden in goldens.values():
        check_invariants(program, golden)
        transaction = parsed(golden.result)
        said = payloads(transaction, REGISTRY.decode(transaction))
        assert said == golden.payloads, "run: make test ARGS='tests/decoders/test_goldens.py --update-goldens'"
    missing = {label(one) for one in program.swaps if (program.name, one.name, one.accounts) not in LAYOUTS_WITHOUT}
    assert missing <= goldens.keys(), "a layout the builder does not make"


def _update(path: Path, program: Program) -> None:
    """Transactions that are there stay: only what is said of them is written anew. Remove a file to make it afresh."""
    kept = read(path) if path.is_file() else {}
    fresh = made(program)
    goldens: dict[str, Golden] = {}
    for layout in program.swaps:
        golden = kept.get(label(layout)) or fresh.get(label(layout))
        if golden is not None:
            transaction = parsed(golden.result)
            goldens[golden.layout] = golden._replace(payloads=payloads(transaction, REGISTRY.decode(transaction)))
    for golden in goldens.values():
        check_invariants(program, golden)
    write(path, program, goldens)


def _why(program: Program) -> str:
    return "" if program.name in VENUES else "; the builder does not know the program yet"


def test_goldens_are_of_programs_that_exist_and_reasons_of_those_without() -> None:
    names = {program.name for program in PROGRAMS}
    files = {path.stem for path in FOLDER.glob("*.json")}
    assert files <= names
    assert WITHOUT.keys() <= names - files
    layouts = {(program.name, one.name, one.accounts) for program in PROGRAMS for one in program.swaps}
    assert LAYOUTS_WITHOUT.keys() <= layouts
