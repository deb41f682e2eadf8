"""The files of ``deploy/jetstream`` as values: each is one stream or consumer in the server's own format.

Reading them needs no server; ``topology_rules`` says which topologies are refused, ``topology_drift`` compares.
"""

import difflib
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from indexer.errors import UsageError
from indexer.message import STREAM

DIRECTORY = Path("deploy/jetstream")
_PROJECT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One file; ``consumer`` is None for a stream."""

    file: str
    stream: str
    consumer: str | None
    config: dict[str, Any]

    @property
    def kind(self) -> Literal["stream", "consumer"]:
        """Which of the two."""
        return "stream" if self.consumer is None else "consumer"

    @property
    def name(self) -> str:
        """The stream, and the consumer after it."""
        return self.stream if self.consumer is None else f"{self.stream} {self.consumer}"

    @property
    def path(self) -> str:
        """Its name within a subject of the server's API."""
        return self.stream if self.consumer is None else f"{self.stream}.{self.consumer}"

    @property
    def filters(self) -> tuple[str, ...]:
        """The subjects a consumer reads; all of its stream when empty."""
        one = self.config.get("filter_subject")
        return (one,) if one else tuple(self.config.get("filter_subjects") or ())

    def __str__(self) -> str:
        """For messages."""
        return f"{self.kind} {self.name}"


def load(directory: Path = DIRECTORY, *, replicas: int | None = None, max_bytes: int | None = None) -> list[Wanted]:
    """Every file, streams first; ``replicas`` goes for every stream, ``max_bytes`` for dex-swaps, both over the files.

    Raises UsageError for a folder without files, and for a file that is no JSON object.
    """
    folder = directory if directory.is_absolute() or directory.is_dir() else _PROJECT / directory
    streams = [_stream(path, replicas, max_bytes) for path in sorted(folder.glob("stream-*.json"))]
    if not streams:
        raise UsageError(f"no stream-*.json in {folder}", hint="INDEXER_JETSTREAM_DIR names deploy/jetstream")
    names = {stream.stream for stream in streams}
    return streams + [_consumer(path, names) for path in sorted(folder.glob("consumer-*.json"))]


def stream_names(directory: Path = DIRECTORY) -> list[str]:
    """The streams of the topology, the one with the swaps first. Raises UsageError as ``load``."""
    names = [item.stream for item in load(directory) if item.consumer is None]
    return sorted(names, key=lambda name: name != STREAM)


def consumers_of(directory: Path = DIRECTORY) -> dict[str, list[str]]:
    """Each stream of the topology with its consumers. Raises UsageError as ``load``."""
    found: dict[str, list[str]] = {}
    for item in load(directory):
        found.setdefault(item.stream, []).extend([] if item.consumer is None else [item.consumer])
    return found


def chosen(wanted: list[Wanted], only: Collection[str]) -> list[Wanted]:
    """What ``only`` names: a stream with its consumers, a consumer of any stream, or STREAM/CONSUMER; all when empty.

    Raises UsageError for a name that is none of them.
    """
    if not only:
        return wanted
    known = {name for item in wanted for name in _names(item)}
    for name in only:
        if name not in known:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(sorted(known))}"
            raise UsageError(f"--only {name}: no stream or consumer of the topology has this name", hint=hint)
    return [item for item in wanted if not set(_names(item)).isdisjoint(only)]


def _names(item: Wanted) -> Iterator[str]:
    yield item.stream
    if item.consumer is not None:
        yield item.consumer
        yield f"{item.stream}/{item.consumer}"


def _stream(path: Path, replicas: int | None, max_bytes: int | None) -> Wanted:
    config = _read(path)
    name = str(config.get("name", ""))
    if replicas is not None:
        config["num_replicas"] = replicas
    if max_bytes is not None and name == STREAM:
        config["max_bytes"] = max_bytes
    return Wanted(file=path.name, stream=name, consumer=None, config=config)


def _consumer(path: Path, streams: Collection[str]) -> Wanted:
    """The file's name says which stream: consumer-<stream>-<durable>.json."""
    config = _read(path)
    durable = str(config.get("durable_name", ""))
    words = path.stem.removeprefix("consumer-")
    known = [name for name in streams if words.startswith(f"{name}-")]
    stream = max(known, key=len, default=words.removesuffix(f"-{durable}"))
    return Wanted(file=path.name, stream=stream, consumer=durable, config=config)


def _read(path: Path) -> dict[str, Any]:
    try:
        config = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    if not isinstance(config, dict):
        raise UsageError(f"{path}: not an object")
    return config
