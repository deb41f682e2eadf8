"""Order books: one swap per taker instruction, the sum of its fills."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from decoders.engine import text58
from decoders.engine.errors import DecodeError
from decoders.engine.events import address_bytes
from decoders.engine.layout import Fields, Layout
from decoders.engine.legs import Facts, Roles, SwapCall


@dataclass(frozen=True, slots=True)
class Fills:
    """Log events, one for every maker order hit.

    The layout needs ``market``, ``base_mint``, ``quote_mint``, ``base``, ``quote`` and ``taker_is_buy``.
    """

    text: str
    tag: bytes
    layout: Layout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layout", Layout(self.text))

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """The sums over all fills; None without any, or when some may be cut off.

        Raises DecodeError when a taker both bought and sold.
        """
        fills = list(self._of(call, roles))
        if not fills or not call.tree.logs.complete(call.instruction):
            return None
        if len({(fill["taker_is_buy"], fill["base_mint"], fill["quote_mint"]) for fill in fills}) != 1:
            raise DecodeError("both_ways", "fills on both sides in one instruction")
        base, quote = (sum(int(fill[side]) for fill in fills) for side in ("base", "quote"))
        base_mint, quote_mint = (text58.encode(_bytes(fills[0][name])) for name in ("base_mint", "quote_mint"))
        if fills[0]["taker_is_buy"]:
            return Facts(quote, base, mint_in=quote_mint, mint_out=base_mint)
        return Facts(base, quote, mint_in=base_mint, mint_out=quote_mint)

    def _of(self, call: SwapCall, roles: Roles) -> Iterator[Fields]:
        market = address_bytes(roles.pool)
        for payload in call.own_logs():
            if payload.startswith(self.tag):
                fields = self.layout.read(payload, len(self.tag))
                if fields["market"] == market:
                    yield fields


def _bytes(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""
