"""A transaction as calls: what happened below an instruction, who called it, and which log lines are its own."""

from base64 import b64decode
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence

from decoders.engine.model import Instruction, Transaction
from decoders.engine.movements import Flow, Kind, Movement, Movements

_INVOKE = " invoke ["
_LOG_DATA = "Program data: "
_RAY_LOG = "Program log: ray_log: "
_TRUNCATED = "Log truncated"
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
        self._logs: dict[int, list[str]] | None = None
        self._logs_whole = True

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
            open_calls: list[Instruction] = []
            for call in self.trace:
                keep = 1 if call.height is None else call.height - 1
                while open_calls and (open_calls[-1].height or 1) > keep:
                    ends[open_calls.pop().position] = call.position
                parents.append(open_calls[-1].position if open_calls else None)
                if call.height is not None:
                    open_calls.append(call)
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

    def logs(self, instruction: Instruction) -> Sequence[bytes]:
        """The binary log lines this very instruction wrote, attributed by the call tree; fewer when the node cut."""
        return [_binary(line) for line in self._log_lines().get(instruction.position, ())]

    def logs_whole(self) -> bool:
        """Whether the node kept all lines and they fit the call tree."""
        self._log_lines()
        return self._logs_whole

    def _log_lines(self) -> Mapping[int, Sequence[str]]:
        if self._logs is None:
            self._logs = {}
            self._logs_whole = self._follow_logs(self._logs)
        return self._logs

    def _follow_logs(self, found: dict[int, list[str]]) -> bool:
        """Follows ``invoke``, ``success`` and ``failed`` lines, which only the runtime can write, along the trace."""
        position = -1
        open_calls: list[int] = []
        for line in self.transaction.logs or ():
            if line.startswith("Program log: "):
                if open_calls and line.startswith(_RAY_LOG):
                    found.setdefault(open_calls[-1], []).append(line)
            elif line.endswith("]") and _INVOKE in line:
                called = self._invoked(line, position)
                if called is None:
                    return False
                position = called
                open_calls.append(position)
            elif line.startswith(_LOG_DATA):
                if open_calls:
                    found.setdefault(open_calls[-1], []).append(line)
            elif line == _TRUNCATED:
                return False
            elif open_calls and line.startswith("Program ") and (line.endswith(" success") or " failed: " in line):
                open_calls.pop()
        return self.transaction.logs is not None

    def _invoked(self, line: str, position: int) -> int | None:
        """The next position of the trace this ``invoke`` line can mean; precompiles in between write no lines."""
        program, _, height = line[len("Program ") : -1].partition(_INVOKE)
        for candidate in range(position + 1, len(self.trace)):
            call = self.trace[candidate]
            if call.program == program and (call.height is None or str(call.height) == height):
                return candidate
            if call.height != 1:
                return None
        return None


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


def _binary(line: str) -> bytes:
    """The bytes of a log line; several fields of one ``Program data`` line are joined."""
    text = line.removeprefix(_RAY_LOG) if line.startswith(_RAY_LOG) else line.removeprefix(_LOG_DATA)
    try:
        return b"".join(b64decode(part) for part in text.split())
    except ValueError:
        return b""
