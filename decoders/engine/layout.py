"""Borsh layouts written as text, compiled once: ``amount:u64 limit:u128 by_input:bool | creator_fee:u64``.

Little endian. Fields called ``_`` are skipped. What follows ``|`` was appended later by the program: it is read as far
as the data goes; strings and lists (``vec34``: items of 34 bytes) are skipped. Data longer than the layout is fine,
because programs append fields.
"""

from collections.abc import Iterator, Sequence
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
_LENGTH = Struct("<I")

Fields = dict[str, int | bytes]


@dataclass(frozen=True, slots=True)
class _Fixed:
    """Fields of fixed size in a row."""

    names: tuple[str, ...]
    struct: Struct
    #: the same one by one, for data that ends in the middle
    parts: tuple["_Fixed", ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A compiled layout. Raises ValueError when the text is not one."""

    text: str
    names: frozenset[str] = field(init=False, repr=False)
    #: those of the names that are not bytes
    numbers: frozenset[str] = field(init=False, repr=False, compare=False)
    size: int = field(init=False, repr=False)
    _head: _Fixed = field(init=False, repr=False, compare=False)
    _tail: tuple[_Fixed | int, ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        head, _, tail = self.text.partition("|")
        fixed = [_field(item) for item in head.split()]
        appended = [_field(item) for item in tail.split()]
        if any(kind not in _FORMATS for _, kind in fixed):
            raise ValueError(f"a field of variable size is only allowed after the bar: {self.text}")
        named = [name for name, _ in fixed + appended if name != "_"]
        if len(set(named)) != len(named):
            raise ValueError(f"a field twice: {self.text}")
        object.__setattr__(self, "names", frozenset(named))
        numbers = (name for name, kind in fixed + appended if not _FORMATS.get(kind, "s").endswith("s"))
        object.__setattr__(self, "numbers", frozenset(numbers) & self.names)
        object.__setattr__(self, "_head", _fixed(fixed))
        object.__setattr__(self, "size", self._head.struct.size)
        object.__setattr__(self, "_tail", tuple(_runs(appended)))

    def read(self, data: bytes, offset: int = 0) -> Fields:
        """The fields from ``offset`` on. Raises DecodeError when the fields before the bar do not fit."""
        if len(data) - offset < self.size:
            raise DecodeError("data", f"{len(data)} bytes, {offset + self.size} needed")
        head = self._head
        fields: Fields = dict(zip(head.names, head.struct.unpack_from(data, offset), strict=False))
        if self._tail:
            self._read_tail(fields, data, offset + self.size)
        return fields

    def _read_tail(self, fields: Fields, data: bytes, at: int) -> None:
        for run in self._tail:
            if isinstance(run, int):
                if at + _LENGTH.size > len(data):
                    return
                at += _LENGTH.size + run * int(_LENGTH.unpack_from(data, at)[0])
            elif at + run.struct.size <= len(data):
                fields.update(zip(run.names, run.struct.unpack_from(data, at), strict=True))
                at += run.struct.size
            else:
                for part in run.parts:
                    if at + part.struct.size > len(data):
                        return
                    fields.update(zip(part.names, part.struct.unpack_from(data, at), strict=True))
                    at += part.struct.size
                return


def _field(item: str) -> tuple[str, str]:
    name, _, kind = item.partition(":")
    if not name.isidentifier() or (kind not in _FORMATS and _item_size(kind) is None):
        raise ValueError(f"not a field: {item!r}")
    return name, kind


def _item_size(kind: str) -> int | None:
    """The size of one item of a kind that starts with its number of items: ``string``, ``vec34``."""
    if kind == "string":
        return 1
    return int(kind[3:]) if kind.startswith("vec") and kind[3:].isdigit() else None


def _runs(appended: Sequence[tuple[str, str]]) -> Iterator[_Fixed | int]:
    run: list[tuple[str, str]] = []
    for name, kind in appended:
        size = _item_size(kind)
        if size is None:
            run.append((name, kind))
        else:
            yield from [_fixed(run)] if run else []
            yield size
            run = []
    yield from [_fixed(run)] if run else []


def _fixed(parts: Sequence[tuple[str, str]]) -> _Fixed:
    formats = (_FORMATS[kind] if name != "_" else f"{Struct('<' + _FORMATS[kind]).size}x" for name, kind in parts)
    names = tuple(name for name, _ in parts if name != "_")
    return _Fixed(names, Struct("<" + "".join(formats)), tuple(_fixed([part]) for part in parts if len(parts) > 1))
