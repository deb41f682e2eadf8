"""What a backup on disk offers for a restore: ours with a manifest, or what `nats stream backup` wrote."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from indexer import manifest
from indexer.errors import CheckError, DataError, UsageError
from indexer.manifest import StreamEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A stream's files, and what the manifest says of them: None for a backup another tool made."""

    name: str
    archive: Path
    config: dict[str, Any]
    state: dict[str, Any]
    entry: StreamEntry | None


def sources(directory: Path, only: list[str]) -> list[Source]:
    """What to restore, checked to the last byte. Raises UsageError, DataError and CheckError before any call."""
    if (directory / manifest.MANIFEST).is_file():
        picked = manifest.read(directory).pick(only)
        manifest.check(directory, [entry.name for entry in picked])
        return [_source(directory / entry.name, entry.archive, entry) for entry in picked]
    found = [path for path in (directory, *sorted(directory.iterdir())) if (path / manifest.CONFIG).is_file()]
    streams = [_foreign(path) for path in found]
    names = [stream.name for stream in streams]
    if missing := [name for name in only if name not in names]:
        raise UsageError(f"--only: no stream {missing[0]!r} in {directory}", hint=f"it has {', '.join(names)}")
    return [stream for stream in streams if not only or stream.name in only]


def _foreign(folder: Path) -> Source:
    """What `nats stream backup` wrote: no checksum, so at least the archive's end is looked at."""
    archive = next((name for name in manifest.ARCHIVES if (folder / name).is_file()), None)
    if archive is None:
        raise DataError(f"{folder} has no {' or '.join(manifest.ARCHIVES)}", hint="use another backup")
    source = _source(folder, archive, None)
    manifest.check_archive(source.archive)
    return source


def _source(folder: Path, archive: str, entry: StreamEntry | None) -> Source:
    path = folder / manifest.CONFIG
    try:
        told = orjson.loads(path.read_bytes())
        config, state = dict(told["config"]), dict(told["state"])
        name = str(config["name"])
    except OSError as error:
        raise DataError(f"{path}: {error.strerror}") from error
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise CheckError(f"{path} is damaged: {error!r}", hint="use another backup") from error
    return Source(name=name, archive=folder / archive, config=config, state=state, entry=entry)
