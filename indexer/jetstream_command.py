"""`indexer jetstream VERB`: each verb's arguments, and what a person sees of its answer."""

import argparse
from collections.abc import Callable

import uvloop
from rich.console import Console
from rich.table import Table

from indexer import backup_command, jetstream, log, peek_command, restore_command
from indexer.config import Settings
from indexer.errors import CheckError
from indexer.metrics import Metrics
from indexer.nats_connection import connected
from indexer.settings_flags import add_settings_flags, load_settings

EPILOG = """\
examples:
  NATS_URL=nats://nats:4222 indexer jetstream init
  indexer jetstream init --replicas 3          on a cluster
"""
#: makes a command's parser: name, help, epilog
AddCommand = Callable[[str, str, str], argparse.ArgumentParser]


def add_verbs(command: AddCommand) -> None:
    """Every verb of `indexer jetstream`."""
    init = command("init", "create what is missing; what exists is left as it is", EPILOG)
    init.add_argument(
        "--replicas",
        type=int,
        metavar="N",
        help="replicas of each stream (default: as the files say, 1; 3 on a cluster)",
    )
    add_settings_flags(init)
    init.set_defaults(run=_init_command)
    backup_command.add_arguments(command("backup", "streams and consumers into files", backup_command.EPILOG))
    restore_command.add_arguments(command("restore", "a backup into a server", restore_command.EPILOG))
    peek_command.add_peek_arguments(command("peek", "stored swaps as a table", peek_command.PEEK_EPILOG))
    peek_command.add_tail_arguments(command("tail", "swaps as they come", peek_command.TAIL_EPILOG))


def _init_command(args: argparse.Namespace) -> int:
    log.configure()
    return uvloop.run(_init(load_settings(args), args.replicas))


async def _init(settings: Settings, replicas: int | None) -> int:
    async with connected(settings, Metrics()) as nats:
        changes = await jetstream.init(nats, directory=settings.jetstream_dir, replicas=replicas)
    table = Table("kind", "name", "result", box=None, header_style="bold")
    for change in changes:
        table.add_row(change.kind, change.name, change.result)
        for line in change.differences:
            table.add_row("", "", f"[yellow]{line}[/]")
    Console().print(table)
    if any(change.differences for change in changes):
        raise CheckError("what exists differs from deploy/jetstream", hint="nothing was changed")
    return 0
