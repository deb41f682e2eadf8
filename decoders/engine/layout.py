"""Borsh layouts written as text, compiled once: ``amount:u64 limit:u128 by_input:bool | creator_fee:u64``.

Little endian. Fields called ``_`` are skipped. What follows ``|`` was appended later by the program: it is read as far
as the data goes. Data longer than the layout is fine, because programs append fields.
"""

from dataclasses import dataclass, field
from struct import Struct

from decoders.engine.errors import DecodeError

_FORMATS = {
    "bool": "?",
    "u8": "B",
    "u16": "H",
    "u32": "I",
    "i32": "i",
    "u64": "Q",
    "i64": "q",
    "u128": "16s",
    "i128": "16s",
    "pubkey": "32s",
}
#: variable in length, so only allowed after the bar
_STRING = "string"
_LENGTH = Struct("<I")

Fields = dict[str, int | bytes]


@dataclass(frozen=True, slots=True)
class Layout:
    """A compiled layout. Raises ValueError when the text is not one."""

    text: str
    names: frozenset[str] = field(init=False)
    size: int = field(init=False, repr=False)
    _head: Struct = field(init=False, repr=False, compare=False)
    _head_names: tuple[str, ...] = field(init=False, repr=False, compare=False)
    _tail: tuple[tuple[str, Struct | None], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        head, _, tail = self.text.partition("|")
        fixed = [_field(item) for item in head.split()]
        appended = [_field(item) for item in tail.split()]
        if any(kind == _STRING for _, kind in fixed):
            raise ValueError(f"a string is only allowed after the bar: {self.text}")
        named = [name for name, _ in fixed + appended if name != "_"]
        if len(set(named)) != len(named):
            raise ValueError(f"a field twice: {self.text}")
        struct = Struct("<" + "".join(_format(name, kind) for name, kind in fixed))
        parsers = tuple((name, None if kind == _STRING else Struct("<" + _FORMATS[kind])) for name, kind in appended)
        object.__setattr__(self, "names", frozenset(named))
        object.__setattr__(self, "size", struct.size)
        object.__setattr__(self, "_head", struct)
        object.__setattr__(self, "_head_names", tuple(name for name, _ in fixed if name != "_"))
        object.__setattr__(self, "_tail", parsers)

    def read(self, data: bytes, offset: int = 0) -> Fields:
        """The fields from ``offset`` on. Raises DecodeError when the fields before the bar do not fit."""
        if len(data) - offset < self.size:
            raise DecodeError("data", f"{len(data)} bytes, {offset + self.size} needed")
        fields: Fields = dict(zip(self._head_names, self._head.unpack_from(data, offset), strict=True))
        at = offset + self.size
        for name, struct in self._tail:
            size = _string_size(data, at) if struct is None else struct.size
            if size is None or at + size > len(data):
                break
            if struct is not None and name != "_":
                (fields[name],) = struct.unpack_from(data, at)
            at += size
        return fields


def _field(item: str) -> tuple[str, str]:
    name, _, kind = item.partition(":")
    if not name.isidentifier() or (kind not in _FORMATS and kind != _STRING):
        raise ValueError(f"not a field: {item!r}")
    return name, kind


def _format(name: str, kind: str) -> str:
    return f"{Struct('<' + _FORMATS[kind]).size}x" if name == "_" else _FORMATS[kind]


def _string_size(data: bytes, at: int) -> int | None:
    if at + _LENGTH.size > len(data):
        return None
    return _LENGTH.size + int(_LENGTH.unpack_from(data, at)[0])
