"""`indexer programs` and the counts it shows: what it says is what the decoders and the recorded transactions say."""

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest

from decoders.programs import PROGRAMS, ROUTERS
from decoders.undecodable import UNDECODABLE
from indexer.__main__ import main
from indexer.catalogue import entries, summary
from indexer.proven import PROVEN
from tests.decoders.recorded import Corpus, load

ROOT = Path(__file__).resolve().parents[2]
HEAD = '''"""How many recorded mainnet transactions prove each program: generated, `pytest --update-goldens`."""

from collections.abc import Mapping
from typing import Final

'''


def counted(corpus: Corpus) -> dict[str, int]:
    """Transactions with a swap of the program whose witnesses all agree, or with a swap through the router."""
    names: dict[str, set[str]] = {}
    for one in corpus.recorded:
        if one.source == "localnet-transactions":
            continue
        signature, answer = one.transaction.signature, one.decoded
        doubted = {check.idx for check in answer.checks if check.result == "differ"}
        for swap in answer.swaps:
            if swap.idx not in doubted:
                names.setdefault(swap.program, set()).add(signature)
                names.setdefault(swap.route or "", set()).add(signature)
    order = [one.name for one in PROGRAMS] + [one.name for one in ROUTERS]
    return {name: len(names[name]) for name in order if name in names}


def written(counts: Mapping[str, int]) -> str:
    rows = "".join(f'    "{name}": {count},\n' for name, count in counts.items())
    return f"{HEAD}PROVEN: Final[Mapping[str, int]] = {{\n{rows}}}\n"


@pytest.mark.corpus
def test_counts_are_those_of_the_recorded_transactions(corpus: Path, request: pytest.FixtureRequest) -> None:
    path = ROOT / "indexer" / "proven.py"
    fresh = written(counted(load(corpus)))
    if request.config.getoption("--update-goldens"):
        path.write_text(fresh)
    assert path.read_text() == fresh, "run: make test ARGS='tests/indexer/test_catalogue.py --update-goldens'"


def test_every_program_is_listed_once_and_nothing_else_is_proven() -> None:
    everyone = list(entries())
    names = [entry.program for entry in everyone]
    known = [one.name for one in PROGRAMS] + [one.name for one in ROUTERS]
    assert names == [*known, *(one.name for one in UNDECODABLE)]
    assert len({entry.address for entry in everyone}) == len(everyone)
    assert PROVEN.keys() <= set(known)
    assert all(entry.reason for entry in everyone if entry.kind == "undecodable")


def test_what_is_said_of_a_program() -> None:
    said = {entry.program: entry for entry in entries()}
    whirlpool = said["orca_whirlpool"]
    assert (whirlpool.kind, whirlpool.default) == ("clmm", True)
    assert whirlpool.instructions == ("swap", "swap_v2", "two_hop_swap", "two_hop_swap_v2")
    assert whirlpool.amounts == ("through vaults",)
    assert "native sol" in said["pump_fun"].amounts
    assert all(entry.default is (entry.kind != "conversion") for entry in entries() if entry.instructions)


def test_a_program_decoded_in_part_says_which_part_is_missing(capsys: pytest.CaptureFixture[str]) -> None:
    aquifer = next(entry for entry in entries() if entry.program == "aquifer")
    assert aquifer.instructions == ("swap_tag_01",)
    assert aquifer.reason.startswith("swaps tagged 13, ")
    assert main(["programs"]) == 0
    assert aquifer.reason in capsys.readouterr().out
    partly = sum(bool(program.partly) for program in PROGRAMS)
    assert summary().endswith(f"{len(UNDECODABLE)} not decoded, {partly} in part")


def test_json_lines_hold_every_entry(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["programs", "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [row["program"] for row in rows] == [entry.program for entry in entries()]
    assert Counter(row["kind"] for row in rows)["router"] == len(ROUTERS)


def test_the_table_names_every_program_in_full(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["programs"]) == 0
    shown = capsys.readouterr().out
    for entry in entries():
        assert entry.program in shown
        assert entry.address in shown
    assert summary() in shown
