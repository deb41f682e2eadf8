"""All programs in one table, and the one way through a transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass
from hashlib import sha256
from struct import error as StructError  # noqa: N812 - the library's name says nothing
from typing import Any

from decoders.engine.call import Tree, is_event
from decoders.engine.errors import DecodeError
from decoders.engine.legs import SwapCall
from decoders.engine.model import Check, DeadLetter, Decoded, Instruction, Swap, Transaction
from decoders.engine.settle import Leg, settle, swap, verify, verify_curves
from decoders.engine.spec import Program, Router, SwapIx

_HASH_CHARS = 12


class Registry:
    """Programs and routers by address. Raises ValueError when two share a name or an address.

    ``addresses`` holds venues and routers, ``venues`` the venues alone: a transaction without one has no swap.
    ``programs_hash`` changes when any layout does.
    """

    def __init__(self, programs: Iterable[Program], routers: Iterable[Router] = ()) -> None:
        self.programs = tuple(programs)
        self.routers = tuple(routers)
        everyone: list[Program | Router] = [*self.programs, *self.routers]
        for told_apart_by in ({one.address for one in everyone}, {one.name for one in everyone}):
            if len(told_apart_by) != len(everyone):
                raise ValueError("two programs with one name or one address")
        self.names = tuple(program.name for program in self.programs)
        self.venues = frozenset(program.address for program in self.programs)
        self._routers = {router.address: router.name for router in self.routers}
        self.addresses = self.venues | frozenset(self._routers)
        self._tables = {program.address: _Table(program) for program in self.programs}
        self.programs_hash = sha256(repr(_plain((self.programs, self.routers))).encode()).hexdigest()[:_HASH_CHARS]

    def decode(self, transaction: Transaction) -> Decoded:
        """Every swap, dead letter, idle and unknown instruction of a successful transaction. Never raises."""
        reading = _Reading(Tree(transaction, self.addresses))
        tables = self._tables
        for instruction in transaction.trace:
            if instruction.program in tables:
                reading.read(instruction, tables[instruction.program])
        if reading.legs:
            reading.checks += verify_curves(reading.legs)
        return Decoded(
            swaps=tuple(self._swaps(reading.legs, reading.tree)) if reading.legs else (),
            dead=tuple(reading.dead),
            idle=tuple(reading.idle),
            unknown=tuple(reading.unknown),
            checks=tuple(reading.checks),
        )

    def _swaps(self, legs: list[Leg], tree: Tree) -> Iterator[Swap]:
        routes = self._routes(tree)
        outers = [leg.call.instruction.outer for leg in legs]
        hops: dict[int, int] = {}
        for leg, outer in zip(legs, outers, strict=True):
            hop = hops.get(outer, 0)
            hops[outer] = hop + 1
            yield swap(leg, routes.get(leg.call.instruction.position), hop, outers.count(outer))

    def _routes(self, tree: Tree) -> dict[int, str]:
        """The nearest router above, by position; one without a stack height (old history) has nothing below it."""
        routers = self._routers
        routes: dict[int, str] = {}
        for call in tree.trace:
            if call.program in routers and call.height is not None:
                routes |= dict.fromkeys(range(call.position + 1, tree.end(call)), routers[call.program])
        return routes


class _Table:
    """A program's layouts by tag."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._by_tag: dict[bytes, list[SwapIx]] = {}
        self._placed = [layout for layout in program.swaps if layout.at]
        for layout in program.swaps:
            if not layout.at:
                self._by_tag.setdefault(layout.tag, []).append(layout)
        self._sizes = sorted({len(tag) for tag in self._by_tag})
        self._named_bytes = max(len(layout.tag) for layout in program.swaps)

    def layouts(self, data: bytes) -> list[SwapIx]:
        """The layouts whose tag the data carries, the one with the most accounts first."""
        found: list[SwapIx] = []
        for size in self._sizes:
            found += self._by_tag.get(data[:size], ())
        for layout in self._placed:
            if layout.matches(data):
                found.append(layout)
        return sorted(found, key=_accounts, reverse=True) if len(found) > 1 else found

    def unknown(self, data: bytes) -> str | None:
        """The tag of an instruction without layout, in hex; None when it is known not to be a swap."""
        return None if data.startswith(self.program.other_tags) else data[: self._named_bytes].hex()


