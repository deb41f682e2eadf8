"""Reads what subscribers and look-ups need out of a block's JSON text."""

from collections.abc import Iterable, Sequence
from typing import Any, overload

import msgspec

from indexer.localnet.source import Entry

_VOTE = "Vote111111111111111111111111111111111111111"


class _Instruction(msgspec.Struct):
    program: int = msgspec.field(name="programIdIndex")


class _Message(msgspec.Struct):
    keys: list[str] = msgspec.field(name="accountKeys")
    instructions: list[_Instruction]


class _Signed(msgspec.Struct):
    signatures: list[str]
    message: _Message


class _Loaded(msgspec.Struct):
    writable: list[str] = []
    readonly: list[str] = []


class _Meta(msgspec.Struct):
    err: Any = None
    logs: list[str] | None = msgspec.field(name="logMessages", default=None)
    loaded: _Loaded | None = msgspec.field(name="loadedAddresses", default=None)


class _Transaction(msgspec.Struct):
    transaction: _Signed
    meta: _Meta | None = None


class _Body(msgspec.Struct):
    transactions: list[_Transaction]


class _Split(msgspec.Struct):
    transactions: list[msgspec.Raw]


_BODY = msgspec.json.Decoder(_Body)
_ONE = msgspec.json.Decoder(_Transaction)
_SPLIT = msgspec.json.Decoder(_Split)


def read_entries(body: bytes) -> tuple[Entry, ...]:
    """The entries of a getBlock result. Raises msgspec.DecodeError when it is not one."""
    return tuple(map(_entry, _BODY.decode(body).transactions))


def read_entry(transaction: bytes) -> Entry:
    """The entry of one transaction's JSON text, as getTransaction or getBlock have it."""
    return _entry(_ONE.decode(transaction))


def split_transactions(body: bytes) -> list[bytes]:
    """The JSON text of each transaction of a getBlock result."""
    return [bytes(raw) for raw in _SPLIT.decode(body).transactions]


class Entries(Sequence[Entry]):
    """The entries of a block, read from its body when first asked for."""

    __slots__ = ("_body", "_read")

    def __init__(self, body: bytes) -> None:
        self._body = body
        self._read: tuple[Entry, ...] | None = None

    def _all(self) -> tuple[Entry, ...]:
        if self._read is None:
            self._read = read_entries(self._body)
        return self._read

    @overload
    def __getitem__(self, index: int) -> Entry: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Entry]: ...
    def __getitem__(self, index: int | slice) -> Entry | Sequence[Entry]:
        return self._all()[index]

    def __len__(self) -> int:
        return len(self._all())


def _entry(read: _Transaction) -> Entry:
    message, meta = read.transaction.message, read.meta or _Meta()
    keys: Iterable[str] = message.keys
    if meta.loaded:
        keys = [*message.keys, *meta.loaded.writable, *meta.loaded.readonly]
    programs = {message.keys[one.program] for one in message.instructions if one.program < len(message.keys)}
    return Entry(
        signature=read.transaction.signatures[0],
        accounts=frozenset(keys),
        err=meta.err,
        logs=None if meta.logs is None else tuple(meta.logs),
        vote=programs == {_VOTE},
    )
