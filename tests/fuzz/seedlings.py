"""The whole transactions that the campaign breaks: one of every layout, built ones of every shape, recorded ones."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from decoders.engine.model import Transaction
from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from indexer.localnet.builder import build
from indexer.localnet.programs import VENUES
from indexer.transaction import BlockError, parse_transaction
from tests.decoders.layouts import cases
from tests.decoders.promises import Core, cores

REGISTRY = Registry(PROGRAMS, ROUTERS)
_SLOT, _TIME = 350_000_000, 1_790_000_000
_SHAPES: dict[str, dict[str, Any]] = {
    "direct": {},
    "old history": {"null_stack_height": True},
    "twice, in batches": {"times": 2, "style": "batch"},
    "three hops under jupiter and a bot": {"via_router": "jupiter_v6", "hops": 3, "in_bot": True},
}


class Seedling(NamedTuple):
    """A transaction that decodes, the swaps in it, and its JSON text where it came as one."""

    name: str
    transaction: Transaction
    before: frozenset[Core]
    text: bytes


def grow(corpus: Path | None) -> list[Seedling]:
    """All of them; the same list on every machine that has the same corpus."""
    whole = [*_layouts(), *_built()]
    return [*whole, *_recorded(corpus)] if corpus is not None else whole


def _layouts() -> Iterator[Seedling]:
    for program in PROGRAMS:
        for case in cases(program):
            yield _seedling(str(case), case.transaction, b"")


def _built() -> Iterator[Seedling]:
    for slug, venue in VENUES.items():
        for kind in venue.kinds if slug in REGISTRY.names else ():
            for shape, wishes in _SHAPES.items():
                if "via_router" in wishes and not kind.holds_tokens:
                    continue
                if wishes.get("style", "batch") not in kind.styles and "style" in wishes:
                    continue
                built = build(program=slug, instruction=kind.name, slot=_SLOT, block_time=_TIME, **wishes)
                text = orjson.dumps(built.result(_SLOT, _TIME))
                transaction = parse_transaction(text)
                assert transaction is not None
                yield _seedling(f"{slug} {kind.name}, {shape}", transaction, text)


def _recorded(corpus: Path) -> Iterator[Seedling]:
    for path in sorted((corpus / "transactions").glob("*.json")):
        text = path.read_bytes()
        try:
            transaction = parse_transaction(text, allow_missing_inner=True)
        except BlockError:
            continue
        if transaction is not None and REGISTRY.decode(transaction).swaps:
            yield _seedling(path.stem, transaction, text)


def _seedling(name: str, transaction: Transaction, text: bytes) -> Seedling:
    return Seedling(name, transaction, cores(REGISTRY.decode(transaction).swaps), text)
