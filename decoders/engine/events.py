"""Events: what a program says of its own swap. Always a witness; the truth only where nothing else states amounts."""

from collections.abc import Callable, Iterator
from dataclasses import KW_ONLY, dataclass, field
from functools import lru_cache
from typing import Literal, cast

from decoders.engine import text58
from decoders.engine.call import EVENT_CALL
from decoders.engine.errors import DecodeError
from decoders.engine.layout import Fields, Layout
from decoders.engine.legs import Facts, Roles, SwapCall
from decoders.engine.spec import anchor_event

_FEE, _FEE_IN, _FEE_OUT, _PART_OF = "fee_", "fee_in_", "fee_out_", "_of_"
_KNOWN = frozenset({
    "pool", "mint", "forward", "on_input", "with_fee_in", "without_fee_in",
    "amount_in", "amount_out", "net_in", "net_out", "transfer_fee_in", "transfer_fee_out",
})  # fmt: skip
#: all other names have to be numbers
_ADDRESSES = frozenset({"pool", "mint"})


@dataclass(frozen=True, slots=True)
class Event:
    """An event with one swap in it; its fields are named for what they mean, the others ``_``.

    ``pool`` and ``mint`` must be the leg's pool and first mint. ``amount_in`` and ``amount_out`` are what moved;
    ``net_in`` and ``net_out`` are that without ``transfer_fee_in`` and ``transfer_fee_out``. Without amounts the event
    does not state the leg exactly. ``fee_in_<kind>`` and ``fee_out_<kind>`` are fees in the mint of that side;
    ``fee_<kind>`` are on the input's when ``on_input`` says so, or when ``without_fee_in`` differs from
    ``with_fee_in`` (or ``amount_in``). What is stated within another fee too is ``fee_in_<part>_of_<kind>``: a fee of
    its own kind, taken off the other. When ``forward`` is there and false, every in is an out and every out an in.
    ``when`` and ``unless`` are conditions on further fields; one that is not there fails none. ``native``: one side is
    lamports. Raises ValueError for a name it does not know, or a number of more than 64 bits.
    """

    name: str
    text: str
    _: KW_ONLY
    via: Literal["call", "log"]
    tag: bytes = b""
    when: tuple[tuple[str, int | bytes], ...] = ()
    unless: tuple[tuple[str, int | bytes], ...] = ()
    native: bool = False
    layout: Layout = field(init=False, repr=False)
    #: with what stands before it in a call
    whole_tag: bytes = field(init=False, repr=False)
    #: (field, kind, side, fields of its parts) of every fee; the side is None where the event itself tells
    fees: tuple[tuple[str, str, str | None, tuple[str, ...]], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        if not self.tag:
            object.__setattr__(self, "tag", anchor_event(self.name))
        object.__setattr__(self, "whole_tag", EVENT_CALL + self.tag if self.via == "call" else self.tag)
        object.__setattr__(self, "layout", Layout(self.text))
        names = self.layout.names
        fees = tuple(_fee(name, names) for name in sorted(names) if name.startswith(_FEE))
        object.__setattr__(self, "fees", fees)
        conditions = {name for name, _ in self.when + self.unless}
        strangers = {name for name in names if not name.startswith(_FEE)} - _KNOWN - conditions
        strangers |= names - self.layout.numbers - conditions - _ADDRESSES
        strangers |= {name for name in names if _PART_OF in name and _whole(name) not in names}
        if strangers or not conditions <= names:
            raise ValueError(f"{self.name}: {sorted(strangers | (conditions - names))} mean nothing")

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """What it says of the leg with these roles; None when it is not there or is another swap's."""
        for fields in self._read(call):
            if self._is_of(fields, roles):
                return self._facts(fields)
        return None

    def every(self, call: SwapCall, roles: Roles) -> Iterator[Facts]:
        """The same of every such event, for programs that emit one for each step of a swap."""
        return (self._facts(fields) for fields in self._read(call) if self._is_of(fields, roles))

    def _read(self, call: SwapCall) -> Iterator[Fields]:
        tag = self.whole_tag
        for payload in call.own_events() if self.via == "call" else call.own_logs():
            if payload.startswith(tag):
                try:
                    yield self.layout.read(payload, len(tag))
                except DecodeError:
                    continue

    def _is_of(self, fields: Fields, roles: Roles) -> bool:
        if "pool" in fields and fields["pool"] != address_bytes(roles.pool):
            return False
        if "mint" in fields and fields["mint"] != address_bytes(roles.mints[0]):
            return False
        for name, value in self.unless:
            if name in fields and fields[name] == value:
                return False
        return not self.when or all(name not in fields or fields[name] == value for name, value in self.when)

    def _facts(self, fields: Fields) -> Facts:
        number = cast("Callable[[str], int | None]", fields.get)
        fee_in, fee_out = number("transfer_fee_in"), number("transfer_fee_out")
        net_in, net_out = number("net_in"), number("net_out")
        amount_in = number("amount_in") if net_in is None else net_in + (fee_in or 0)
        amount_out = number("amount_out") if net_out is None else net_out + (fee_out or 0)
        forward = bool(fields.get("forward", True))
        if not forward:
            amount_in, amount_out, fee_in, fee_out = amount_out, amount_in, fee_out, fee_in
        fees, torn = [], False
        for name, kind, side, parts in self.fees:
            amount = number(name)
            if amount and parts:
                amount -= sum(number(part) or 0 for part in parts)
                torn = torn or amount < 0
            if amount:
                on_input = _on_input(fields) if side is None else (side == "in") == forward
                fees.append((kind, "in" if on_input else "out", amount))
        stated = () if torn else tuple(fees)
        return Facts(amount_in, amount_out, stated, fee_in, fee_out, None, None, self.native, torn=torn)


def _on_input(fields: Fields) -> bool:
    """Whether the fee that names no side is in the input's mint."""
    if "on_input" in fields:
        return bool(fields["on_input"])
    whole = fields["with_fee_in"] if "with_fee_in" in fields else fields.get("amount_in")
    return fields.get("without_fee_in") != whole


def _fee(name: str, names: frozenset[str]) -> tuple[str, str, str | None, tuple[str, ...]]:
    parts = tuple(sorted(one for one in names if _PART_OF in one and _whole(one) == name))
    for prefix, side in ((_FEE_IN, "in"), (_FEE_OUT, "out"), (_FEE, None)):
        if name.startswith(prefix):
            return name, name.removeprefix(prefix).partition(_PART_OF)[0], side, parts
    raise ValueError(name)


def _whole(name: str) -> str:
    """The field of the fee that this one is a part of."""
    part, _, kind = name.partition(_PART_OF)
    prefix = next(one for one in (_FEE_IN, _FEE_OUT, _FEE) if part.startswith(one))
    return prefix + kind


@lru_cache(maxsize=65_536)
def address_bytes(text: str) -> bytes:
    """The bytes of an account's address. Raises DecodeError when a node sent something that is none."""
    try:
        return text58.decode(text)
    except ValueError as error:
        raise DecodeError("accounts", f"not an address: {text!r}") from error
