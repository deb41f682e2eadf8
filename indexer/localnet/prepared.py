"""Blocks made and compressed before the start, so that a measurement does not pay for making them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from indexer.localnet.envelope import Deflated, deflate
from indexer.localnet.source import Entry, Served, Source


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedBlock:
    """A block with its compressed form."""

    slot: int
    parent_slot: int
    body: bytes
    entries: Sequence[Entry]
    deflated: Deflated


class Prepared:
    """``source`` with its first ``blocks`` blocks made now; later ones as they come.

    What a generator writes down of its swaps is then ahead of the chain by as much.
    """

    def __init__(self, source: Source, blocks: int) -> None:
        self.kind, self.genesis_hash = source.kind, source.genesis_hash
        self._coming = source.blocks()
        self._made = [_prepared(block) for block in islice(self._coming, blocks)]

    def blocks(self) -> Iterator[Served]:
        """The prepared blocks, then the others; once."""
        self._made.reverse()
        while self._made:
            yield self._made.pop()
        yield from self._coming


def _prepared(block: Served) -> PreparedBlock:
    body = block.body
    return PreparedBlock(
        slot=block.slot,
        parent_slot=block.parent_slot,
        body=body,
        entries=tuple(block.entries),
        deflated=deflate(body),
    )
