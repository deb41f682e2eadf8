"""Which instruction wrote which binary log line: the runtime's own lines are followed along the call trace."""

from base64 import b64decode
from collections.abc import Sequence
from itertools import islice
from typing import Final

from decoders.engine.model import Instruction

_TEXT: Final = "Program log: "
_RAY_LOG: Final = "Program log: ray_log: "
_DATA: Final = "Program data: "
_INVOKE: Final = " invoke ["
_PROGRAM_CHARS: Final = len("Program ")
_TRUNCATED: Final = "Log truncated"


class Logs:
    """The lines of a transaction by the position of the instruction that wrote them.

    Only ``invoke``, ``success`` and ``failed`` lines, which no program can write, say where a line belongs. ``whole``
    is false when the node cut or dropped lines, or they do not fit the trace.
    """

    def __init__(self, trace: Sequence[Instruction], lines: Sequence[str] | None) -> None:
        self._trace = trace
        self._found: dict[int, list[str]] = {}
        self._position = -1
        self._open: list[int] = []
        self.whole = lines is not None and self._follow(lines)

    def of(self, instruction: Instruction) -> Sequence[bytes]:
        """What the instruction itself wrote as data."""
        return [_binary(line) for line in self._found.get(instruction.position, ())]

    def complete(self, instruction: Instruction) -> bool:
        """Whether nothing the instruction wrote was cut off; true also of one whose lines were never reached."""
        return self.whole or instruction.position not in self._open

    def _follow(self, lines: Sequence[str]) -> bool:
        for line in lines:
            if line.startswith(_TEXT):
                if line.startswith(_RAY_LOG):
                    self._keep(line)
            elif line.endswith(" success"):
                del self._open[-1:]
            elif line.endswith("]") and _INVOKE in line:
                if not self._enter(line):
                    return False
            elif line.startswith(_DATA):
                self._keep(line)
            elif line == _TRUNCATED:
                return False
            elif " failed: " in line:
                del self._open[-1:]
        return True

    def _keep(self, line: str) -> None:
        if self._open:
            self._found.setdefault(self._open[-1], []).append(line)

    def _enter(self, line: str) -> bool:
        """The next call of the trace this ``invoke`` line can mean; precompiles in between write no lines."""
        program, _, height = line[_PROGRAM_CHARS:-1].partition(_INVOKE)
        for call in islice(self._trace, self._position + 1, None):
            if call.program == program and (call.height is None or str(call.height) == height):
                self._position = call.position
                self._open.append(call.position)
                return True
            if call.height != 1:
                return False
        return False


def _binary(line: str) -> bytes:
    """The bytes of a log line; several fields of one ``Program data`` line are joined."""
    text = line.removeprefix(_RAY_LOG) if line.startswith(_RAY_LOG) else line.removeprefix(_DATA)
    try:
        return b"".join(b64decode(part) for part in text.split())
    except ValueError:
        return b""
