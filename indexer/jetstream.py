"""Streams and consumers as ``deploy/jetstream/*.json`` states them, in the server's own format.

``init`` only ever creates: what exists is compared and reported, never changed, so it may run at any time, from any
number of places. A file's keys go to the server as they are; a key it does not know is an error.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import orjson

from indexer.errors import PeerError, TransientError, UsageError
from indexer.jetstream_api import CONSUMER_NOT_FOUND, STREAM_NOT_FOUND, TAKEN, ApiError, call
from indexer.message import DEAD_STREAM, STREAM
from indexer.nats_connection import Connection

#: metadata of a stream whose restore has not been verified: it may be half of what it was
UNFINISHED = "indexer_restore"
DIRECTORY = Path("deploy/jetstream")
_CALL_SECONDS = 10.0
_RETRY_SECONDS = 0.25
_PROJECT = Path(__file__).resolve().parent.parent
_HINT = "create it with `indexer jetstream init`, or `make ops.jetstream.init`"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What ``init`` found or did to one stream or consumer; ``differences`` say what it left as it is."""

    kind: Literal["stream", "consumer"]
    name: str
    result: Literal["created", "equal", "differs"]
    differences: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Wanted:
    """One file of the topology; ``consumer`` is None for a stream."""

    stream: str
    consumer: str | None
    config: dict[str, Any]

    @property
    def kind(self) -> Literal["stream", "consumer"]:
        return "stream" if self.consumer is None else "consumer"

    @property
    def name(self) -> str:
        return self.stream if self.consumer is None else f"{self.stream} {self.consumer}"

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


async def init(
    connection: Connection,
    *,
    directory: Path = DIRECTORY,
    replicas: int | None = None,
    max_bytes: int | None = None,
    seconds: float = 20,
) -> list[Change]:
    """Create what is missing; ``replicas`` goes for every stream, ``max_bytes`` for dex-swaps, both over the files.

    Raises UsageError for a file or an argument the server refuses, PeerError when it does not answer in ``seconds``.
    """
    overrides = {"num_replicas": replicas} if replicas is not None else {}
    wanted = list(_topology(directory, overrides, {} if max_bytes is None else {"max_bytes": max_bytes}))
    try:
        async with asyncio.timeout(seconds):
            return [await _patiently(connection, item) for item in wanted]
    except TimeoutError:
        raise PeerError(
            "JetStream does not answer", hint="a cluster without a leader? `nats server report jetstream`"
        ) from None


async def require(connection: Connection) -> None:
    """What the daemon needs before it starts. Raises PeerError that says how to get it."""
    for name in (STREAM, DEAD_STREAM):
        try:
            info = await call(connection, f"STREAM.INFO.{name}", seconds=_CALL_SECONDS)
        except ApiError as error:
            if error.code == STREAM_NOT_FOUND:
                raise missing(name) from None
            raise PeerError(f"stream {name}: {error}") from error
        except TransientError as error:
            raise PeerError(f"stream {name}: {error}", hint="a cluster without a leader?") from error
        if mark := (info["config"].get("metadata") or {}).get(UNFINISHED):
            raise PeerError(
                f"stream {name} is half restored ({mark})", hint="indexer jetstream restore DIR --discard-unfinished"
            )
        lacking = [key for key in ("allow_atomic", "allow_direct") if not info["config"].get(key)]
        if name == STREAM and lacking:
            raise PeerError(
                f"stream {name} does not have {' and '.join(lacking)}",
                hint=f"nats stream edit {name} --allow-batch --allow-direct; or make it anew and {_HINT}",
            )


def missing(stream: str) -> PeerError:
    """The error for a stream that is not there."""
    return PeerError(f"stream {stream} does not exist", hint=_HINT)


def stream_names(directory: Path = DIRECTORY) -> list[str]:
    """The streams of the topology, the one with the swaps first. Raises UsageError when there are none."""
    names = [path.stem.removeprefix("stream-") for path in sorted(_folder(directory).glob("stream-*.json"))]
    if not names:
        raise UsageError(
            f"no stream-*.json in {_folder(directory)}", hint="INDEXER_JETSTREAM_DIR names deploy/jetstream"
        )
    return sorted(names, key=lambda name: name != STREAM)


