"""`indexer jetstream backup`: once, on an interval, or a look at backups that are there."""

import argparse
import sys
from pathlib import Path

import uvloop
from rich.console import Console
from rich.table import Table

from indexer import backup_dir, log, manifest, topology
from indexer.backup import Taken, Wish, back_up
from indexer.backup_progress import shown
from indexer.backup_schedule import run_every
from indexer.config import Settings
from indexer.errors import CheckError, UsageError
from indexer.jetstream_require import missing_stream
from indexer.metrics import Metrics, textfile
from indexer.nats_connection import connected
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.standing import look
from indexer.stopping import Stopped, stop_on_signals, unless_stopped

_CUT_SHORT = 130
_FIGURES = (
    "indexer_backup_last_success_timestamp_seconds",
    "indexer_backup_bytes",
    "indexer_backup_messages",
)
EPILOG = """\
examples:
  indexer jetstream backup /backup                         every stream of deploy/jetstream that is there
  indexer jetstream backup /backup --only dex-swaps --keep 7
  indexer jetstream backup /backup --metrics-file /var/lib/node_exporter/indexer_backup.prom
  indexer jetstream backup /backup --every 86400 --keep 7  a container's command: metrics on --metrics-addr
  indexer jetstream backup /backup --verify                read every byte of what is there; needs no server

Each backup is a directory of DIR named after its UTC time, whole or not there. It holds a manifest, SHA256SUMS, and per
stream what `nats stream backup` writes, so either tool restores the other's. Publishers may go on meanwhile: what they
publish after a stream's last sequence, which is printed, is not in it.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `backup` takes."""
    parser.add_argument("directory", type=Path, metavar="DIR", help="where backups are kept")
    parser.add_argument(
        "--only", action="append", default=[], metavar="STREAM", help="this stream alone; may be given several times"
    )
    parser.add_argument(
        "--keep", type=int, metavar="N", help="delete older whole backups than the newest N, at the end"
    )
    parser.add_argument("--verify", action="store_true", help="check what is there instead, without a server")
    parser.add_argument("--check", action="store_true", help="have the server check its messages first")
    parser.add_argument("--every", type=float, metavar="SECONDS", help="go on for ever, a backup every so often")
    parser.add_argument("--metrics-file", type=Path, metavar="PATH", help="for Prometheus' textfile collector")
    add_settings_flags(parser)
    parser.set_defaults(run=backup_command)


def backup_command(args: argparse.Namespace) -> int:
    """`indexer jetstream backup`."""
    log.configure()
    settings = load_settings(args)
    if args.keep is not None and args.keep < 1:
        raise UsageError(f"--keep takes a number above 0, not {args.keep}")
    if args.every is not None and not args.every > 0:
        raise UsageError(f"--every takes seconds above 0, not {args.every:g}", hint="86400 is a day")
    if args.verify:
        return _verify(args.directory)
    try:
        return uvloop.run(_run(args, settings))
    except Stopped:
        if args.every is not None:
            return 0
        sys.stderr.write("indexer: stopped; the unfinished backup was removed\n")
        return _CUT_SHORT


async def _run(args: argparse.Namespace, settings: Settings) -> int:
    metrics = Metrics()

    async def once() -> None:
        taken = await _once(args, settings, metrics)
        _figures(metrics, taken)
        if args.metrics_file is not None:
            _publish(args.metrics_file, metrics)
        _say(taken)

    async with stop_on_signals(None) as stop:
        if args.every is None:
            async with unless_stopped(stop):
                await once()
        else:
            newest = backup_dir.whole(args.directory)[-1:]
            for path in newest:
                _figures(metrics, Taken(path=path, manifest=manifest.read(path), retired=[]))
            last = backup_dir.taken(newest[0]) if newest else None
            await run_every(args.every, once, last=last, settings=settings, metrics=metrics, stop=stop)
    return 0


async def _once(args: argparse.Namespace, settings: Settings, metrics: Metrics) -> Taken:
    async with connected(settings, metrics, name="indexer backup") as connection:
        names = args.only
        if not names:
            ours = topology.stream_names(settings.jetstream_dir)
            names = [name for name in ours if await look(connection, name) is not None]
            if not names:
                raise missing_stream(ours[0])
        wish = Wish(directory=args.directory, streams=list(dict.fromkeys(names)), keep=args.keep, check=args.check)
        with shown("backing up") as report:
            return await back_up(connection, settings, wish, report)


def _figures(metrics: Metrics, taken: Taken) -> None:
    for stream in taken.manifest.streams:
        metrics.backup_last_success_timestamp_seconds.labels(stream.name).set(backup_dir.taken(taken.path))
        metrics.backup_bytes.labels(stream.name).set(stream.archive_bytes)
        metrics.backup_messages.labels(stream.name).set(stream.messages)


def _publish(path: Path, metrics: Metrics) -> None:
    """In one step, so that the collector never reads half of it."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        partial.write_bytes(textfile(metrics, _FIGURES))
        partial.chmod(0o644)
        partial.replace(path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise UsageError(
            f"the backup is whole, but cannot write {path}: {error.strerror}", hint="--metrics-file"
        ) from error


def _say(taken: Taken) -> None:
    table = Table("stream", "messages", "sequences", "archive", "consumers", box=None, header_style="bold")
    for one in taken.manifest.streams:
        exact = one.messages == one.messages_at_least
        table.add_row(
            one.name,
            f"{one.messages:,}" if exact else f"{one.messages_at_least:,} to {one.messages:,}",
            f"{one.first_seq:,} to {one.last_seq:,}" if one.messages else f"none, next is {one.last_seq + 1:,}",
            f"{one.archive_bytes:,} bytes",
            ", ".join(f"{each.name} at {each.before.ack_floor_stream:,}" for each in one.consumers),
        )
    console = Console(width=None if sys.stdout.isatty() else 160, highlight=False)
    console.print(table)
    console.print(f"{taken.path}: whole, {taken.manifest.archive_bytes:,} bytes, read back and checked", soft_wrap=True)
    console.print(
        "Published after those last sequences: not in it. The streams were taken one after another, so later ones may "
        "be ahead of earlier ones; consumers are as they stood at their stream's turn.",
        soft_wrap=True,
    )
    for path in taken.retired:
        console.print(f"deleted {path}", soft_wrap=True)
    sys.stdout.flush()


def _verify(directory: Path) -> int:
    checked = backup_dir.check_all(directory)
    for path, problem in checked:
        sys.stdout.write(f"{path}: {problem or 'whole'}\n")
    damaged = sum(bool(problem) for _, problem in checked)
    if damaged:
        sys.stdout.flush()
        raise CheckError(f"{damaged} of {len(checked)} backups damaged", hint="nothing was changed")
    return 0
