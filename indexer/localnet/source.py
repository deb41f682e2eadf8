"""What localnet serves: blocks in ascending slot order, from a record or from a generator."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from solders.hash import Hash

from indexer.localnet.envelope import Deflated


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """What a transaction shows to subscribers and look-ups.

    ``accounts`` holds every key, loaded ones included; ``err`` is the JSON value of ``meta.err``; ``logs`` is None
    when the node kept none; ``vote`` says that the subscription `all` leaves it out.
    """

    signature: str
    accounts: frozenset[str]
    err: Any
    logs: tuple[str, ...] | None
    vote: bool = False


class Served(Protocol):
    """A block as the node reads it; all attributes may be made on first use."""

    @property
    def slot(self) -> int:
        """The slot."""

    @property
    def parent_slot(self) -> int:
        """The slot of the block before; what lies between was skipped."""

    @property
    def body(self) -> bytes:
        """JSON text of getBlock's `result` with full details, keys in any order, rewards absent."""

    @property
    def entries(self) -> Sequence[Entry]:
        """One per transaction, in block order."""


@runtime_checkable
class Packed(Protocol):
    """A block that can give its compressed form for less than compressing it anew."""

    @property
    def deflated(self) -> Deflated:
        """What `envelope.deflate` makes of the body."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedBlock:
    """A block that is ready. ``entries`` may be `reading.Entries(body)`: read from the body on first use."""

    slot: int
    parent_slot: int
    body: bytes
    entries: Sequence[Entry]


class Source(Protocol):
    """A chain's blocks. ``kind`` (recorded, generated) is part of the label every person sees."""

    @property
    def kind(self) -> str:
        """`recorded` or `generated`."""

    @property
    def genesis_hash(self) -> str:
        """Base58 of 32 bytes, from `genesis_hash` below."""

    def blocks(self) -> Iterator[Served]:
        """Blocks by ascending slot, each `parent_slot` the slot before; without end for a generator."""


@runtime_checkable
class Skipping(Protocol):
    """A source whose next block can be moved, as when a leader is offline."""

    def skip(self, slots: int) -> None:
        """The next block comes ``slots`` slots later than it would."""


def genesis_hash(kind: str, seed: str) -> str:
    """The genesis hash of a made-up chain: differs by kind and seed, and is never a real cluster's."""
    return str(Hash(hashlib.sha256(f"LOCALNET, {kind}, {seed}".encode()).digest()))
