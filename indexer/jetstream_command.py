"""The verbs of `indexer jetstream`; each has a module of its own."""

import argparse
from collections.abc import Callable

from indexer import jetstream_check, jetstream_init

EPILOG = """\
examples:
  NATS_URL=nats://nats:4222 indexer jetstream init
  indexer jetstream check                      is everything as it should be, and for how long
"""
#: makes a command's parser: name, help, epilog
AddCommand = Callable[[str, str, str], argparse.ArgumentParser]


def add_verbs(command: AddCommand) -> None:
    """Every verb of `indexer jetstream`."""
    init = "create what is missing; what exists is left as it is without --apply"
    jetstream_init.add_arguments(command("init", init, jetstream_init.EPILOG))
    check = "is everything as the files say, and for how long; exit code 5 when not"
    jetstream_check.add_arguments(command("check", check, jetstream_check.EPILOG))
