"""The command line: `indexer up | run | repair | programs | localnet | jetstream | clickhouse | sql | …`."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from functools import partial
from importlib.metadata import version

from rich.console import Console
from rich.table import Table

from indexer import (
    app,
    candle_command,
    catalogue,
    chart,
    clickhouse_command,
    decode,
    doctor,
    jetstream_command,
    log,
    sql,
)
from indexer.endpoints import scrub
from indexer.errors import FatalError, UsageError
from indexer.localnet import command as localnet
from indexer.settings_flags import add_settings_flags, effective_settings, load_settings, secrets_of

_INTERRUPTED = 130  # as shells have it: a command without a loop to drain was cut short
_EPILOG = """\
start here:
  indexer up                                   everything on this machine, built-in localnet as the chain
  SOLANA_RPC_URL=https://... indexer up        the same against a real cluster
  indexer up --for 60                          stop by itself after a minute

as a service:
  indexer jetstream init                       create streams and consumers on NATS_URL
  indexer jetstream check                      are they as they should be, and for how long
  indexer run                                  the daemon alone
  indexer run --replay-from-slot 370000000     fill the stream from a slot, then go on live
  indexer repair                               try the missing slots again
  indexer candles                              1m, 5m and 1h candles of every pool

looking closer:
  indexer doctor                               will it run here; --production: the checklist
  indexer decode SIGNATURE                     a transaction as a tree, its swaps, and why there are none
  indexer programs                             every program we decode, and how
  indexer clickhouse run                       the streams as tables; `indexer sql "SELECT ..."` asks them
  indexer chart POOL                           candles in the terminal; --png FILE: a picture

exit codes: 0 done, 1 bug, 2 usage or settings, 3 a peer cannot be reached, 4 data not available, 5 a check failed
"""
_RUN_EPILOG = """\
examples:
  SOLANA_RPC_URL=https://a.example,https://b.example NATS_URL=nats://nats:4222 indexer run
  indexer run --start latest                   ignore the last marker; start at the tip
  indexer run --replay-from-slot 370000000 --to-slot 370010000
  indexer run --programs raydium_amm_v4,orca_whirlpool
"""
_UP_EPILOG = """\
examples:
  indexer up                                   embedded NATS and the built-in localnet (generated data)
  indexer up --record ../recorded              localnet serves recorded blocks instead of generated ones
  SOLANA_RPC_URL=https://... indexer up        embedded NATS, real chain
  NATS_URL=nats://nats:4222 indexer up         your NATS in place of the embedded one
  CLICKHOUSE_URL=http://user:password@ch:8123/dex indexer up    your ClickHouse; its tables are made
  indexer up --without clickhouse              swaps and candles, no database
  indexer sql "SELECT * FROM top_pools"        in another terminal, while it runs or after

On a NATS of your own the candle builder is left out while another reads there, since a second one stops the first; the
sink while another reads there, or once its consumer was read: each message goes to one reader. --with runs them anyway.
"""
_REPAIR_EPILOG = """\
examples:
  indexer repair                               every missing slot of the stream
  indexer repair --from 370000000 --to 370000500
