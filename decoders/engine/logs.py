"""Which instruction wrote which binary log line: the runtime's own lines are followed along the call trace."""

from binascii import a2b_base64
from collections.abc import Sequence
from typing import Final

from decoders.engine.model import Instruction

_TEXT: Final = "Program log: "
_RAY_LOG: Final = "Program log: ray_log: "
_DATA: Final = "Program data: "
_INVOKE: Final = " invoke ["
_PROGRAM_CHARS: Final = len("Program ")
_SUCCESS: Final = " success"
_CONSUMED: Final = " compute units"
_TRUNCATED: Final = "Log truncated"
_FAILED: Final = " failed: "


class Logs:
    """The lines of a transaction by the position of the instruction that wrote them, read as far as they are asked for.

    Only ``invoke``, ``success`` and ``failed`` lines, which no program can write, say where a line belongs. ``whole``
    is false when the node cut or dropped lines, or they do not fit the trace.
    """

    def __init__(self, trace: Sequence[Instruction], lines: Sequence[str] | None) -> None:
        self._calls = enumerate(trace)
        self._found: dict[int, list[str]] = {}
        self._position = -1
        self._open: list[int] = []
        self._left = iter(lines or ())
        self._fits = lines is not None

    @property
    def whole(self) -> bool:
        """Whether every line is there and fits the trace."""
        self._follow(None)
        return self._fits

    def of(self, instruction: Instruction) -> Sequence[bytes]:
        """What the instruction itself wrote as data."""
        position = instruction.position
        if position > self._position or position in self._open:
            self._follow(position)
        return [_binary(line) for line in self._found.get(position, ())]

    def complete(self, instruction: Instruction) -> bool:
        """Whether nothing the instruction wrote was cut off; true also of one whose lines were never reached."""
        return self.whole or instruction.position not in self._open

    def _follow(self, until: int | None) -> None:
        """Read on to the end of the call at a position, or to the last line; what does not fit ends it."""
        open_calls = self._open
        for line in self._left:
            if line.startswith(_TEXT):
                if line.startswith(_RAY_LOG):
                    self._keep(line)
            elif line.endswith(_SUCCESS):
                if open_calls and open_calls.pop() == until:
                    return
            elif line.startswith(_DATA):
                self._keep(line)
            elif not line.endswith(_CONSUMED) and not self._own(line):
                self._fits = False
                self._left = iter(())
                return

    def _own(self, line: str) -> bool:
        """A line of the runtime's about a call; false when it ends what can be followed."""
        if line.endswith("]") and _INVOKE in line:
            return self._enter(line)
        if _FAILED in line:
            del self._open[-1:]
        return line != _TRUNCATED

    def _keep(self, line: str) -> None:
        if self._open:
            self._found.setdefault(self._open[-1], []).append(line)

    def _enter(self, line: str) -> bool:
        """Find the next call of the trace this line can mean; precompiles in between write no lines."""
        called = line[_PROGRAM_CHARS:]
        for position, call in self._calls:
            start = f"{call.program}{_INVOKE}"
            if called == f"{start}{call.height}]" or (call.height is None and called.startswith(start)):
                self._position = position
                self._open.append(position)
                return True
            if call.height != 1:
                break
        return False


def _binary(line: str) -> bytes:
    """The bytes of a log line; several fields of one ``Program data`` line are joined."""
    text = line.removeprefix(_RAY_LOG if line.startswith(_RAY_LOG) else _DATA)
    try:
        return b"".join([a2b_base64(part) for part in text.split()])
    except ValueError:
        return b""
