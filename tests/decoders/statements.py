"""What programs state of their swaps, made from the layouts of the statements: for transactions built from layouts."""

from base64 import b64encode
from collections.abc import Mapping, Sequence
from itertools import chain

from decoders.engine import text58
from decoders.engine.events import Event
from decoders.engine.order_books import Totals
from decoders.engine.spec import Leg, SwapIx, anchor_event
from tests.decoders.scene import u64

_SIZES = {"u8": 1, "bool": 1, "u16": 2, "u32": 4, "i32": 4, "u64": 8, "i64": 8, "u128": 16, "i128": 16, "pubkey": 32}


def logged(
    layout: SwapIx, accounts: Sequence[str], leg: Leg, amount_in: int, amount_out: int, *, side: int = 1
) -> list[str]:
    """The log line of the first event of a layout that is logged; side 0 buys."""
    values: dict[str, int | bytes] = {
        "amount_in": amount_in, "amount_out": amount_out, "paid": amount_in, "received": amount_out, "side": side,
        "pool": text58.decode(accounts[leg.pool]),
    }  # fmt: skip
    if leg.mints:
        values["mint"] = text58.decode(accounts[leg.mints[0]])
    for event in layout.events:
        if isinstance(event, Totals) or (isinstance(event, Event) and event.via == "log"):
            tag = event.tag if isinstance(event, Event) else anchor_event(event.name)
            conditions = event.when if isinstance(event, Event) else ()
            payload = tag + _payload(event.text, values | dict(conditions))
            return ["Program data: " + b64encode(payload).decode()]
    return []


def _payload(text: str, values: Mapping[str, int | bytes]) -> bytes:
    fields = (item.split(":") for item in text.replace("|", " ").split())
    return b"".join(_field(values.get(name, 0), kind) for name, kind in fields)


def _field(value: int | bytes, kind: str) -> bytes:
    return value if isinstance(value, bytes) else value.to_bytes(_SIZES.get(kind, 4), "little")


def phoenix_records(base_lots: int, quote_lots: int, *, rests: int = 0) -> bytes:
    """Phoenix's records of an order: header, what it matched, what it leaves in the book."""
    header = b"\x01" + bytes(91)
    place = b"\x03" + bytes(34) + u64(rests)
    summary = b"\x06" + bytes(18) + u64(base_lots, quote_lots, 1)
    return bytes(chain(b"\x0f", header, place if rests else b"", summary))
