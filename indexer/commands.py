"""Every command by its name: its line in the help, and its module, which is imported when the command is given.

All modules together take half a second: `--help` and the shorter commands do without them.
"""

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Protocol, cast

from indexer.collector import without_the_collector


@dataclass(frozen=True, slots=True)
class Command:
    """``module`` is a ``CommandModule``."""

    name: str
    help: str
    module: str


@dataclass(frozen=True, slots=True)
class Group:
    """A command whose next word is one of ``verbs``."""

    name: str
    help: str
    epilog: str
    verbs: tuple[Command, ...]


class CommandModule(Protocol):
    """What a command's module has for the command line."""

    @property
    def EPILOG(self) -> str:  # noqa: N802 - a constant of a module
        """Examples, and what there is to know."""

    def add_arguments(self, parser: argparse.ArgumentParser, /) -> None:
        """The command's flags, and its function as the default of ``run``."""


_JETSTREAM = """\
examples:
  NATS_URL=nats://nats:4222 indexer jetstream init
  indexer jetstream check                      is everything as it should be, and for how long
  indexer jetstream tail                       swaps as they come
  indexer jetstream backup /backups --keep 7   streams and consumers into files
"""
_CLICKHOUSE = """\
examples:
  indexer clickhouse run                       streams into the embedded engine; `indexer sql` asks it
  CLICKHOUSE_URL=http://user:password@ch:8123/dex indexer clickhouse migrate
  CLICKHOUSE_URL=http://user:password@ch:8123/dex NATS_URL=nats://nats:4222 indexer clickhouse run
"""
_JETSTREAM_VERBS = (
    Command("init", "create what is missing; what exists is left as it is without --apply", "indexer.jetstream_init"),
    Command(
        "check", "is everything as the files say, and for how long; exit code 5 when not", "indexer.jetstream_check"
    ),
    Command("backup", "streams and consumers into files", "indexer.backup_command"),
    Command("restore", "a backup into a server", "indexer.restore_command"),
    Command("peek", "stored swaps as a table", "indexer.peek_command"),
    Command("tail", "swaps as they come", "indexer.tail_command"),
)
_CLICKHOUSE_VERBS = (
    Command("run", "the sink alone: the streams into ClickHouse", "indexer.clickhouse_service"),
    Command("migrate", "create or complete tables and views; what is applied is left", "indexer.clickhouse_migrate"),
)
#: in the order of the help
COMMANDS: tuple[Command | Group, ...] = (
    Command("up", "run everything on this machine", "indexer.up_command"),
    Command("run", "the daemon alone, for containers", "indexer.run_command"),
    Command("repair", "publish missing slots now", "indexer.repair_command"),
    Command("localnet", "a Solana RPC and PubSub node on loopback", "indexer.localnet.command"),
    Group("jetstream", "streams and consumers on NATS_URL", _JETSTREAM, _JETSTREAM_VERBS),
    Group("clickhouse", "the streams as tables, in ClickHouse", _CLICKHOUSE, _CLICKHOUSE_VERBS),
    Command("sql", "a read-only query over what the sink has stored", "indexer.sql"),
    Command("chart", "the candles of a pool, in the terminal or as a picture", "indexer.chart"),
    Command(
        "candles", "1m, 5m and 1h candles of every pool, from the stream's swaps and markers", "indexer.candle_command"
    ),
    Command("decode", "swaps of transactions, and why there are none", "indexer.decode"),
    Command("programs", "every program we decode, and how", "indexer.catalogue"),
    Command("doctor", "will it run here; the production checklist", "indexer.doctor"),
    Command("config", "print the effective settings, secrets masked", "indexer.config_command"),
)


def add_commands(parser: argparse.ArgumentParser, words: Sequence[str]) -> None:
    """Give ``parser`` every command by name and help, and the one that ``words`` name with all it takes."""
    _add(parser.add_subparsers(title="commands", required=True, metavar="COMMAND"), COMMANDS, words)


def _add(
    children: "argparse._SubParsersAction[argparse.ArgumentParser]",
    commands: Sequence[Command | Group],
    words: Sequence[str],
) -> None:
    given, rest = _first(words)
    for one in commands:
        child = children.add_parser(
            one.name,
            help=one.help,
            description=one.help[0].upper() + one.help[1:] + ".",
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        if one.name != given:
            continue
        if isinstance(one, Group):
            child.epilog = one.epilog
            _add(child.add_subparsers(title="verbs", required=True, metavar="VERB"), one.verbs, rest)
        else:
            module = module_of(one)
            child.epilog = module.EPILOG
            module.add_arguments(child)


def module_of(command: Command) -> CommandModule:
    """Import it."""
    with without_the_collector():
        return cast(CommandModule, import_module(command.module))


def _first(words: Sequence[str]) -> tuple[str, Sequence[str]]:
    """The first word that is no flag, which no flag before a command or verb takes as its value; and all after it."""
    for index, word in enumerate(words):
        if not word.startswith("-"):
            return word, words[index + 1 :]
    return "", ()
