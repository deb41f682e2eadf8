"""`indexer programs`: every program we know, how its amounts are learnt and checked, and what proves it."""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import orjson
from rich.console import Console
from rich.table import Table

from decoders.engine.spec import Program, SwapIx
from decoders.programs import PROGRAMS, ROUTERS
from decoders.undecodable import UNDECODABLE
from indexer.proven import PROVEN

_WIDE = 200
EPILOG = """\
examples:
  indexer programs                             every program with its kind, instructions and checks
  indexer programs --json | jq -r 'select(.kind == "clmm").program'
  indexer run --programs raydium_clmm,conversions      what the names are for

default: published without being asked for. amounts: where a swap's amounts are learnt. arguments: how the
instruction's own arguments bound them; events and balances are compared wherever a transaction states them. real:
mainnet transactions on record that decode and no witness disagrees with; the others are proven by made-up ones alone.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One program. ``proven`` counts the recorded mainnet transactions with a swap of it, or through it.

    ``reason`` says why it, or of a decoded one which part, is not decoded.
    """

    program: str
    address: str
    kind: str
    default: bool
    instructions: tuple[str, ...] = ()
    layouts: int = 0
    amounts: tuple[str, ...] = ()
    arguments: tuple[str, ...] = ()
    proven: int = 0
    reason: str = ""


def entries() -> Iterator[Entry]:
    """Venues and conversions, routers, and those that are known but not decoded, each as listed in ``decoders``."""
    yield from map(_program, PROGRAMS)
    for router in ROUTERS:
        yield Entry(
            program=router.name, address=router.address, kind="router", default=False, proven=PROVEN.get(router.name, 0)
        )
    for one in UNDECODABLE:
        yield Entry(program=one.name, address=one.address, kind="undecodable", default=False, reason=one.reason)


def _program(program: Program) -> Entry:
    return Entry(
        program=program.name,
        address=program.address,
        kind=program.kind,
        default=program.default,
        instructions=tuple(dict.fromkeys(layout.name for layout in program.swaps)),
        layouts=len(program.swaps),
        amounts=tuple(dict.fromkeys(map(_amounts, program.swaps))),
        arguments=tuple(dict.fromkeys(_rules(program))),
        proven=PROVEN.get(program.name, 0),
        reason=program.partly,
    )


def _amounts(layout: SwapIx) -> str:
    """How a layout's amounts are learnt, in the words of the function or of the type of the value that does it."""
    return getattr(layout.amounts, "__name__", type(layout.amounts).__name__.lower()).replace("_", " ")


def _rules(program: Program) -> Iterator[str]:
    for layout in program.swaps:
        rules = () if layout.args is None else layout.args.rules
        for rule in rules:
            yield f"{rule.side} {rule.relation.replace('_', ' ')}{' with fees' if rule.plus_fees else ''}"
        if not rules:
            yield "none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `programs` takes."""
    parser.add_argument("--json", action="store_true", help="one JSON object per program and line")
    parser.set_defaults(run=programs_command)


def programs_command(args: argparse.Namespace) -> int:
    """`indexer programs`."""
    everyone = list(entries())
    if args.json:
        sys.stdout.writelines(orjson.dumps(asdict(entry)).decode() + "\n" for entry in everyone)
        return 0
    console = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)
    for table in (_decoded(everyone), _routers(everyone), _undecodable(everyone)):
        console.print(table)
        console.print()
    console.print(summary())
    return 0


def summary() -> str:
    """How many there are, in one line."""
    everyone = list(entries())
    decoded = [entry for entry in everyone if entry.kind not in {"router", "undecodable"}]
    conversions = sum(entry.kind == "conversion" for entry in decoded)
    routers = sum(entry.kind == "router" for entry in everyone)
    proven = sum(entry.proven > 0 for entry in decoded)
    partly = sum(bool(entry.reason) for entry in decoded)
    return (
        f"{len(decoded) - conversions} venues and {conversions} conversions with {sum(one.layouts for one in decoded)} "
        f"layouts, {proven} of them in recorded mainnet transactions; {routers} routers; "
        f"{len(UNDECODABLE)} not decoded, {partly} in part"
    )


def _table(*columns: str) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in columns:
        table.add_column(
            column, justify="right" if column == "real" else "left", no_wrap=column in {"program", "address", "kind"}
        )
    return table


def _decoded(everyone: list[Entry]) -> Table:
    table = _table("program", "address", "kind", "default", "instructions", "amounts", "arguments", "real")
    for one in everyone:
        if one.kind not in {"router", "undecodable"}:
            table.add_row(
                one.program, one.address, one.kind, "on" if one.default else "off", ", ".join(one.instructions),
                ", ".join(one.amounts), ", ".join(one.arguments), f"{one.proven:,}" if one.proven else "",
            )  # fmt: skip
    return table


def _routers(everyone: list[Entry]) -> Table:
    table = _table("router", "address", "real")
    for one in everyone:
        if one.kind == "router":
            table.add_row(one.program, one.address, f"{one.proven:,}" if one.proven else "")
    return table


def _undecodable(everyone: list[Entry]) -> Table:
    table = _table("not decoded", "address", "why")
    for one in everyone:
        if one.reason:
            table.add_row(one.program, one.address, one.reason)
    return table
