"""`indexer decode`: what the daemon would publish of a transaction, and why it would not."""

import argparse
import sys
from collections.abc import Collection, Iterable, Iterator
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from decoders.engine.model import Decoded, Transaction
from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from indexer.config import Settings
from indexer.errors import DataError, UsageError
from indexer.inputs import Result, read
from indexer.message import swap_message
from indexer.programs import select_programs
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.tokens import exact_amount, token_name
from indexer.transaction import Block, BlockError, parse_block, parse_transaction
from indexer.tree import Reading

_WIDE = 240
EPILOG = """\
examples:
  SOLANA_RPC_URL=https://... indexer decode 5xk...        a transaction by its signature
  indexer decode transaction.json                         the result of getTransaction (encoding json), with or
                                                          without the envelope; .zst and .gz too
  indexer decode 370000000.json.zst                       a block: its slot is the file's name, or --slot
  indexer decode 370000000.json.zst --signature 5xk       a transaction of it, by the start of its signature
  curl ... getTransaction | indexer decode                standard input; signatures one per line work too
  indexer decode *.json --json | jq .amount_in            the payloads as the daemon publishes them, one per line

A getTransaction result of most nodes does not say where in its block it stands: tx_index is 0 then, unless the
transaction came by its signature.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `decode` takes."""
    parser.add_argument("inputs", nargs="*", metavar="SIGNATURE|FILE|-", help="what to decode; - is standard input")
    parser.add_argument(
        "--json", action="store_true", help="the swaps' exact payloads as JSON lines; reasons on stderr"
    )
    parser.add_argument("--slot", type=int, metavar="SLOT", help="slot of a block whose file is not named after it")
    parser.add_argument("--signature", metavar="START", help="of a block, transactions whose signature starts so")
    add_settings_flags(parser)
    parser.set_defaults(run=decode_command)


def decode_command(args: argparse.Namespace) -> int:
    """`indexer decode`."""
    settings = load_settings(args)
    wanted = select_programs(settings.programs, PROGRAMS)
    given = read(args.inputs, limit_bytes=settings.rpc_body_bytes)
    missing: list[str] = []
    if given.signatures():
        if not settings.rpc_urls():
            raise UsageError(
                "a signature needs a node: SOLANA_RPC_URL is not set",
                hint="SOLANA_RPC_URL=https://... indexer decode SIGNATURE, or name a file",
            )
        from indexer.decode_fetch import fetch  # noqa: PLC0415 - HTTP, metrics and a loop: of what a file needs, a half

        missing = fetch(given, settings)
    desk = _Desk(args, settings, wanted)
    for item in given.items:
        if isinstance(item, Result):
            desk.show(item)
    if missing:
        raise DataError(
            f"not found: {', '.join(missing)}",
            hint=f"the node knows nothing {settings.commitment} of it: too new, too old for it, or of another cluster",
        )
    return 0


