"""A transaction as calls: what happened below an instruction, who called it, and which log lines are its own."""

from bisect import bisect_left
from collections.abc import Iterator, Sequence

from decoders.engine.logs import Logs
from decoders.engine.model import Instruction, Transaction
from decoders.engine.movements import Flows, Movement, Movements

#: what Anchor programs put before an event they emit by calling themselves
EVENT_CALL = bytes.fromhex("e445a52e51cb9a1d")


class Tree:
    """A transaction's trace with what all its swaps share; everything is computed once and only when asked for."""

    def __init__(self, transaction: Transaction, known: frozenset[str]) -> None:
        self.transaction = transaction
        self.trace = transaction.trace
        self._known = known
        self._movements: Movements | None = None
        self._parents: list[int | None] | None = None
        self._flows: Flows | None = None
        self._logs: Logs | None = None

    @property
    def movements(self) -> Movements:
        """Every movement of the transaction."""
        if self._movements is None:
            self._movements = Movements(self.transaction)
        return self._movements

    def end(self, instruction: Instruction) -> int:
        """The position after the last instruction below this one.

        Without stack heights (old history) an inner instruction ends where the next known program is called. Looked
        for each time: a position is passed as often as known calls are nested above it, on the chain a handful.
        """
        if instruction.height is None:
            return self._end_flat(instruction)
        own = instruction.height or 1
        trace = self.trace
        for position in range(instruction.position + 1, len(trace)):
            height = trace[position].height
            if own > 1 if height is None else height <= own:
                return position
        return len(trace)

    def _end_flat(self, instruction: Instruction) -> int:
        trace = self.trace
        for position in range(instruction.position + 1, len(trace)):
            call = trace[position]
            if call.height is not None or (call.program in self._known and not is_event(call)):
                return position
        return len(trace)

    def callers(self, instruction: Instruction) -> Iterator[Instruction]:
        """The instructions this one was called from, nearest first; without stack heights only the outer one."""
        if self._parents is None:
            self._parents = _parents(self.trace)
        position = self._parents[instruction.position]
        while position is not None:
            yield self.trace[position]
            position = self._parents[position]

    def below(self, instruction: Instruction, end: int) -> Sequence[Movement]:
        """The movements of an instruction, down to its end. Raises DecodeError when one of them is cut."""
        movements = self.movements
        positions = movements.positions
        start = instruction.position
        if movements.broken:
            for position, error in movements.broken.items():
                if start < position < end:
                    raise error
        return movements.all[bisect_left(positions, start) : bisect_left(positions, end)]

    @property
    def flows(self) -> Flows:
        """What the whole transaction did to its token accounts."""
        if self._flows is None:
            self._flows = Flows(self.movements.all)
        return self._flows

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


def _parents(trace: Sequence[Instruction]) -> list[int | None]:
    """For every position that of the caller."""
    parents: list[int | None] = []
    open_calls: list[tuple[int, int]] = []
    for position, call in enumerate(trace):
        height = call.height
        keep = 1 if height is None else height - 1
        while open_calls and open_calls[-1][0] > keep:
            open_calls.pop()
        parents.append(open_calls[-1][1] if open_calls else None)
        if height is not None:
            open_calls.append((height or 1, position))
    return parents
