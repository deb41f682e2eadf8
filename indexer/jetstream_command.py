"""The verbs of `indexer jetstream`; each has a module of its own."""

import argparse
from collections.abc import Callable

from indexer import backup_command, jetstream_check, jetstream_init, peek_command, restore_command

EPILOG = """\
examples:
  NATS_URL=nats://nats:4222 indexer jetstream init
  indexer jetstream check                      is everything as it should be, and for how long
  indexer jetstream tail                       swaps as they come
  indexer jetstream backup /backups --keep 7   streams and consumers into files
"""
#: makes a command's parser: name, help, epilog
AddCommand = Callable[[str, str, str], argparse.ArgumentParser]


def add_verbs(command: AddCommand) -> None:
    """Every verb of `indexer jetstream`."""
    init = "create what is missing; what exists is left as it is without --apply"
    jetstream_init.add_arguments(command("init", init, jetstream_init.EPILOG))
    check = "is everything as the files say, and for how long; exit code 5 when not"
    jetstream_check.add_arguments(command("check", check, jetstream_check.EPILOG))
    backup_command.add_arguments(command("backup", "streams and consumers into files", backup_command.EPILOG))
    restore_command.add_arguments(command("restore", "a backup into a server", restore_command.EPILOG))
    peek_command.add_peek_arguments(command("peek", "stored swaps as a table", peek_command.PEEK_EPILOG))
    peek_command.add_tail_arguments(command("tail", "swaps as they come", peek_command.TAIL_EPILOG))
