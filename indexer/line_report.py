"""Lines of `indexer jetstream check` and `indexer doctor` for a person, for a machine, and as an exit code."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

import orjson
from rich.console import Console
from rich.table import Table

from indexer.errors import CheckError
from indexer.jetstream_line import Line

_WIDE = 200
_STYLES = {"ok": "green", "warn": "yellow", "fail": "red bold", "unseen": "cyan"}


def report(found: Sequence[Line], *, of: str, json: bool) -> int:
    """Print what was found, a table or one JSON document; ``of`` is what an error calls it. Raises CheckError."""
    count = Counter(line.verdict for line in found)
    if json:
        document = {"ok": not count["fail"], "lines": [asdict(line) for line in found]}
        sys.stdout.write(orjson.dumps(document, option=orjson.OPT_INDENT_2).decode() + "\n")
    else:
        _print(found)
    if count["fail"]:
        unseen = f", {count['unseen']} cannot be seen" if count["unseen"] else ""
        raise CheckError(
            f"{count['fail']} of {len(found)} {of} failed, {count['warn']} warn{unseen}",
            hint="what to do stands beside each",
        )
    return 0


def _print(found: Sequence[Line]) -> None:
    table = Table("check", "name", "figure", "verdict", "what to do", box=None, header_style="bold")
    for line in found:
        table.add_row(line.check, line.name, line.figure, f"[{_STYLES[line.verdict]}]{line.verdict}[/]", line.advice)
    Console(width=None if sys.stdout.isatty() else _WIDE).print(table)
