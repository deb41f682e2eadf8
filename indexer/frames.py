"""How far an S2 stream has come, read from its frames without unpacking them. Pure.

The format is Snappy's framing: a type byte, three bytes of length, and the chunk. A compressed chunk begins with a
checksum of four bytes and the unpacked length as a varint. An archive that does not end on a frame is cut.
"""

from dataclasses import dataclass, field

_HEAD = 4
_CHECKSUM = 4
_LONGEST_VARINT = 5
_COMPRESSED, _PLAIN, _IDENTIFIER = 0x00, 0x01, 0xFF
_SKIPPABLE = 0x80


@dataclass(slots=True)
class Frames:
    """Fed with the bytes of an S2 stream in any pieces; ``unpacked`` counts what they hold.

    ``feed`` raises ValueError for what is no S2 stream.
    """

    unpacked: int = 0
    _head: bytearray = field(default_factory=bytearray)
    _skip: int = 0
    _begun: bool = False

    @property
    def whole(self) -> bool:
        """Whether the stream has begun and ends here on a frame."""
        return self._begun and not self._head and not self._skip

    def feed(self, data: bytes) -> None:
        """Take the next bytes."""
        at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            wanted = self._wanted() - len(self._head)
            self._head += data[at : at + wanted]
            at += wanted
            if len(self._head) >= self._wanted():
                self._frame()

    def _wanted(self) -> int:
        """Bytes to look at of a frame: its head, and for a compressed one the length it unpacks to."""
        if len(self._head) < _HEAD or self._head[0] != _COMPRESSED:
            return _HEAD
        return _HEAD + min(self._length(), _CHECKSUM + _LONGEST_VARINT)

    def _length(self) -> int:
        return int.from_bytes(self._head[1:_HEAD], "little")

    def _frame(self) -> None:
        kind, length = self._head[0], self._length()
        if not self._begun and kind != _IDENTIFIER:
            raise ValueError("not an S2 stream")
        if kind not in (_COMPRESSED, _PLAIN) and kind < _SKIPPABLE:
            raise ValueError(f"an S2 stream with a frame of unknown kind {kind:#x}")
        self._begun = True
        if kind == _COMPRESSED:
            self.unpacked += _varint(self._head[_HEAD + _CHECKSUM :])
        elif kind == _PLAIN:
            self.unpacked += max(0, length - _CHECKSUM)
        self._skip = length - (len(self._head) - _HEAD)
        self._head.clear()


def _varint(data: bytearray) -> int:
    value = 0
    for place, byte in enumerate(data):
        value |= (byte & 0x7F) << (7 * place)
        if byte < 0x80:  # noqa: PLR2004 - the bit that says more is to come
            return value
    raise ValueError("an S2 stream with a frame without a length")
