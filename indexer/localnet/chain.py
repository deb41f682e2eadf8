"""The chain that one or more nodes serve: produces blocks from a source and keeps a bounded ledger of them."""

import asyncio
import random
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator
from contextlib import suppress

from indexer.localnet.repeated import Copy
from indexer.localnet.source import Served, Skipping, Source

_MiB = 1024 * 1024
#: a gap up to this many slots takes its time; records are further apart than anybody wants to wait
_GAP_SLOTS = 8
_PAIR = 2


class Chain:
    """Blocks of ``source`` by ascending slot.

    With ``slot_milliseconds`` above 0 a block is produced every so often while a node serves; with 0 only `produce`
    does. At the start there are ``preload_blocks`` blocks; None stands for 1, or all of a record with
    ``slot_milliseconds`` 0. The oldest blocks are dropped when there are more than ``ledger_slots``, or when their
    texts take more than ``ledger_bytes``.
    """

    def __init__(
        self,
        source: Source,
        *,
        slot_milliseconds: float = 0,
        preload_blocks: int | None = None,
        ledger_slots: int = 10_000,
        ledger_bytes: int = 1024 * _MiB,
        seed: int = 0,
    ) -> None:
        self.kind, self.genesis_hash = source.kind, source.genesis_hash
        self.exhausted = False
        self.paused = False
        self._nodes: list[tuple[Callable[[], None], Callable[[], float]]] = []
        self._running: asyncio.Task[None] | None = None
        self.slot_milliseconds = slot_milliseconds
        self._source, self._coming = source, source.blocks()
        self._slots: list[int] = []
        self._blocks: dict[int, Served] = {}
        self.ledger_slots, self._ledger_bytes, self._bytes = ledger_slots, ledger_bytes, 0
        self._index: dict[str, tuple[int, int]] = {}
        self._indexed_slot = -1
        self._random = random.Random(seed)  # noqa: S311 - faults need repeatability, not secrecy
        everything = slot_milliseconds == 0 and source.kind == "recorded"
        self._preload(preload_blocks if preload_blocks is not None or everything else 1)

    @property
    def first(self) -> int:
        """The first slot of the ledger."""
        return self._slots[0]

    @property
    def tip(self) -> int:
        """The last slot produced."""
        return self._slots[-1]

    def block(self, slot: int) -> Served | None:
        """The block of ``slot``; None when skipped, dropped or not produced yet."""
        return self._blocks.get(slot)

    def slots(self, first: int, last: int) -> list[int]:
        """Slots with a block between ``first`` and ``last``, both included."""
        return self._slots[bisect_left(self._slots, first) : bisect_right(self._slots, last)]

    def at_or_before(self, slot: int) -> int:
        """The last slot with a block not after ``slot``, else the first of the ledger."""
        return self._slots[max(bisect_right(self._slots, slot) - 1, 0)]

    def find(self, signature: str) -> tuple[int, int] | None:
        """Slot and position of a transaction in the ledger."""
        for slot in self.slots(self._indexed_slot + 1, self.tip):
            entries = self._blocks[slot].entries
            self._index.update((entry.signature, (slot, position)) for position, entry in enumerate(entries))
            self._indexed_slot = slot
        return self._index.get(signature)

    def produce(self, blocks: int) -> int:
        """Produce up to ``blocks`` blocks now and give how many there were."""
        made = sum(self._append() for _ in range(blocks))
        for listener, _ in self._nodes if made else ():
            listener()
        return made

    def join(self, listener: Callable[[], None], skip_share: Callable[[], float]) -> None:
        """A node begins to serve: ``listener`` is called after blocks, ``skip_share`` tells its fault of that name."""
        self._nodes.append((listener, skip_share))
        if self._running is None and self.slot_milliseconds > 0:
            self._running = asyncio.get_running_loop().create_task(self._run())
            self._running.add_done_callback(_report)

    async def leave(self, listener: Callable[[], None]) -> None:
        """A node stops; with the last one the chain does."""
        self._nodes = [node for node in self._nodes if node[0] != listener]
        if not self._nodes and self._running is not None:
            self._running.cancel()
            with suppress(asyncio.CancelledError):
                await self._running
            self._running = None

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        slot_seconds = self.slot_milliseconds / 1000
        due = loop.time()
        while not self.exhausted:
            due += slot_seconds * self._gap()
            # a machine that sleeps or a slow generator delays the chain; it does not make it burst afterwards
            due = max(due, loop.time() - slot_seconds)
            await asyncio.sleep(due - loop.time())
            if not self.paused:
                self.produce(1)

    def _gap(self) -> int:
        """Slot times until the next block: what the last one skipped is made up for here."""
        if len(self._slots) < _PAIR:
            return 1
        gap = self._slots[-1] - self._slots[-2]
        return gap if gap <= _GAP_SLOTS else 1

    def _skips(self) -> bool:
        share = max((share() for _, share in self._nodes), default=0.0)
        return share > 0 and self._random.random() < share

    def _preload(self, blocks: int | None) -> None:
        if blocks is None:
            while self._append():
                pass
        elif self.produce(max(blocks, 1)) == 0:
            raise ValueError("a chain needs a source with at least one block")

    def _append(self) -> bool:
        if isinstance(self._source, Skipping) and self._skips():
            self._source.skip(1)
        block = next(self._coming, None)
        if block is None:
            self.exhausted = True
            return False
        self._slots.append(block.slot)
        self._blocks[block.slot] = block
        self._bytes += _held_bytes(block)
        while len(self._slots) > self.ledger_slots or (self._bytes > self._ledger_bytes and len(self._slots) > 1):
            self._drop(self._slots.pop(0))
        return True

    def _drop(self, slot: int) -> None:
        block = self._blocks.pop(slot)
        self._bytes -= _held_bytes(block)
        if slot <= self._indexed_slot:
            for entry in block.entries:
                self._index.pop(entry.signature, None)


def _report(ended: asyncio.Task[None]) -> None:
    """Say at once that a source failed: nobody awaits the task before the node stops."""
    error = None if ended.cancelled() else ended.exception()
    if error is not None:
        ended.get_loop().call_exception_handler({"message": "LOCALNET: the source failed", "exception": error})


def _held_bytes(block: Served) -> int:
    """Bytes a block's text takes while it waits; a copy's is made when it is asked for."""
    return 0 if isinstance(block, Copy) else len(block.body)


def newest_first(chain: Chain, last: int) -> Iterator[Served]:
    """Blocks of ``chain`` from slot ``last`` back to the first."""
    for slot in reversed(chain.slots(chain.first, last)):
        block = chain.block(slot)
        if block is not None:
            yield block
