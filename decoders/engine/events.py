"""Events: what a program says of its own swap. Always a witness; the truth only where nothing else states amounts."""

from collections.abc import Iterator, Sequence
from dataclasses import KW_ONLY, dataclass, field
from functools import lru_cache
from typing import Literal

from decoders.engine import text58
from decoders.engine.call import EVENT_CALL
from decoders.engine.errors import DecodeError
from decoders.engine.layout import Fields, Layout
from decoders.engine.legs import Facts, Roles, SwapCall
from decoders.engine.spec import anchor_event

Condition = tuple[str, int | bytes]


@dataclass(frozen=True, slots=True)
class EventFee:
    """A fee the event states: ``field`` of it, in the mint of that ``side`` of the swap.

    With ``in_when``, fields to add up, it is the input side's when the sum is not 0, else the output side's.
    """

    kind: str
    field: str
    side: Literal["in", "out"] = "in"
    in_when: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """An event with one swap in it.

    ``amount_in`` and ``amount_out`` are fields whose sum is the gross movement of the leg (a leading ``-`` subtracts);
    without them the event does not state the leg exactly. With ``forward``, a flag, they and the sides of fees are the
    other way round when it is false. ``pool`` and ``mint`` name the fields that hold the leg's pool and first mint.
    ``when`` and ``unless`` are conditions on fields; a field that is not there fails none. ``native``: one side is
    lamports.
    """

    name: str
    text: str
    _: KW_ONLY
    via: Literal["call", "log"]
    amount_in: tuple[str, ...] = ()
    amount_out: tuple[str, ...] = ()
    tag: bytes = b""
    pool: str | None = None
    mint: str | None = None
    forward: str | None = None
    when: tuple[Condition, ...] = ()
    unless: tuple[Condition, ...] = ()
    fees: tuple[EventFee, ...] = ()
    transfer_fee_in: str | None = None
    transfer_fee_out: str | None = None
    native: bool = False
    layout: Layout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.tag:
            object.__setattr__(self, "tag", anchor_event(self.name))
        object.__setattr__(self, "layout", Layout(self.text))
        named = [term.removeprefix("-") for term in self.amount_in + self.amount_out]
        named += [term.removeprefix("-") for fee in self.fees for term in (fee.field, *fee.in_when)]
        named += [condition[0] for condition in self.when + self.unless]
        optional = (self.pool, self.mint, self.forward, self.transfer_fee_in, self.transfer_fee_out)
        for name in (*named, *(name for name in optional if name)):
            if name not in self.layout.names:
                raise ValueError(f"{self.name}: no field {name!r}")

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """What it says of the leg with these roles; None when it is not there or is another swap's."""
        return next((self._facts(fields) for fields in self._read(call) if self._is_of(fields, roles)), None)

    def _is_of(self, fields: Fields, roles: Roles) -> bool:
        if self.pool is not None and fields[self.pool] != _address(roles.pool):
            return False
        if self.mint is not None and fields[self.mint] != _address(roles.mints[0]):
            return False
        if any(name in fields and fields[name] == value for name, value in self.unless):
            return False
        return all(name not in fields or fields[name] == value for name, value in self.when)

    def _read(self, call: SwapCall) -> Iterator[Fields]:
        tag = EVENT_CALL + self.tag if self.via == "call" else self.tag
        for payload in call.own_events() if self.via == "call" else call.own_logs():
            if payload.startswith(tag):
                try:
                    yield self.layout.read(payload, len(tag))
                except DecodeError:
                    continue

    def _facts(self, fields: Fields) -> Facts:
        amount_in = _total(fields, self.amount_in) if self.amount_in else None
        amount_out = _total(fields, self.amount_out) if self.amount_out else None
        fee_in, fee_out = _number(fields, self.transfer_fee_in), _number(fields, self.transfer_fee_out)
        forward = self.forward is None or bool(fields[self.forward])
        if not forward:
            amount_in, amount_out, fee_in, fee_out = amount_out, amount_in, fee_out, fee_in
        return Facts(
            amount_in=amount_in,
            amount_out=amount_out,
            fees=tuple(_fees(fields, self.fees, forward=forward)),
            transfer_fee_in=fee_in,
            transfer_fee_out=fee_out,
            native=self.native,
        )


def _fees(fields: Fields, fees: Sequence[EventFee], *, forward: bool) -> Iterator[tuple[str, str, int]]:
    for fee in fees:
        amount = _number(fields, fee.field)
        if amount:
            on_input = bool(_total(fields, fee.in_when)) if fee.in_when else (fee.side == "in") == forward
            yield fee.kind, "in" if on_input else "out", amount


def _total(fields: Fields, terms: Sequence[str]) -> int:
    total = 0
    for term in terms:
        sign, name = (-1, term[1:]) if term.startswith("-") else (1, term)
        total += sign * (_number(fields, name) or 0)
    return total


def _number(fields: Fields, name: str | None) -> int | None:
    value = None if name is None else fields.get(name)
    return value if isinstance(value, int) else None


@lru_cache(maxsize=65_536)
def _address(text: str) -> bytes:
    return text58.decode(text)
