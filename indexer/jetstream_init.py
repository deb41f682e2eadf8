"""`indexer jetstream init`: its arguments, and what a person sees of what it found and did."""

import argparse
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import uvloop
from rich.console import Console
from rich.table import Table

from indexer import jetstream, log, topology
from indexer.config import Settings
from indexer.embedded import swaps_bytes
from indexer.errors import CheckError
from indexer.jetstream import Change
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.topology_drift import Difference
from indexer.topology_fields import human
from indexer.topology_rules import require_sound

EPILOG = """\
examples:
  NATS_URL=nats://nats:4222 indexer jetstream init
  indexer jetstream init --replicas 3          on a cluster
  indexer jetstream init --dry-run             what it would do; nothing is written
  indexer jetstream init --apply               also change what differs, where the server can
  indexer jetstream init --only dex-dead --only dex-swaps/api-query

It may run at any time, from several places at once. A second run changes nothing. What differs from the files is left
as it is without --apply, and exit code 5 says so. A topology that the server would refuse or that loses data is
refused before anything is written.
"""
_WIDE = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `init` takes."""
    add_replicas(parser)
    parser.add_argument("--apply", action="store_true", help="change what differs from the files")
    parser.add_argument("--dry-run", action="store_true", help="write nothing; say what would be done")
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="a stream with its consumers, a consumer, or STREAM/CONSUMER; may be repeated",
    )
    add_settings_flags(parser)
    parser.set_defaults(run=_command)


def add_replicas(parser: argparse.ArgumentParser) -> None:
    """The flag that `init` and `check` share."""
    parser.add_argument(
        "--replicas",
        type=int,
        metavar="N",
        help="replicas of each stream: 1, 3 on a cluster, or 5 [INDEXER_JETSTREAM_REPLICAS, default: as the files say]",
    )


def topology_options(
    args: argparse.Namespace, settings: Settings, greeting: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Any]:
    """Where the files are and what goes over them; of --replicas the flag, else the setting. ``greeting``: its INFO."""
    replicas = settings.jetstream_replicas or None if args.replicas is None else int(args.replicas)
    return {
        "directory": settings.jetstream_dir,
        "replicas": replicas,
        "max_bytes": swaps_bytes(settings, greeting),
    }


def _command(args: argparse.Namespace) -> int:
    log.configure()
    return uvloop.run(_init(load_settings(args), args))


async def _init(settings: Settings, args: argparse.Namespace) -> int:
    wanted = topology.load(**topology_options(args, settings))
    require_sound(wanted)
    topology.chosen(wanted, args.only)  # all of it before NATS is asked for anything
    async with connected(settings, Metrics()) as nats:
        options = topology_options(args, settings, nats.greeting)
        try:
            changes = await jetstream.init(
                nats, **options, apply=args.apply, dry_run=args.dry_run, only=args.only,
                seconds=settings.nats_connect_seconds,
            )  # fmt: skip
        except jetstream.Unchangeable as error:
            _print(error.changes)
            raise
    _print(changes)
    if any(change.result in ("differs", "would change") for change in changes):
        raise CheckError("what exists differs from deploy/jetstream", hint=_advice(changes, args))
    return 0


def _print(changes: list[Change]) -> None:
    results = Table("kind", "name", "result", box=None, header_style="bold")
    fields = Table("name", "field", "wanted", "there", "with --apply", box=None, header_style="bold")
    for change in changes:
        results.add_row(change.kind, change.name, change.result)
        for one in change.differences:
            done = "changed" if change.result == "changed" else _how(one)
            fields.add_row(change.name, one.key, human(one.key, one.wanted), human(one.key, one.there), done)
    console = Console(width=None if sys.stdout.isatty() else _WIDE)
    console.print(results)
    if fields.row_count:
        console.print()
        console.print(fields)


def _how(one: Difference) -> str:
    if one.obstacle:
        return one.obstacle if one.obstacle.startswith("refused") else f"the server cannot change it: {one.obstacle}"
    return f"changes; {one.loses}" if one.loses else "changes"


def _advice(changes: list[Change], args: argparse.Namespace) -> str:
    left = [one for change in changes if change.result != "changed" for one in change.differences]
    fixed = sorted({one.key for one in left if one.obstacle})
    if args.apply and not args.dry_run:
        return f"the server cannot change {', '.join(fixed)}: the table says what can be done"
    able = "" if len(fixed) == len({one.key for one in left}) else "; --apply changes what the server can"
    return f"nothing was changed{able}"