class _Desk:
    """Decodes one result after another and writes it out."""

    def __init__(self, args: argparse.Namespace, settings: Settings, wanted: Collection[str]) -> None:
        self._json = args.json
        self._slot = args.slot
        self._start = args.signature
        self._lenient = settings.allow_missing_inner
        self._wanted = wanted
        self._registry = Registry(PROGRAMS, ROUTERS)
        self._console = Console(width=None if sys.stdout.isatty() else _WIDE, highlight=False)

    def show(self, result: Result) -> None:
        """Raises DataError for what is no transaction or block as a node gives it."""
        try:
            if result.kind == "block":
                self._block(result)
            else:
                self._transaction(result)
        except BlockError as error:
            raise DataError(f"{result.name}: {error}", hint=_hint(str(error))) from error

    def _transaction(self, result: Result) -> None:
        transaction = parse_transaction(
            result.text, slot=self._slot, tx_index=result.tx_index, allow_missing_inner=self._lenient
        )
        failed = ""
        if transaction is None:
            failed, transaction = _failed(result, lenient=self._lenient)
        self._write(transaction, Decoded() if failed else self._registry.decode(transaction), failed)

    def _block(self, result: Result) -> None:
        slot = self._slot if self._slot is not None else result.slot
        if slot is None:
            raise DataError(
                f"{result.name}: a block does not say its own slot", hint="add --slot, or name the file <slot>.json"
            )
        block = parse_block(result.text, slot=slot, known=self._registry.venues, allow_missing_inner=self._lenient)
        if self._start is not None:
            for picked in _picked(result, slot, self._start):
                self._transaction(picked)
            return
        answers = [(one, self._registry.decode(one)) for one in block.transactions]
        if not self._json:
            self._list(block, answers)
            return
        for one, answer in answers:
            self._write(one, answer)

    def _write(self, transaction: Transaction, decoded: Decoded, failed: str = "") -> None:
        reading = Reading(transaction, decoded, self._registry, self._wanted, failed)
        if not self._json:
            self._console.print(reading.render())
            return
        swaps = [swap for swap in decoded.swaps if swap.program in self._wanted]
        for swap in swaps:
            sys.stdout.buffer.write(swap_message(transaction, swap).payload + b"\n")
        if not swaps or decoded.dead:
            reasons = [f"{letter.program} at {letter.idx}: {letter.reason}: {letter.detail}" for letter in decoded.dead]
            sys.stderr.write(f"{transaction.signature}: {'; '.join([reading.verdict(), *reasons])}\n")

    def _list(self, block: Block, answers: Iterable[tuple[Transaction, Decoded]]) -> None:
        table = Table(box=None, header_style="bold", pad_edge=False)
        for column in ("tx", "signature", "idx", "program", "paid", "received", "route"):
            table.add_column(column, justify="right" if column in {"tx", "idx", "paid", "received"} else "left")
        swaps = dead = 0
        for transaction, decoded in answers:
            rows = list(_rows(transaction, decoded, self._wanted))
            swaps += sum(swap.program in self._wanted for swap in decoded.swaps)
            dead += len(decoded.dead)
            for row in rows:
                table.add_row(*row)
        self._console.print(table)
        self._console.print(
            f"slot {block.slot:,}: {swaps:,} swaps, {dead:,} dead letters; {len(block.signatures):,} transactions, "
            f"{len(block.transactions):,} call a known program, {block.failed:,} that name one failed on chain"
        )


def _picked(result: Result, slot: int, start: str) -> list[Result]:
    """Transactions of a block as getTransaction gives them, failed ones and strangers too, or DataError."""
    block: dict[str, Any] = orjson.loads(result.text)
    found = [
        Result(
            name=result.name,
            kind="transaction",
            text=orjson.dumps({"slot": slot, "blockTime": block.get("blockTime"), **item}),
            slot=slot,
            tx_index=at,
        )
        for at, item in enumerate(block["transactions"])
        if item["transaction"]["signatures"][0].startswith(start)
    ]
    if not found:
        raise DataError(f"{result.name}: no signature starts with {start}")
    return found


def _rows(transaction: Transaction, decoded: Decoded, wanted: Collection[str]) -> Iterator[tuple[str, ...]]:
    place = (str(transaction.tx_index), f"{transaction.signature[:8]}…")
    for swap in decoded.swaps:
        if swap.program in wanted:
            paid = f"{exact_amount(swap.amount_in, swap.decimals_in)} {token_name(swap.mint_in)}"
            got = f"{exact_amount(swap.amount_out, swap.decimals_out)} {token_name(swap.mint_out)}"
            hop = f" {swap.hop + 1}/{swap.hops}" if swap.hops > 1 else ""
            yield (*place, str(swap.idx), swap.program, paid, got, f"[dim]{swap.route or 'direct'}{hop}[/]")
    for letter in decoded.dead:
        yield (*place, str(letter.idx), f"[red]{letter.program}[/]", f"[red]{letter.reason}[/]", "", "")
    for program, tag in decoded.unknown:
        yield (*place, "", f"[yellow]{program}[/]", f"[yellow]unknown {tag}[/]", "", "")


def _failed(result: Result, *, lenient: bool) -> tuple[str, Transaction]:
    """Why it failed on chain, and what it tried."""
    whole: dict[str, Any] = orjson.loads(result.text)
    why, whole["meta"]["err"] = whole["meta"]["err"], None
    transaction = parse_transaction(orjson.dumps(whole), allow_missing_inner=lenient)
    if transaction is None:
        raise BlockError("a failed transaction that stays one")
    return orjson.dumps(why).decode(), transaction


def _hint(problem: str) -> str:
    if "innerInstructions" in problem or "blockTime" in problem:
        return "--allow-missing-inner accepts it, as very old history has it"
    return 'ask the node with "encoding": "json", "maxSupportedTransactionVersion": 1 and full details'
