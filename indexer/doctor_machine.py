"""What `indexer doctor` says of this machine: settings, Python, open files, the metrics address, disk, backups."""

import platform
import resource
import shutil
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import aiohttp

from decoders.programs import PROGRAMS
from indexer.backup_dir import whole
from indexer.config import Settings
from indexer.errors import UsageError
from indexer.health import serve_health
from indexer.jetstream_line import HOUR, Line, Verdict, as_line, size_of, span
from indexer.metrics import Metrics
from indexer.programs import select_programs
from indexer.topology import load

_OLDEST = (3, 11)


async def machine_lines(settings: Settings, *, production: bool, backups: Path | None) -> AsyncIterator[Line]:
    """Everything that needs no peer."""
    yield _settings(settings, production=production)
    yield as_line(
        "python", platform.python_implementation(), platform.python_version(),
        "ok" if sys.version_info >= _OLDEST else "fail", "install Python 3.11 or newer", None,
    )  # fmt: skip
    yield as_line("event loop", "uvloop", version("uvloop"), "ok", "", None)
    yield open_files(settings, resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    yield await metrics_address(settings)
    for line in _kept(settings, production=production, backups=backups):
        yield line


def _settings(settings: Settings, *, production: bool) -> Line:
    """What has to be right beyond its type, where a start would stop, and what a service should not be started with."""
    try:
        programs = len(select_programs(settings.programs, PROGRAMS))
        files = len(load(settings.jetstream_dir))
    except UsageError as error:
        return as_line("settings", "values", str(error), "fail", error.hint, None)
    figure = f"{programs} programs, {settings.commitment}, {files} streams and consumers"
    advice = ""
    if production and settings.start != "resume":
        advice = f"INDEXER_START={settings.start} counts at every restart: leave it at resume"
    elif production and settings.hydrate != "block":
        advice = "INDEXER_HYDRATE=transaction cannot prove that nothing was missed"
    return as_line("settings", "values", figure, "warn" if advice else "ok", advice, programs)


def open_files(settings: Settings, limit: int) -> Line:
    """How many files and sockets the process may have."""
    endless = limit == resource.RLIM_INFINITY
    few = not endless and limit < settings.doctor_open_files
    figure = "unlimited" if endless else f"{limit:,}"
    return as_line("open files", "limit", figure, "warn" if few else "ok", "raise it: ulimit -n, LimitNOFILE=", limit)


async def metrics_address(settings: Settings) -> Line:
    """Free, or an indexer of ours is there already."""
    address = settings.metrics_addr
    try:
        async with serve_health(address, Metrics(), healthy=lambda: (True, {}), ready=lambda: (True, {})):
            return as_line("metrics address", address, "free", "ok", "", None)
    except UsageError as error:
        if "is taken" in str(error) and await _is_ours(address, settings.doctor_seconds):
            return as_line("metrics address", address, "an indexer serves there", "ok", "", None)
        advice = f"{error.hint}; two NATS exporters default to 7777 as well"
        return as_line("metrics address", address, str(error), "fail", advice, None)


async def _is_ours(address: str, seconds: float) -> bool:
    host, _, port = address.rpartition(":")
    host = "127.0.0.1" if host in {"", "0.0.0.0", "[::]"} else host  # noqa: S104 - compared, not bound
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=seconds)) as session,
            session.get(f"http://{host}:{port}/metrics") as answer,
        ):
            return "indexer_build_info" in await answer.text()
    except (aiohttp.ClientError, TimeoutError, UnicodeDecodeError):
        return False


def _kept(settings: Settings, *, production: bool, backups: Path | None) -> Iterator[Line]:
    yield _disk("data", settings.data_dir, settings)
    if backups is not None:
        yield _disk("backups", backups, settings)
        yield backup(settings, backups, time.time())
    elif production:
        yield as_line("backup", "newest", "not seen", "unseen", "--backups DIR names where they are", None)


def _disk(name: str, path: Path, settings: Settings) -> Line:
    there = next(one for one in (path.absolute(), *path.absolute().parents) if one.is_dir())
    free = shutil.disk_usage(there).free
    verdict: Verdict = "fail" if free < settings.doctor_disk_bytes else "ok"
    return as_line("disk", name, f"{size_of(free)} free in {there}", verdict, "make room", free)


def backup(settings: Settings, directory: Path, now: float) -> Line:
    """How old the newest whole backup is."""
    advice = "`indexer jetstream backup DIR`, on a schedule: deploy/systemd"
    if not (found := whole(directory)):
        return as_line("backup", "newest", f"none in {directory}", "fail", advice, None)
    made = datetime.strptime(found[-1].name, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    age = max(0.0, now - made)
    verdict: Verdict = "fail" if age > settings.doctor_backup_hours * HOUR else "ok"
    return as_line("backup", "newest", f"{found[-1].name}, {span(age)} old", verdict, advice, age)