"""
_CONFIG_EPILOG = """\
examples:
  indexer config                               every setting, its value, and where it came from
  INDEXER_PROGRAMS=pumpswap indexer config     what a variable does
  indexer config --commitment finalized        what a flag does
  indexer config --nats-context prod           what a context of the nats CLI gives
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser().parse_args(words, argparse.Namespace(argv=words))
    try:
        return int(args.run(args))
    except FatalError as error:
        _complain(error)
        return error.exit_code
    except KeyboardInterrupt:
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 0
    except Exception:  # noqa: BLE001 - the last resort: a bug ends the process loudly, without secrets
        sys.stderr.write(_without_secrets(traceback.format_exc(), args))
        sys.stderr.write("indexer: this is a bug; nothing unpublished was marked as settled\n")
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="indexer",
        description="Every DEX swap on Solana into NATS JetStream: exactly once, in slot order.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"indexer {version('solana-liquidity-indexer')}")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    up = _command(commands, "up", "run everything on this machine", _UP_EPILOG)
    up.add_argument(
        "--nats-port", type=int, default=0, metavar="PORT", help="port of the embedded NATS (0: a free one)"
    )
    up.add_argument("--record", action="append", metavar="DIR", help="localnet serves the recorded blocks of DIR")
    up.add_argument(
        "--slot-milliseconds", type=int, metavar="MS", help="slot time of localnet (300; with --record all at once)"
    )
    up.add_argument(
        "--without",
        action="append",
        choices=("candles", "clickhouse"),
        default=[],
        help="leave out candles or database",
    )
    up.add_argument(
        "--with",
        dest="also",
        action="append",
        choices=("candles", "clickhouse"),
        default=[],
        help="with NATS_URL: run it though another does there; a second candle builder stops the first",
    )
    up.add_argument("--seed", type=int, default=1, metavar="N", help="seed of localnet's generated chain")
    _run_flags(up)
    up.set_defaults(run=app.up_command)
    run = _command(commands, "run", "the daemon alone, for containers", _RUN_EPILOG)
    _run_flags(run)
    run.set_defaults(run=app.run_command)
    repair = _command(commands, "repair", "publish missing slots now", _REPAIR_EPILOG)
    repair.add_argument("--from", dest="first", type=int, metavar="SLOT", help="first slot (default: of the stream)")
    repair.add_argument("--to", dest="last", type=int, metavar="SLOT", help="last slot (default: of the stream)")
    add_settings_flags(repair)
    repair.set_defaults(run=app.repair_command)
    node = _command(commands, "localnet", "a Solana RPC and PubSub node on loopback", localnet.EPILOG)
    localnet.add_arguments(node)
    node.set_defaults(run=localnet.run_command)
    _groups(commands)
    sql.add_arguments(_command(commands, "sql", "a read-only query over what the sink has stored", sql.EPILOG))
    chart.add_arguments(_command(commands, "chart", chart.HELP, chart.EPILOG))
    candle_command.add_arguments(_command(commands, "candles", candle_command.HELP, candle_command.EPILOG))
    decode.add_arguments(_command(commands, "decode", "swaps of transactions, and why there are none", decode.EPILOG))
    catalogue.add_arguments(_command(commands, "programs", "every program we decode, and how", catalogue.EPILOG))
    doctor.add_arguments(_command(commands, "doctor", "will it run here; the production checklist", doctor.EPILOG))
    config = _command(commands, "config", "print the effective settings, secrets masked", _CONFIG_EPILOG)
    add_settings_flags(config)
    config.set_defaults(run=_config_command)
    return parser


def _groups(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    group = _command(commands, "jetstream", "streams and consumers on NATS_URL", jetstream_command.EPILOG)
    verbs = group.add_subparsers(title="verbs", required=True, metavar="VERB")
    jetstream_command.add_verbs(partial(_command, verbs))
    group = _command(commands, "clickhouse", "the streams as tables, in ClickHouse", clickhouse_command.EPILOG)
    verbs = group.add_subparsers(title="verbs", required=True, metavar="VERB")
    clickhouse_command.add_verbs(partial(_command, verbs))


def _command(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, epilog: str
) -> argparse.ArgumentParser:
    return commands.add_parser(
        name,
        help=text,
        description=text[0].upper() + text[1:] + ".",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )


def _run_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--replay-from-slot", metavar="SLOT", help="publish from this slot on, skipping what is there")
    parser.add_argument("--to-slot", metavar="SLOT", help="stop after this slot")
    parser.add_argument("--republish", action="store_true", help="publish settled slots again, marked as repair")
    parser.add_argument("--for", dest="for_seconds", type=float, metavar="SECONDS", help="stop by itself")
    add_settings_flags(parser)


def _config_command(args: argparse.Namespace) -> int:
    table = Table("setting", "value", "from", "variable", box=None, header_style="bold")
    for setting in effective_settings(args):
        style = "dim" if setting.source == "default" else ""
        table.add_row(setting.name, setting.value, setting.source, setting.env, style=style)
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    return 0


def _complain(error: FatalError) -> None:
    sys.stderr.write(f"indexer: {error}\n")
    if error.hint:
        sys.stderr.write(f"  {error.hint}\n")


def _without_secrets(text: str, args: argparse.Namespace) -> str:
    try:
        secrets = secrets_of(load_settings(args))
    except UsageError:
        return "indexer: an error while reading the settings\n"
    for secret in secrets:
        text = scrub(text, secret).replace(secret, "********")
    return text


if __name__ == "__main__":
    log.configure()
    sys.exit(main())
