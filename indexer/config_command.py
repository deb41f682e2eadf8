"""`indexer config`: every setting as it took effect, and where it came from."""

import argparse
import sys

from rich.console import Console
from rich.table import Table

from indexer.settings_flags import add_settings_flags, effective_settings

EPILOG = """\
examples:
  indexer config                               every setting, its value, and where it came from
  INDEXER_PROGRAMS=pumpswap indexer config     what a variable does
  indexer config --commitment finalized        what a flag does
  indexer config --nats-context prod           what a context of the nats CLI gives
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The settings alone."""
    add_settings_flags(parser)
    parser.set_defaults(run=config_command)


def config_command(args: argparse.Namespace) -> int:
    """`indexer config`."""
    table = Table("setting", "value", "from", "variable", box=None, header_style="bold")
    for setting in effective_settings(args):
        style = "dim" if setting.source == "default" else ""
        table.add_row(setting.name, setting.value, setting.source, setting.env, style=style)
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    return 0
