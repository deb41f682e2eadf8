"""The command line: `indexer up | run | repair | programs | localnet | jetstream | clickhouse | sql | …`."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from indexer.commands import add_commands
from indexer.errors import FatalError, UsageError

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


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    args = _parser(words).parse_args(words, argparse.Namespace(argv=words))
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


def _parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """For ``words``, and for no others: the module of another command is not there."""
    parser = argparse.ArgumentParser(
        prog="indexer",
        description="Every DEX swap on Solana into NATS JetStream: exactly once, in slot order.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show program's version number and exit")
    add_commands(parser, words)
    return parser


class _Version(argparse.Action):
    """Looks the version up when it is asked for: that costs as much as the rest of the command line."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib.metadata import version  # noqa: PLC0415

        sys.stdout.write(f"{parser.prog} {version('solana-liquidity-indexer')}\n")
        parser.exit()


def _complain(error: FatalError) -> None:
    sys.stderr.write(f"indexer: {error}\n")
    if error.hint:
        sys.stderr.write(f"  {error.hint}\n")


def _without_secrets(text: str, args: argparse.Namespace) -> str:
    from indexer.endpoints import scrub  # noqa: PLC0415 - as below
    from indexer.settings_flags import load_settings, secrets_of  # noqa: PLC0415 - a sixth of a second for bugs alone

    try:
        secrets = secrets_of(load_settings(args))
    except UsageError:
        return "indexer: an error while reading the settings\n"
    for secret in secrets:
        text = scrub(text, secret).replace(secret, "********")
    return text


if __name__ == "__main__":
    sys.exit(main())
