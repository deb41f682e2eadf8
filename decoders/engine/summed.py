"""Events that a swap emits once for every bin it crosses: together they are one witness."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from decoders.engine.events import Event
from decoders.engine.legs import Facts, Roles, SwapCall


@dataclass(frozen=True, slots=True)
class Summed:
    """The amounts and fees of all events of one kind that are of the leg's pool, added up."""

    event: Event

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """The sums; None without any such event."""
        parts = list(self.event.every(call, roles))
        return added(parts) if parts else None


def added(parts: Sequence[Facts]) -> Facts:
    """The sums of amounts and fees."""
    fees: dict[tuple[str, str], int] = {}
    for part in parts:
        for kind, side, amount in part.fees:
            fees[kind, side] = fees.get((kind, side), 0) + amount
    return Facts(
        _sum(part.amount_in for part in parts),
        _sum(part.amount_out for part in parts),
        tuple((kind, side, amount) for (kind, side), amount in fees.items()),
        torn=any(part.torn for part in parts),
    )


def _sum(amounts: Iterator[int | None]) -> int | None:
    """None when one of them is not stated."""
    total = 0
    for amount in amounts:
        if amount is None:
            return None
        total += amount
    return total
