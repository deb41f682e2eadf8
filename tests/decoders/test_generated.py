"""Transactions made from the program facts by a builder that does not know the decoders: every swap, every value."""

import json
from collections import Counter
from itertools import islice
from pathlib import Path

from decoders.engine.model import Decoded
from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from indexer.localnet.generate import Generated
from indexer.localnet.programs import MARKETS
from indexer.transaction import parse_block

REGISTRY = Registry(PROGRAMS, ROUTERS)
BLOCKS = 12
#: the vaults hold other pools' tokens too
SHARED_VAULTS = {program.name for program in PROGRAMS if any(layout.shared_vaults for layout in program.swaps)}


def test_generated_swaps_are_the_truth_their_maker_wrote(tmp_path: Path) -> None:
    truth = tmp_path / "truth.jsonl"
    source = Generated(
        seed=7, transactions_per_block=250, swap_share=0.6, vote_share=0.1, version_1_share=0.1, truth=truth
    )
    found = {}
    answers: list[Decoded] = []
    for served in islice(source.blocks(), BLOCKS):
        block = parse_block(served.body, slot=served.slot, known=REGISTRY.venues)
        for transaction in block.transactions:
            answer = REGISTRY.decode(transaction)
            answers.append(answer)
            found.update({(transaction.signature, swap.idx, swap.leg): swap for swap in answer.swaps})
    rows = {(row["signature"], row["idx"], row["leg"]): row for row in map(json.loads, truth.read_text().splitlines())}
    assert found.keys() == rows.keys()
    for key, row in rows.items():
        swap = found[key]
        for name in row.keys() & set(swap._fields):
            stated, said = row[name], getattr(swap, name)
            if name.startswith("reserve_") and swap.program in SHARED_VAULTS:
                assert said is None
            elif name.startswith("transfer_fee_"):
                # null is right where no balance and no event shows what was withheld
                assert said in (stated or None, None), (key, name)
            else:
                assert said == stated, (key, name)
    assert not any(answer.dead or answer.unknown for answer in answers)
    assert Counter(check.result for answer in answers for check in answer.checks).keys() == {"agree"}
    assert {swap.program for swap in found.values()} == set(MARKETS)
    shown = sum(bool(row["transfer_fee_in"]) for row in rows.values())
    assert sum(bool(swap.transfer_fee_in) for swap in found.values()) > shown * 0.9