def _folder(directory: Path) -> Path:
    return directory if directory.is_absolute() or directory.is_dir() else _PROJECT / directory


def _topology(directory: Path, overrides: dict[str, Any], swaps: dict[str, Any]) -> Iterator[_Wanted]:
    """Streams first: a consumer needs its stream."""
    folder = _folder(directory)
    files = sorted(folder.glob("stream-*.json")) + sorted(folder.glob("consumer-*.json"))
    if not files:
        raise UsageError(f"no stream-*.json in {folder}", hint="INDEXER_JETSTREAM_DIR names deploy/jetstream")
    for path in files:
        config = _read(path)
        if path.name.startswith("stream-"):
            name = config.get("name", "")
            own = swaps if name == STREAM else {}
            yield _Wanted(stream=name, consumer=None, config=config | overrides | own)
        else:
            durable = config.get("durable_name", "")
            stream = path.stem.removeprefix("consumer-").removesuffix(f"-{durable}")
            yield _Wanted(stream=stream, consumer=durable, config=config)


def _read(path: Path) -> dict[str, Any]:
    try:
        config = orjson.loads(path.read_bytes())
    except (OSError, orjson.JSONDecodeError) as error:
        raise UsageError(f"{path}: {error}") from error
    if not isinstance(config, dict):
        raise UsageError(f"{path}: not an object")
    return config


async def _patiently(connection: Connection, wanted: _Wanted) -> Change:
    """A create whose answer was lost is found made at the next try. Ends by the caller's time limit."""
    while True:
        try:
            return await _ensure(connection, wanted)
        except TransientError:
            await asyncio.sleep(_RETRY_SECONDS)


async def _ensure(connection: Connection, wanted: _Wanted) -> Change:
    if (there := await _look(connection, wanted)) is not None:
        return _compare(wanted, there)
    try:
        await _create(connection, wanted)
    except ApiError as error:
        if error.code in TAKEN and (there := await _look(connection, wanted)) is not None:
            return _compare(wanted, there)
        raise UsageError(f"NATS refused {wanted}: {error}") from None
    return Change(kind=wanted.kind, name=wanted.name, result="created")


async def _look(connection: Connection, wanted: _Wanted) -> dict[str, Any] | None:
    """The configuration the server has, None when it has none."""
    kind = "STREAM" if wanted.consumer is None else "CONSUMER"
    name = wanted.stream if wanted.consumer is None else f"{wanted.stream}.{wanted.consumer}"
    try:
        return dict((await call(connection, f"{kind}.INFO.{name}", seconds=_CALL_SECONDS))["config"])
    except ApiError as error:
        if error.code == (STREAM_NOT_FOUND if wanted.consumer is None else CONSUMER_NOT_FOUND):
            return None
        raise PeerError(f"{wanted}: {error}") from error


async def _create(connection: Connection, wanted: _Wanted) -> None:
    if wanted.consumer is None:
        await call(connection, f"STREAM.CREATE.{wanted.stream}", wanted.config, seconds=_CALL_SECONDS)
        return
    name = f"CONSUMER.CREATE.{wanted.stream}.{wanted.consumer}"
    if subject := wanted.config.get("filter_subject"):
        name = f"{name}.{subject}"  # lets permissions tell consumers apart; the server checks that both agree
    body = {"stream_name": wanted.stream, "config": wanted.config, "action": "create"}
    await call(connection, name, body, seconds=_CALL_SECONDS)


def _compare(wanted: _Wanted, there: dict[str, Any]) -> Change:
    """Only what the file states counts; the server adds its defaults."""
    differences = tuple(
        f"{key}: {value!r} wanted, {there.get(key)!r} there"
        for key, value in wanted.config.items()
        if there.get(key) != value
    )
    result: Literal["differs", "equal"] = "differs" if differences else "equal"
    return Change(kind=wanted.kind, name=wanted.name, result=result, differences=differences)
