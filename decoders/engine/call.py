"""A transaction as calls: what happened below an instruction, who called it, and which log lines are its own."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from decoders.engine.logs import Logs
from decoders.engine.model import Instruction, Transaction
from decoders.engine.movements import Flow, Kind, Movement, Movements

#: what Anchor programs put before an event they emit by calling themselves
EVENT_CALL = bytes.fromhex("e445a52e51cb9a1d")


class Tree:
    """A transaction's trace with what all its swaps share; everything is computed once and only when asked for."""

    def __init__(self, transaction: Transaction, known: frozenset[str]) -> None:
        self.transaction = transaction
        self.trace = transaction.trace
        self._known = known
        self._movements: Movements | None = None
        self._parents_and_ends: tuple[list[int | None], list[int]] | None = None
        self._positions: list[int] = []
        self._flows: dict[str, list[int]] | None = None
        self._logs: Logs | None = None

    @property
    def movements(self) -> Movements:
        """Every movement of the transaction."""
        if self._movements is None:
            self._movements = Movements(self.transaction)
            self._positions = [movement.position for movement in self._movements.all]
        return self._movements

    def end(self, instruction: Instruction) -> int:
        """The position after the last instruction below this one.

        Without stack heights (old history) an inner instruction ends where the next known program is called.
        """
        return self._shape()[1][instruction.position]

    def callers(self, instruction: Instruction) -> Iterator[Instruction]:
        """The instructions this one was called from, nearest first; without stack heights only the outer one."""
        parents = self._shape()[0]
        position = parents[instruction.position]
        while position is not None:
            yield self.trace[position]
            position = parents[position]

    def _shape(self) -> tuple[list[int | None], list[int]]:
        """For every position: the caller's position, and the position after its last descendant."""
        if self._parents_and_ends is None:
            parents: list[int | None] = []
            ends = [len(self.trace)] * len(self.trace)
            open_calls: list[tuple[int, int]] = []
            flat = False
            for position, call in enumerate(self.trace):
                height = call.height
                keep = 1 if height is None else height - 1
                while open_calls and open_calls[-1][0] > keep:
                    ends[open_calls.pop()[1]] = position
                parents.append(open_calls[-1][1] if open_calls else None)
                if height is None:
                    flat = True
                else:
                    open_calls.append((height or 1, position))
            if flat:
                self._cut_flat(ends)
            self._parents_and_ends = (parents, ends)
        return self._parents_and_ends

    def _cut_flat(self, ends: list[int]) -> None:
        cut = len(self.trace)
        for call in reversed(self.trace):
            if call.height is None:
                ends[call.position] = cut
            if call.height is not None or (call.program in self._known and not is_event(call)):
                cut = call.position

    def below(self, instruction: Instruction) -> Sequence[Movement]:
        """The movements below an instruction. Raises DecodeError when one of them is cut."""
        movements = self.movements
        start, end = instruction.position, self.end(instruction)
        if movements.broken:
            for position, error in movements.broken.items():
                if start < position < end:
                    raise error
        return movements.all[bisect_left(self._positions, start) : bisect_left(self._positions, end)]

    def flow(self, account: str) -> Flow:
        """What the whole transaction did to a token account."""
        if self._flows is None:
            self._flows = _flows(self.movements.all)
        net, hidden = self._flows.get(account, (0, 0))
        return Flow(net, hidden)

    @property
    def logs(self) -> Logs:
        """Which instruction wrote what."""
        if self._logs is None:
            self._logs = Logs(self.trace, self.transaction.logs)
        return self._logs


def is_event(instruction: Instruction) -> bool:
    """Whether a program called itself to emit an event."""
    try:
        return instruction.data.startswith(EVENT_CALL)
    except ValueError:
        return False


def _flows(movements: Iterable[Movement]) -> dict[str, list[int]]:
    flows: dict[str, list[int]] = {}
    for movement in movements:
        if movement.kind is not Kind.LAMPORTS:
            flows.setdefault(movement.source, [0, 0])[0] -= movement.amount
            into = flows.setdefault(movement.dest, [0, 0])
            into[0] += movement.amount - (movement.fee or 0)
            into[1] += movement.hides
    return flows
