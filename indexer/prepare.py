"""Decode and encode one hydrated block: everything its batch needs, computed before its turn comes. Pure."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Literal

from decoders.engine.model import Check, DeadLetter, Decoded, Swap, Transaction
from decoders.engine.registry import Registry
from indexer.message import Message, dead_message, swap_message
from indexer.transaction import Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A slot ready to be published; ``messages`` are its swaps in (tx_index, idx, leg) order.

    ``dead`` and ``checks`` stand behind the transaction's signature, ``unknown`` are (signature, program, tag in hex).
    """

    block: Block
    status: Literal["complete", "notified"]
    messages: tuple[Message, ...]
    dead_messages: tuple[Message, ...]
    swaps: tuple[Swap, ...]
    dead: tuple[tuple[str, DeadLetter], ...]
    idle: tuple[str, ...]
    unknown: tuple[tuple[str, str, str], ...]
    checks: tuple[tuple[str, Check], ...]


def prepare(
    block: Block, registry: Registry, wanted: Collection[str], *, status: Literal["complete", "notified"], repair: bool
) -> Prepared:
    """Every listed swap instruction of ``block`` ends as a message, a dead letter or idle.

    Programs outside ``wanted`` are decoded all the same, because hop and hops count them, but not published.
    """
    wanted = frozenset(wanted)
    decoded = [(transaction, registry.decode(transaction)) for transaction in block.transactions]
    swaps = [(transaction, swap) for transaction, result in decoded for swap in result.swaps if swap.program in wanted]
    dead = [
        (transaction, letter) for transaction, result in decoded for letter in result.dead if letter.program in wanted
    ]
    results = [result for _, result in decoded]
    return Prepared(
        block=block,
        status=status,
        messages=tuple(swap_message(transaction, swap, repair=repair) for transaction, swap in swaps),
        dead_messages=tuple(dead_message(transaction, letter) for transaction, letter in dead),
        swaps=tuple(swap for _, swap in swaps),
        dead=tuple((transaction.signature, letter) for transaction, letter in dead),
        idle=tuple(name for result in results for name in result.idle if name in wanted),
        unknown=tuple(
            (transaction.signature, program, tag)
            for transaction, result in decoded
            for program, tag in result.unknown
            if program in wanted
        ),
        checks=tuple(_checks(decoded, wanted)),
    )


def _checks(decoded: list[tuple[Transaction, Decoded]], wanted: Collection[str]) -> Iterator[tuple[str, Check]]:
    for transaction, result in decoded:
        for check in result.checks:
            if check.program in wanted:
                yield transaction.signature, check
