"""Bodies put together without encoding or compressing them again: blocks, JSON-RPC answers, gzip members.

A deflate stream may mix compressed pieces and stored ones. A body is compressed once, flushed to a byte boundary, and
what differs from answer to answer (the request's id, a copy's signatures) goes beside it as stored pieces.
"""

import struct
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

ANSWER = b'{"jsonrpc":"2.0","result":'
_GZIP_HEADER = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x04\xff"
_STORED_BYTES = 0xFFFF
LEVEL = 1


@dataclass(frozen=True, slots=True)
class Deflated:
    """``ANSWER`` and an object without its last brace as deflate pieces, and what a gzip trailer tells of them."""

    pieces: bytes
    crc: int
    size: int


def block_text(header: Mapping[str, bytes], transactions: Iterable[bytes]) -> bytes:
    """A getBlock result: ``header`` maps field names to JSON text, ``transactions`` are JSON texts."""
    fields = b",".join(b'"%s":%s' % (name.encode(), value) for name, value in sorted(header.items()))
    return b"{" + fields + b',"transactions":[' + b",".join(transactions) + b"]}"


def answer(text: bytes, end: bytes) -> bytes:
    """A JSON-RPC answer whose result is the object ``text``; ``end`` is its last brace and all that follows."""
    return b"".join((ANSWER, memoryview(text)[:-1], end))


def deflate(text: bytes) -> Deflated:
    """Compress the object ``text`` for `gzip_answer`."""
    open_text = memoryview(text)[:-1]
    packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -zlib.MAX_WBITS)
    pieces = packer.compress(ANSWER) + packer.compress(open_text) + packer.flush(zlib.Z_SYNC_FLUSH)
    return Deflated(pieces, zlib.crc32(open_text, zlib.crc32(ANSWER)), len(ANSWER) + len(open_text))


def gzip_answer(deflated: Deflated, end: bytes) -> bytes:
    """What `answer` gives, as one gzip member."""
    crc, size = zlib.crc32(end, deflated.crc), deflated.size + len(end)
    trailer = struct.pack("<II", crc, size & 0xFFFFFFFF)
    return b"".join((_GZIP_HEADER, deflated.pieces, stored(end, last=True), trailer))


def stored(text: bytes, *, last: bool = False) -> bytes:
    """``text``, at most 65,535 bytes, as one stored piece of a deflate stream."""
    if len(text) > _STORED_BYTES:
        raise ValueError(f"a stored piece holds at most {_STORED_BYTES} bytes, not {len(text)}")
    return struct.pack("<BHH", last, len(text), len(text) ^ 0xFFFF) + text
