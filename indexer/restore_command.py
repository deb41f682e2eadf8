"""`indexer jetstream restore`: streams and consumers of a backup into a server that has none of them."""

import argparse
import sys
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from indexer import backup_dir, log, manifest
from indexer.backup_progress import shown
from indexer.config import Settings
from indexer.errors import PeerError, TransientError, UsageError
from indexer.jetstream_api import ApiError
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.restore import Change, require_free, restore
from indexer.restore_proof import Restored
from indexer.restore_source import Source, sources
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.stopping import Stopped, stop_on_signals, unless_stopped

_CUT_SHORT = 130
EPILOG = """\
examples:
  indexer jetstream restore /backup                        the newest whole backup in /backup
  indexer jetstream restore /backup/20261126T031500Z --only dex-swaps
  indexer jetstream restore /backup --replicas 1           of a cluster, into a single server
  indexer jetstream restore /backup --no-max-age           what is older than max_age stays; else it leaves at once
  indexer jetstream restore /backup --discard-unfinished   after a restore that was killed

Nothing that exists is overwritten. Checksums are compared before the first call; messages, sequences, samples and
consumers after it. Stop the publishers first, or keep them stopped until it is done. The directory of one stream, as
`nats stream backup` writes it, works too. The window of message ids for duplicates is not in a backup: the daemon's
fence does not need it, other publishers may store an id twice until the window has passed.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `restore` takes."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="a backup, or the directory that holds them")
    parser.add_argument(
        "--only", action="append", default=[], metavar="STREAM", help="this stream alone; may be given several times"
    )
    parser.add_argument("--replicas", type=int, metavar="N", help="replicas of each stream (default: as backed up)")
    parser.add_argument("--no-max-age", action="store_true", help="restore without max_age; set it again afterwards")
    parser.add_argument(
        "--discard-unfinished", action="store_true", help="first delete what an interrupted restore left"
    )
    add_settings_flags(parser)
    parser.set_defaults(run=restore_command)


def restore_command(args: argparse.Namespace) -> int:
    """`indexer jetstream restore`."""
    log.configure()
    settings = load_settings(args)
    directory = _find(args.directory)
    streams = sources(directory, args.only)
    if not streams:
        raise UsageError(f"no backup in {directory}", hint="`indexer jetstream backup DIR` makes one")
    _announce(directory)
    try:
        return uvloop.run(_run(args, settings, streams))
    except Stopped:
        sys.stderr.write(
            "indexer: stopped; what was there of an unfinished stream was deleted, or stays marked as unfinished\n"
        )
        return _CUT_SHORT


def _find(given: Path) -> Path:
    """A backup of ours, or a directory another tool wrote one stream or several into."""
    if given.is_dir() and not (given / manifest.MANIFEST).is_file():
        folders = [given, *(path for path in given.iterdir() if path.is_dir() and not backup_dir.ours(path))]
        if any((path / manifest.CONFIG).is_file() for path in folders):
            return given
    return backup_dir.find(given)


def _announce(directory: Path) -> None:
    if not (directory / manifest.MANIFEST).is_file():
        sys.stdout.write(f"{directory}: no manifest, so nothing to compare with but the archive's own state\n")
        return
    told = manifest.read(directory)
    sys.stdout.write(f"{directory}: of {told.finished}, nats-server {told.server_version}; checksums are right\n")
    sys.stdout.flush()


async def _run(args: argparse.Namespace, settings: Settings, streams: list[Source]) -> int:
    change = Change(replicas=args.replicas, forever=args.no_max_age)
    done: list[Restored] = []
    async with (
        stop_on_signals(None) as stop,
        unless_stopped(stop),
        connected(settings, Metrics(), name="indexer restore") as connection,
    ):
        try:
            await require_free(connection, streams, discard=args.discard_unfinished)
            with shown("restoring") as report:
                for stream in streams:
                    done.append(await restore(connection, settings, stream, change, report))  # noqa: PERF401 - see finally
        except (ApiError, TransientError) as error:
            raise PeerError(f"restoring broke off: {error}", hint="--discard-unfinished begins anew") from error
        finally:
            _say(done)
    return 0


def _say(done: list[Restored]) -> None:
    table = Table("restored", "messages", "sequences", "consumers", "compared", box=None, header_style="bold")
    for one in done:
        table.add_row(
            one.name,
            f"{one.messages:,}",
            f"{one.first_seq:,} to {one.last_seq:,}" if one.messages else f"none, next is {one.last_seq + 1:,}",
            str(one.consumers),
            f"{one.samples:,} messages",
        )
        for note in one.notes:
            table.add_row("", "", note)
    if done:
        Console(width=None if sys.stdout.isatty() else 160, highlight=False).print(table)
