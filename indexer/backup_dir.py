"""The directory that holds backups: each whole one under its UTC time, what is unfinished under a name that says so.

A backup is written as ``.<time>.partial``, made durable, and gets its name last, in one step. So whatever kills it
leaves nothing that looks whole, and the next one sweeps it away.
"""

import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from indexer import manifest
from indexer.errors import CheckError, DataError, FatalError, UsageError

_TIME = "%Y%m%dT%H%M%SZ"
_WHOLE = re.compile(r"\d{8}T\d{6}Z")
_UNFINISHED = re.compile(r"\.\d{8}T\d{6}Z\.(partial|deleting)")


@contextmanager
def locked(directory: Path) -> Iterator[None]:
    """Hold the directory while a backup is made in it. Raises UsageError when it cannot be made or another one runs."""
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise UsageError(f"cannot write to {directory}: {error.strerror}", hint="DIR is where backups go") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise UsageError(
            f"another backup into {directory} is under way", hint="wait for it, or use another DIR"
        ) from None
    finally:
        os.close(lock)


@contextmanager
def unfinished(directory: Path) -> Iterator[Path]:
    """A new directory for a backup; it gets its name when the block ends well and is removed when it does not."""
    sweep(directory)
    name = datetime.now(UTC).strftime(_TIME)
    if (directory / name).exists():
        raise UsageError(f"{directory / name} exists", hint="two backups in one second? try again")
    partial = directory / f".{name}.partial"
    partial.mkdir()
    try:
        yield partial
        for folder in [path for path in partial.rglob("*") if path.is_dir()]:
            _sync(folder)
        _sync(partial)
        partial.rename(directory / name)
        _sync(directory)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise


def sweep(directory: Path) -> None:
    """Remove what killed backups left. Only while the directory is ``locked``."""
    for path in directory.iterdir():
        if _UNFINISHED.fullmatch(path.name):
            shutil.rmtree(path, ignore_errors=True)


def whole(directory: Path) -> list[Path]:
    """Backups with a readable manifest, oldest first."""
    if not directory.is_dir():
        return []
    found = sorted(path for path in directory.iterdir() if _WHOLE.fullmatch(path.name) and path.is_dir())
    return [path for path in found if _readable(path)]


def retire(directory: Path, keep: int) -> list[Path]:
    """Delete all but the newest ``keep`` whole backups; what was deleted. Other files and directories stay."""
    old = whole(directory)[:-keep]
    for path in old:
        doomed = directory / f".{path.name}.deleting"  # half deleted must not look whole
        path.rename(doomed)
        shutil.rmtree(doomed)
    return old


def find(given: Path) -> Path:
    """The backup meant: ``given`` itself, else the newest whole one in it. Raises DataError."""
    if not given.is_dir():
        raise DataError(f"there is no directory {given}")
    if (given / manifest.MANIFEST).is_file():
        return given
    if found := whole(given):
        return found[-1]
    partial = [path.name for path in given.iterdir() if _UNFINISHED.fullmatch(path.name)]
    left = f"; {partial[0]} in it was never finished" if partial else ""
    raise DataError(f"no backup in {given}{left}", hint="`indexer jetstream backup DIR` makes one")


def ours(path: Path) -> bool:
    """Whether the name is one of ours, whole or not."""
    return bool(_WHOLE.fullmatch(path.name) or _UNFINISHED.fullmatch(path.name))


def taken(path: Path) -> float:
    """When a whole backup was finished, Unix seconds."""
    return datetime.fromisoformat(manifest.read(path).finished).timestamp()


def check_all(given: Path) -> list[tuple[Path, str]]:
    """Read every byte of the backup ``given``, or of every one in it: each with what is wrong, empty for none."""
    found = whole_or_damaged(given)
    if not found:
        raise DataError(f"no backup in {given}", hint="`indexer jetstream backup DIR` makes one")
    return [(path, _problem(path)) for path in found]


def whole_or_damaged(given: Path) -> list[Path]:
    """The backup ``given``, or whatever in it has a backup's name."""
    if (given / manifest.MANIFEST).is_file() or not given.is_dir():
        return [given] if given.is_dir() else []
    return sorted(path for path in given.iterdir() if _WHOLE.fullmatch(path.name))


def _problem(path: Path) -> str:
    try:
        manifest.check(path)
    except FatalError as error:
        return str(error)
    return ""


def _readable(path: Path) -> bool:
    try:
        manifest.read(path)
    except (CheckError, DataError):
        return False
    return True


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
