"""Phoenix: what a taker's order matched, from the records the program writes into calls of itself.

Records count lots, whose sizes stand in the market's account alone: they say whether an order traded, token transfers
say how much. Quote lots of a summary already hold the taker's fee: added for a buyer, taken off for a seller.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from struct import Struct
from typing import NamedTuple

from decoders.engine.amounts import through_vaults
from decoders.engine.errors import DecodeError
from decoders.engine.legs import Facts, Roles, Settled, SwapCall
from decoders.engine.movements import Kind

_LOG = 15
_FILL, _PLACE, _SUMMARY = 2, 3, 6
#: sizes of the records by variant, without the byte that tells it: header, fill, place, reduce, evict, fill summary,
#: fee, time in force, expired order
_SIZES = {1: 91, 2: 66, 3: 42, 4: 34, 5: 58, 6: 42, 7: 10, 8: 26, 9: 58}
_BASE_LOTS_OF_PLACE = Struct("<34xQ")
_LOTS_OF_SUMMARY = Struct("<18xQQQ")
_BID = 0


class Taken(NamedTuple):
    """What an instruction matched, in lots; the fee is part of the quote lots. ``rests``: what was not matched."""

    base: int
    quote: int
    fee: int
    rests: int


def wallet(call: SwapCall, roles: Roles) -> Settled | None:
    """An order that is paid from token accounts. None when it matched nothing: then it only rests in the book.

    Raises DecodeError when one deposit covers what was matched and what rests, or free funds paid a part.
    """
    taken = _taken(call)
    if taken is None:
        raise DecodeError("event", "no summary of fills among the program's own records")
    if not taken.base:
        return None
    if taken.rests:
        raise DecodeError("ambiguous", f"{taken.base} lots matched and {taken.rests} rest: one deposit holds both")
    settled = through_vaults(call, roles)
    if settled is not None and not _whole_lots(call, settled, taken):
        raise DecodeError("ambiguous", "the transfers are not whole lots: free funds may have paid a part")
    return settled


def free_funds(call: SwapCall, _roles: Roles) -> Settled | None:
    """An order that is paid from what the market holds for the trader: tokens move at no time.

    None when it matched nothing. Raises DecodeError when it did: the transaction names neither mints nor lot sizes.
    """
    taken = _taken(call)
    if taken is None:
        raise DecodeError("event", "no summary of fills among the program's own records")
    if not taken.base:
        return None
    raise DecodeError("transfers", f"{taken.base} lots matched with deposited funds, of mints and lots not named here")


@dataclass(frozen=True, slots=True)
class Summary:
    """The summary of fills as a witness: amounts have to be whole lots of it, and it states the taker's fee."""

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """Lots times the lot size the transfers show, and the fee; None without a summary."""
        taken = _taken(call)
        if taken is None or not taken.base or not taken.quote:
            return None
        moves = [one for one in call.movements if one.kind is not Kind.LAMPORTS]
        paid = sum(one.amount for one in moves if one.dest in roles.vaults and one.source in roles.users)
        received = sum(one.amount for one in moves if one.source in roles.vaults and one.dest in roles.users)
        buys = _buys(call)
        lots_in, lots_out = (taken.quote, taken.base) if buys else (taken.base, taken.quote)
        fee = (paid if buys else received) // taken.quote * taken.fee
        fees = (("protocol", "in" if buys else "out", fee),)
        return Facts(paid - paid % lots_in, received - received % lots_out, fees)


def _whole_lots(call: SwapCall, settled: Settled, taken: Taken) -> bool:
    base, quote = settled.amount_out, settled.amount_in
    if not _buys(call):
        base, quote = quote, base
    return base % taken.base == 0 and taken.quote != 0 and quote % taken.quote == 0


def _buys(call: SwapCall) -> bool:
    return call.args["side"] == _BID


def _taken(call: SwapCall) -> Taken | None:
    """The sums over all records; None without a summary, which every order has."""
    base = quote = fee = rests = 0
    found = False
    for variant, record in _records(call):
        if variant == _PLACE:
            rests += _BASE_LOTS_OF_PLACE.unpack_from(record)[0]
        elif variant == _SUMMARY:
            found = True
            lots = _LOTS_OF_SUMMARY.unpack_from(record)
            base, quote, fee = base + lots[0], quote + lots[1], fee + lots[2]
    return Taken(base, quote, fee, rests) if found else None


def _records(call: SwapCall) -> Iterator[tuple[int, bytes]]:
    for data in call.own_events():
        if not data or data[0] != _LOG:
            continue
        at = 1
        while at < len(data):
            size = _SIZES.get(data[at])
            if size is None or at + 1 + size > len(data):
                raise DecodeError("event", f"record {data[at]} at byte {at} of {len(data)}")
            yield data[at], data[at + 1 : at + 1 + size]
            at += 1 + size
