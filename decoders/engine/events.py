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


@dataclass(frozen=True, slots=True)
class EventFee:
    """A fee the event states: ``field`` of it, in the mint of that ``side`` of the swap."""

    kind: str
    field: str
    side: Literal["in", "out"]


@dataclass(frozen=True, slots=True)
class Event:
    """An event with one swap in it.

    ``amount_in`` and ``amount_out`` are the fields whose sum is the gross movement of the leg (a leading ``-``
    subtracts). With ``forward``, a flag, they are the way round the flag says: swapped when it is false. ``pool``
    names the field that holds the pool. ``when``: the field and value without which the event is not of this swap.
    """

    name: str
    text: str
    _: KW_ONLY
    via: Literal["call", "log"]
    amount_in: tuple[str, ...]
    amount_out: tuple[str, ...]
    tag: bytes = b""
    pool: str | None = None
    forward: str | None = None
    when: tuple[str, int] | None = None
    fees: tuple[EventFee, ...] = ()
    transfer_fee_in: str | None = None
    transfer_fee_out: str | None = None
    layout: Layout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.tag:
            object.__setattr__(self, "tag", anchor_event(self.name))
        object.__setattr__(self, "layout", Layout(self.text))
        named = [term.removeprefix("-") for term in self.amount_in + self.amount_out]
        named += [fee.field for fee in self.fees] + ([self.when[0]] if self.when else [])
        optional = (self.pool, self.forward, self.transfer_fee_in, self.transfer_fee_out)
        for name in (*named, *(name for name in optional if name)):
            if name not in self.layout.names:
                raise ValueError(f"{self.name}: no field {name!r}")

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """What it says of the leg with these roles; None when it is not there or is another pool's."""
        for fields in self._read(call):
            if self.pool is not None and fields[self.pool] != _address(roles.pool):
                continue
            if self.when is None or fields[self.when[0]] == self.when[1]:
                return self._facts(fields)
        return None

    def _read(self, call: SwapCall) -> Iterator[Fields]:
        tag = EVENT_CALL + self.tag if self.via == "call" else self.tag
        for payload in call.own_events() if self.via == "call" else call.own_logs():
            if payload.startswith(tag):
                try:
                    yield self.layout.read(payload, len(tag))
                except DecodeError:
                    continue

    def _facts(self, fields: Fields) -> Facts:
        amount_in, amount_out = _total(fields, self.amount_in), _total(fields, self.amount_out)
        fee_in, fee_out = _number(fields, self.transfer_fee_in), _number(fields, self.transfer_fee_out)
        if self.forward is not None and not fields[self.forward]:
            amount_in, amount_out, fee_in, fee_out = amount_out, amount_in, fee_out, fee_in
        return Facts(
            amount_in=amount_in,
            amount_out=amount_out,
            fees=tuple(
                (fee.kind, fee.side, amount) for fee in self.fees if (amount := _number(fields, fee.field)) is not None
            ),
            transfer_fee_in=fee_in,
            transfer_fee_out=fee_out,
        )


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
