"""One chain out of a record and a generator: the record first, generated blocks after it."""

from collections.abc import Iterator

from indexer.localnet.source import Served, ServedBlock, Skipping, Source, genesis_hash


class Joined:
    """The blocks of ``record``, then those of ``more`` whose slots are higher."""

    def __init__(self, record: Source, more: Source) -> None:
        self.kind = f"{record.kind} and {more.kind}"
        self.genesis_hash = genesis_hash(self.kind, f"{record.genesis_hash} {more.genesis_hash}")
        self._record, self._more = record, more

    def blocks(self) -> Iterator[Served]:
        """The first generated block gets the last recorded one as its parent."""
        last: Served | None = None
        for last in self._record.blocks():
            yield last
        for block in self._more.blocks():
            if last is None:
                yield block
            elif block.slot > last.slot:
                yield _child(block, last)
                last = None

    def skip(self, slots: int) -> None:
        """Passed on to the generator."""
        if isinstance(self._more, Skipping):
            self._more.skip(slots)


def _child(block: Served, parent: Served) -> Served:
    named, wanted = f'"parentSlot":{block.parent_slot}', f'"parentSlot":{parent.slot}'
    body = block.body.replace(named.encode(), wanted.encode(), 1)
    return ServedBlock(slot=block.slot, parent_slot=parent.slot, body=body, entries=block.entries)
