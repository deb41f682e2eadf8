"""Copies of blocks under new slots with fresh signatures: a dense chain of any length from one record."""

import dataclasses
import hashlib
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Self

import msgspec
from solders.hash import Hash

from indexer.localnet.envelope import ANSWER, LEVEL, Deflated, block_text, stored
from indexer.localnet.reading import read_entries, split_transactions
from indexer.localnet.source import Entry, Served, genesis_hash

_ALPHABET = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
#: a fresh signature is the original but for these characters; the first ones stay, so that it still fits 64 bytes
_FRESH = slice(3, 9)
#: stands for them while a block is compressed: JSON text has no such byte, so nothing refers back to it
_HOLE = b"\0" * 6
#: copies that pass in one second of block time
_BLOCKS_PER_SECOND = 3


class Repeated:
    """``copies`` blocks that repeat ``blocks`` in turn under consecutive slots from ``first_slot`` on.

    A copy's body and its compressed form are joined when asked for, in a few milliseconds for a block of 6 MB.
    """

    def __init__(self, blocks: Sequence[Served], *, copies: int, first_slot: int, kind: str = "recorded") -> None:
        self.kind = kind
        self._templates = [_Template.of(block) for block in blocks]
        self._copies, self._first_slot = copies, first_slot
        self.genesis_hash = genesis_hash(kind, f"{[block.slot for block in blocks]} repeated from {first_slot}")

    def __len__(self) -> int:
        return self._copies

    def blocks(self) -> Iterator[Served]:
        """The copies; the first one's parent is the slot before it."""
        for copy in range(self._copies):
            yield Copy(self._templates[copy % len(self._templates)], copy=copy, slot=self._first_slot + copy)


class Copy:
    """One copy of a block."""

    def __init__(self, template: "_Template", *, copy: int, slot: int) -> None:
        self._template, self._copy = template, copy
        self.slot, self.parent_slot = slot, slot - 1

    @property
    def body(self) -> bytes:
        """JSON text of getBlock's result."""
        return b"".join((self._head(), _fresh(self._copy).join(self._template.texts), b"}"))

    @property
    def deflated(self) -> Deflated:
        """What `envelope.deflate` makes of the body: joined from pieces that were compressed once."""
        head, fresh = ANSWER + self._head(), _fresh(self._copy)
        crc = zlib.crc32(fresh.join(self._template.texts), zlib.crc32(head))
        pieces = stored(head) + stored(fresh).join(self._template.pieces)
        return Deflated(pieces, crc, len(head) + self._template.size)

    @cached_property
    def entries(self) -> Sequence[Entry]:
        """The template's entries with this copy's signatures."""
        fresh = _fresh(self._copy).decode()
        return tuple(
            dataclasses.replace(entry, signature=_with(entry.signature, fresh)) for entry in self._template.entries
        )

    def _head(self) -> bytes:
        header = {
            "blockHeight": b"%d" % (self._copy + 1),
            "blockTime": b"%d" % (self._template.time + self._copy // _BLOCKS_PER_SECOND),
            "blockhash": _blockhash(self.slot),
            "parentSlot": b"%d" % self.parent_slot,
            "previousBlockhash": _blockhash(self.parent_slot),
        }
        return block_text(header, ()).removesuffix(b"]}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Template:
    """A block's text between the places of fresh characters, as it is and compressed."""

    entries: tuple[Entry, ...]
    time: int
    texts: tuple[bytes, ...]
    pieces: tuple[bytes, ...]
    size: int

    @classmethod
    def of(cls, block: Served) -> Self:
        transactions = split_transactions(block.body)
        entries = read_entries(block.body)
        text = b",".join(
            raw.replace(f'"{entry.signature}"'.encode(), f'"{_with(entry.signature, _HOLE.decode())}"'.encode())
            for raw, entry in zip(transactions, entries, strict=True)
        )
        texts = tuple((text + b"]").split(_HOLE))
        return cls(
            entries=entries,
            time=msgspec.json.decode(block.body, type=_Time).time or 0,
            texts=texts,
            pieces=tuple(_compressed(texts)),
            size=len(text) + len(b"]"),
        )


class _Time(msgspec.Struct):
    time: int | None = msgspec.field(name="blockTime", default=None)


def _compressed(texts: Sequence[bytes]) -> Iterator[bytes]:
    """Each text's pieces of one deflate stream that has a hole between them."""
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    for text in texts:
        yield packer.compress(text) + packer.flush(zlib.Z_SYNC_FLUSH)
        packer.compress(_HOLE)
        packer.flush(zlib.Z_SYNC_FLUSH)


def _fresh(copy: int) -> bytes:
    """The characters that tell a copy."""
    digits = bytearray()
    for _ in _HOLE:
        copy, digit = divmod(copy, len(_ALPHABET))
        digits.append(_ALPHABET[digit])
    return bytes(digits)


def _with(signature: str, fresh: str) -> str:
    return signature[: _FRESH.start] + fresh + signature[_FRESH.stop :]


def _blockhash(slot: int) -> bytes:
    return b'"%s"' % str(Hash(hashlib.sha256(f"LOCALNET, repeated, {slot}".encode()).digest())).encode()
