"""What `indexer decode` was given: words, files and standard input, sorted into RPC results and signatures."""

import gzip
import io
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import base58
import msgspec
import zstandard

from indexer.errors import DataError, UsageError

_SIGNATURE_BYTES = 64
_SIGNATURE_CHARS = range(64, 89)
_ZSTD, _GZIP = b"\x28\xb5\x2f\xfd", b"\x1f\x8b"
_STDIN = "-"
_HOW = "give the result of getTransaction or getBlock, encoding json, or signatures one per line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The JSON text of one getTransaction or getBlock result; ``slot`` as the file's name has it."""

    name: str
    kind: Literal["transaction", "block"]
    text: bytes
    slot: int | None = None
    tx_index: int = 0


@dataclass(slots=True, kw_only=True)
class Given:
    """Everything asked for, in the order it was named."""

    items: list[Result | str] = field(default_factory=list)

    def signatures(self) -> list[str]:
        """What must be fetched."""
        return [item for item in self.items if isinstance(item, str)]


_ABSENT = msgspec.Raw()


class _Shape(msgspec.Struct, rename="camel", gc=False):
    """The top of anything an RPC node answers."""

    result: msgspec.Raw = _ABSENT
    error: Any = None
    transaction: msgspec.Raw = _ABSENT
    transactions: msgspec.Raw = _ABSENT
    transaction_index: int | None = None


_SHAPE = msgspec.json.Decoder(_Shape)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])


def read(words: Sequence[str], *, limit_bytes: int) -> Given:
    """Files, signatures and standard input (``-``, or no word at all) as they were named.

    Raises UsageError for nothing, DataError for what is neither a file nor a signature, or holds neither.
    """
    given = Given()
    for word in words or (_STDIN,):
        path = Path(word)
        if word == _STDIN:
            if sys.stdin.isatty():
                raise UsageError("nothing to decode", hint="name signatures or files, or pipe JSON in; see --help")
            given.items += _text("standard input", sys.stdin.buffer.read(limit_bytes + 1), None, limit_bytes)
        elif is_signature(word):
            given.items.append(word)
        elif path.is_file():
            number = re.match(r"(\d+)\.", path.name)
            given.items += _text(word, _bytes(path), int(number[1]) if number else None, limit_bytes)
        else:
            what = "a folder" if path.is_dir() else "no such file, and not a signature"
            raise DataError(
                f"{word}: {what}", hint="a signature has 87 or 88 base58 characters; files are named one by one"
            )
    return given


def is_signature(word: str) -> bool:
    """Whether it is 64 bytes in base58."""
    try:
        return len(word) in _SIGNATURE_CHARS and len(base58.b58decode(word)) == _SIGNATURE_BYTES
    except ValueError:
        return False


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error


def _text(name: str, data: bytes, slot: int | None, limit_bytes: int) -> Iterator[Result | str]:
    text = _unpacked(name, data, limit_bytes).strip()
    if not text:
        raise DataError(f"{name} is empty", hint=_HOW)
    if text[:1] == b"[":
        for item in _decoded(name, _LIST, text):
            yield from _one(name, bytes(item), slot)
    elif text[:1] == b"{":
        lines = text.splitlines()
        whole = len(lines) == 1 or not lines[0].rstrip().endswith(b"}") or not lines[1].lstrip().startswith(b"{")
        for part in (text,) if whole else lines:
            yield from _one(name, part, slot)
    else:
        yield from _listed(name, text)


def _listed(name: str, text: bytes) -> Iterator[str]:
    for word in text.decode(errors="replace").split():
        if not is_signature(word):
            raise DataError(f"{name}: {word[:40]!r} is neither JSON nor a signature", hint=_HOW)
        yield word


def _one(name: str, text: bytes, slot: int | None) -> Iterator[Result]:
    if not text.strip():
        return
    shape = _decoded(name, _SHAPE, text)
    if shape.error is not None:
        raise DataError(f"{name} is a node's refusal: {shape.error}", hint="ask the node again, or another one")
    if shape.result != _ABSENT:
        if bytes(shape.result) == b"null":
            raise DataError(f"{name} holds null: the node had no such transaction or block")
        yield from _one(name, bytes(shape.result), slot)
    elif shape.transactions != _ABSENT:
        yield Result(name=name, kind="block", text=text, slot=slot)
    elif shape.transaction != _ABSENT:
        yield Result(name=name, kind="transaction", text=text, tx_index=shape.transaction_index or 0)
    else:
        raise DataError(f"{name} is neither a transaction nor a block", hint=_HOW)


def _decoded(name: str, decoder: Any, text: bytes) -> Any:
    try:
        return decoder.decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(f"{name} is not JSON of a node: {error}", hint=_HOW) from error


def _unpacked(name: str, data: bytes, limit_bytes: int) -> bytes:
    try:
        if data.startswith(_ZSTD):
            data = zstandard.ZstdDecompressor().stream_reader(data).read(limit_bytes + 1)
        elif data.startswith(_GZIP):
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(limit_bytes + 1)
    except (zstandard.ZstdError, OSError, EOFError, zlib.error) as error:
        raise DataError(f"{name} cannot be unpacked: {error}") from error
    if len(data) > limit_bytes:
        raise DataError(f"{name} is larger than {limit_bytes:,} bytes", hint="--rpc-body-bytes raises the limit")
    return data
