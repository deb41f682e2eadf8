"""What a backup says of itself: `manifest.json`, and `SHA256SUMS` over every file beside it (`sha256sum -c` reads it).

A backup is a directory; each stream is a directory in it, with the files `nats stream backup` writes.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from indexer.errors import CheckError, DataError, UsageError
from indexer.frames import Frames

VERSION = 1
MANIFEST = "manifest.json"
SUMS = "SHA256SUMS"
CONFIG = "backup.json"
ARCHIVES = ("stream.arc.s2", "stream.tar.s2")
_READ_BYTES = 1024 * 1024


class Position(msgspec.Struct, frozen=True):
    """Where a consumer stood; stream and consumer sequences."""

    delivered_stream: int
    delivered_consumer: int
    ack_floor_stream: int
    ack_floor_consumer: int
    ack_pending: int


class Consumer(msgspec.Struct, frozen=True):
    """A consumer right before and right after the snapshot: what the archive holds lies between the two."""

    name: str
    durable: bool
    before: Position
    after: Position


class StreamEntry(msgspec.Struct, frozen=True):
    """A stream of a backup. Sequences are the server's, times RFC 3339, ``bytes`` as the stream counts them.

    Messages that left the stream (age, acks of a workqueue) while the snapshot was under way may be missing in it:
    ``messages`` and ``first_seq`` are of its beginning, ``messages_at_least`` and ``first_seq_at_most`` of its end.
    ``samples`` are digests of messages by sequence.
    """

    name: str
    archive: str
    archive_bytes: int
    created: str
    started: str
    finished: str
    bytes: int
    messages: int
    messages_at_least: int
    first_seq: int
    first_seq_at_most: int
    last_seq: int
    first_time: str
    last_time: str
    consumers: list[Consumer]
    samples: dict[int, str]


class Manifest(msgspec.Struct, frozen=True):
    """The whole backup."""

    v: int
    tool: str
    server_version: str
    server_name: str
    genesis_hash: str
    started: str
    finished: str
    contents: str
    streams: list[StreamEntry]

    @property
    def archive_bytes(self) -> int:
        """Bytes of all archives."""
        return sum(stream.archive_bytes for stream in self.streams)

    def pick(self, only: list[str]) -> list[StreamEntry]:
        """The streams named, all without names. Raises UsageError for one that is not in the backup."""
        names = [stream.name for stream in self.streams]
        for name in only:
            if name not in names:
                raise UsageError(f"--only: the backup has no stream {name!r}", hint=f"it has {', '.join(names)}")
        return [stream for stream in self.streams if not only or stream.name in only]


def read(directory: Path) -> Manifest:
    """A backup's manifest. Raises DataError when there is none, CheckError when it is damaged or of another version."""
    path = directory / MANIFEST
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        raise DataError(
            f"no {MANIFEST} in {directory}", hint="name a backup, or the directory that holds them"
        ) from None
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    try:
        version = msgspec.json.decode(text, type=dict[str, object]).get("v")
        if isinstance(version, int) and version != VERSION:
            raise CheckError(
                f"{path} is of version {version}; this build reads version {VERSION}",
                hint="restore it with the build that made it, or each stream with `nats stream restore`",
            )
        return msgspec.json.decode(text, type=Manifest)
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise CheckError(f"{path} is damaged: {error}", hint="use another backup") from error


def check(directory: Path, names: list[str] | None = None) -> Manifest:
    """Read every byte of a backup, or of the streams ``names`` in it. Raises CheckError that names each wrong file."""
    manifest = read(directory)
    sums = _sums(directory)
    wanted = {MANIFEST}
    for stream in manifest.streams:
        if names is None or stream.name in names:
            wanted |= {f"{stream.name}/{CONFIG}", f"{stream.name}/{stream.archive}"}
    problems = [problem for name in sorted(wanted) if (problem := _wrong(directory, name, sums))]
    if problems:
        raise CheckError(f"{directory} is damaged: {'; '.join(problems)}", hint="use another backup")
    return manifest


def check_archive(path: Path) -> None:
    """Of an archive without a checksum at least its end. Raises CheckError for one that is cut or something else."""
    frames = Frames()
    try:
        for piece in pieces(path, _READ_BYTES):
            frames.feed(piece)
    except ValueError as error:
        raise CheckError(f"{path} is damaged: {error}", hint="use another backup") from error
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    if not frames.whole:
        raise CheckError(f"{path} is cut: it does not end on a frame", hint="use another backup")


def digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    value = hashlib.sha256()
    for piece in pieces(path, _READ_BYTES):
        value.update(piece)
    return value.hexdigest()


def pieces(path: Path, size: int) -> Iterator[bytes]:
    """A file from its beginning to its end."""
    with path.open("rb") as file:
        while piece := file.read(size):
            yield piece


def _sums(directory: Path) -> dict[str, str]:
    try:
        lines = (directory / SUMS).read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise CheckError(f"{directory / SUMS} cannot be read: {error}", hint="use another backup") from error
    return {name: value for value, _, name in (line.partition("  ") for line in lines)}


def _wrong(directory: Path, name: str, sums: dict[str, str]) -> str:
    path = directory / name
    if not path.is_file():
        return f"{name} is missing"
    if name not in sums:
        return f"{name} is not in {SUMS}"
    return "" if digest(path) == sums[name] else f"{name} is not what {SUMS} says"