class _Reading:
    """What has been found in one transaction so far."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.legs: list[Leg] = []
        self.dead: list[DeadLetter] = []
        self.idle: list[str] = []
        self.unknown: list[tuple[str, str]] = []
        self.checks: list[Check] = []

    def read(self, instruction: Instruction, table: _Table) -> None:
        """Puts an instruction of a known program where it belongs."""
        program = table.program
        layouts: list[SwapIx] = []
        try:
            data = _data(program, instruction)
            layouts = table.layouts(data)
            if layouts:
                self._swap(instruction, program, layouts, data)
            elif not is_event(instruction):
                self._unknown(instruction, table, data)
        except DecodeError as error:
            if error.reason in _MISFITS and not _moved(self.tree, instruction):
                self.idle.append(program.name)
            else:
                self.dead.append(_letter(program, layouts, instruction, error))
        except (LookupError, ValueError, TypeError, ArithmeticError, AttributeError, StructError) as error:
            self.dead.append(_letter(program, layouts, instruction, DecodeError("internal", repr(error))))

    def _swap(self, instruction: Instruction, program: Program, layouts: list[SwapIx], data: bytes) -> None:
        count = len(instruction.accounts)
        for layout in layouts:
            if layout.accounts <= count:
                break
        else:
            raise DecodeError("accounts", f"{count} accounts, {layouts[-1].accounts} needed")
        legs = settle(SwapCall(self.tree, instruction, program, layout, data))
        if legs:
            checks = verify(legs)
            self.legs += legs
            self.checks += checks
        else:
            self.idle.append(program.name)

    def _unknown(self, instruction: Instruction, table: _Table, data: bytes) -> None:
        tag = table.unknown(data)
        if tag is None:
            return
        quoting = table.program.quotes or table.program.kind in _QUOTING
        if quoting and not _moved(self.tree, instruction):
            self.idle.append(table.program.name)
        else:
            self.unknown.append((table.program.name, tag))


#: these programs are mostly called with their operator's prices, in instructions nobody else has names for
_QUOTING = frozenset({"prop_amm", "prediction_market"})
#: an instruction that does not fit its layout but moved nothing either cannot have been a swap
_MISFITS = frozenset({"accounts", "data"})


def _data(program: Program, instruction: Instruction) -> bytes:
    try:
        data = instruction.data
    except ValueError as error:
        raise DecodeError("data", str(error)) from error
    return data if program.reveal is None else program.reveal(data)


def _moved(tree: Tree, instruction: Instruction) -> bool:
    try:
        return any(movement.amount for movement in tree.below(instruction, tree.end(instruction)))
    except DecodeError:
        return True


def _accounts(layout: SwapIx) -> int:
    return layout.accounts


def _letter(program: Program, layouts: Sequence[SwapIx], instruction: Instruction, error: DecodeError) -> DeadLetter:
    try:
        data = instruction.data
    except ValueError:
        data = instruction.text.encode()
    return DeadLetter(
        program=program.name,
        program_id=program.address,
        instruction=layouts[0].name if layouts else "",
        outer_idx=instruction.outer,
        idx=instruction.position,
        reason=error.reason,
        detail=error.detail,
        data=data,
        accounts=instruction.accounts,
    )


def _plain(value: Any) -> Any:
    """A value without anything that differs between two runs of the same build."""
    if is_dataclass(value):
        return type(value).__name__, [
            (item.name, _plain(getattr(value, item.name))) for item in fields(value) if item.repr
        ]
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    if isinstance(value, frozenset):
        return sorted(value)
    return f"{value.__module__}.{value.__qualname__}" if callable(value) else value
