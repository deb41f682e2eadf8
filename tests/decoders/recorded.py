"""The corpus, decoded once: every recorded transaction and block, and what the file of expected values says."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import zstandard

from decoders.engine.model import Check, DeadLetter, Decoded, Transaction
from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from indexer.transaction import BlockError, parse_block, parse_transaction

REGISTRY = Registry(PROGRAMS, ROUTERS)


class Recorded(NamedTuple):
    """A successful recorded transaction with its decoding; ``source`` is the folder or the block's slot."""

    source: str
    transaction: Transaction
    decoded: Decoded


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """All of it. ``refused`` are files that are no transaction as a node would give it."""

    recorded: tuple[Recorded, ...]
    expected: dict[str, list[dict[str, Any]]]
    legs: dict[str, list[dict[str, Any]]]
    refused: dict[str, str]

    def dead(self) -> list[tuple[str, DeadLetter]]:
        """Every dead letter with its transaction's signature."""
        return [(one.transaction.signature, letter) for one in self.recorded for letter in one.decoded.dead]

    def differing(self) -> list[tuple[str, Check]]:
        """Every witness that disagrees."""
        return [
            (one.transaction.signature, check)
            for one in self.recorded
            for check in one.decoded.checks
            if check.result == "differ"
        ]


@cache
def load(folder: Path) -> Corpus:
    """Reads and decodes the corpus below ``folder``."""
    refused: dict[str, str] = {}
    recorded = [*_transactions(folder, refused), *_blocks(folder)]
    return Corpus(
        recorded=tuple(Recorded(source, transaction, REGISTRY.decode(transaction)) for source, transaction in recorded),
        expected={row["signature"]: row["swaps"] for row in _lines(folder / "expected.jsonl")},
        legs={row["signature"]: row["legs"] for row in _lines(folder / "jupiter-legs.jsonl")},
        refused=refused,
    )


def report(corpus: Corpus) -> str:
    """How much of the corpus decodes and checks, by program, as a table."""
    swaps: Counter[str] = Counter()
    agree: Counter[str] = Counter()
    differ: Counter[str] = Counter()
    whole = known = 0
    for one in corpus.recorded:
        answer = one.decoded
        swaps.update(swap.program for swap in answer.swaps)
        agree.update(check.program for check in answer.checks if check.result == "agree")
        differ.update(check.program for check in answer.checks if check.result == "differ")
        if answer.swaps or answer.dead:
            known += 1
            whole += not answer.dead and all(check.result == "agree" for check in answer.checks)
    lines = [f"{whole} of {known} transactions with a swap of a known program decode and check whole"]
    lines += [
        f"{name:20} {swaps[name]:5} swaps {agree[name]:5} witnesses agree {differ[name]:3} differ"
        for name in REGISTRY.names
    ]
    return "\n".join(lines)


def _transactions(folder: Path, refused: dict[str, str]) -> Iterator[tuple[str, Transaction]]:
    for source in ("transactions", "localnet-transactions"):
        for path in sorted((folder / source).glob("*.json")):
            try:
                transaction = parse_transaction(path.read_bytes(), allow_missing_inner=True)
            except BlockError as error:
                refused[path.stem] = str(error)
                continue
            if transaction is not None:
                yield source, transaction


def _blocks(folder: Path) -> Iterator[tuple[str, Transaction]]:
    for path in sorted((folder / "blocks").glob("*.json.zst")):
        slot = path.name.partition(".")[0]
        body = zstandard.ZstdDecompressor().stream_reader(path.read_bytes()).read()
        block = parse_block(body, slot=int(slot), known=REGISTRY.venues)
        for transaction in block.transactions:
            yield slot, transaction


def _lines(path: Path) -> Iterator[dict[str, Any]]:
    for line in path.read_text().splitlines():
        yield json.loads(line)
