"""Fees that wait where the trade was made until a sweep pays them out: part of what the vault got, or did not give."""

from dataclasses import dataclass

from decoders.engine.events import Event
from decoders.engine.legs import Facts, Roles, SwapCall
from decoders.engine.summed import added

#: the buyback, which was a part of the protocol's fee, is paid in the trade itself
_WAITS = frozenset({"protocol", "creator", "holder"})


@dataclass(frozen=True, slots=True)
class Kept:
    """The event of such a trade, which states the input without its fees, and the fees.

    ``further`` is the event of what a purchase that empties its curve goes on to buy at once: both are one leg. Tokens
    arrive with the fees that wait, so the input is stated with them; lamports of a curve are stated without.
    """

    trade: Event
    further: Event | None = None

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """What they say of the leg; None without the trade's event."""
        parts = [self.trade.facts(call, roles), None if self.further is None else self.further.facts(call, roles)]
        if parts[0] is None:
            return None
        said = added([part for part in parts if part is not None])
        kept = sum(amount for kind, _, amount in said.fees if kind in _WAITS)
        amount_in = said.amount_in
        if amount_in is not None and not self.trade.native and any(side == "in" for _, side, _ in said.fees):
            amount_in += kept
        return said._replace(amount_in=amount_in, native=self.trade.native, kept=kept)
