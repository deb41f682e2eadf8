"""`indexer doctor`: will it run here; with --production, is all of the guide's checklist kept. It changes nothing."""

import argparse
from dataclasses import replace
from pathlib import Path

import uvloop

from indexer import log
from indexer.config import Settings
from indexer.doctor_machine import machine_lines
from indexer.doctor_nats import nats_lines
from indexer.doctor_solana import look, solana_lines
from indexer.jetstream_init import add_replicas
from indexer.jetstream_line import Line
from indexer.line_report import report
from indexer.settings_flags import add_settings_flags, load_settings

EPILOG = """\
examples:
  indexer doctor                               will it run here: settings, machine, endpoints, NATS
  indexer doctor --production                  the production checklist of deploy/jetstream/README.md, line by line
  indexer doctor --production --backups /backups --replicas 3
  indexer doctor --json                        the same for machines

It reads and changes nothing, on no peer. A line is ok, warn, fail, or unseen: what this user may not look at. Run it as
the daemon's user for its rights, and as the user monitor for the streams. Exit code 5 when a line fails.
"""
#: every check there is; the guide's checklist names each of --production
CHECKS = (
    "settings", "python", "event loop", "open files", "metrics address", "disk", "backup", "clock",
    "endpoints", "transport", "genesis", "node", "block", "history", "pubsub",
    "nats", "tls", "auth", "rights", "stream", "durability",
    "drift", "leader", "replicas", "capacity", "window", "progress", "pending", "time left", "full in", "sync",
)  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `doctor` takes."""
    parser.add_argument("--production", action="store_true", help="hold everything to the production checklist")
    parser.add_argument("--backups", type=Path, metavar="DIR", help="where `indexer jetstream backup` keeps them")
    parser.add_argument("--json", action="store_true", help="one JSON document: ok, and every line")
    add_replicas(parser)
    add_settings_flags(parser)
    parser.set_defaults(run=_command, only=[])


def _command(args: argparse.Namespace) -> int:
    log.configure()
    settings = load_settings(args)
    found = uvloop.run(_all(settings, args))
    return report(found, of="lines", json=args.json)


async def _all(settings: Settings, args: argparse.Namespace) -> list[Line]:
    """The machine, the chain, then NATS, which is held to the chain."""
    quiet = settings.model_copy(update={"rpc_attempts": 2, "nats_connect_seconds": settings.doctor_seconds})
    found = [line async for line in machine_lines(quiet, production=args.production, backups=args.backups)]
    nodes = await look(quiet)
    found += [line async for line in solana_lines(quiet, nodes, production=args.production)]
    found += [line async for line in nats_lines(quiet, args, nodes)]
    return [replace(line, advice="") if line.verdict == "ok" else line for line in found]
