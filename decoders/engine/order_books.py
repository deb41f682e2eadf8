"""Order books: one swap per taker instruction, the sum of its fills."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from decoders.engine import text58
from decoders.engine.errors import DecodeError
from decoders.engine.events import address_bytes
from decoders.engine.layout import Fields, Layout
from decoders.engine.legs import Facts, Roles, SwapCall
from decoders.engine.spec import anchor_event


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


@dataclass(frozen=True, slots=True)
class Totals:
    """Log events, one for every order of the instruction that traded, with the whole it paid and received.

    The layout needs ``side`` (0 buys), ``paid``, ``received`` and ``fee``, which is in the quote mint and part of the
    amounts. The mints are those of the leg's vaults and users' accounts, base first.
    """

    name: str
    text: str
    layout: Layout = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layout", Layout(self.text))

    def facts(self, call: SwapCall, roles: Roles) -> Facts | None:
        """The sums over all orders; None when none traded, or when some may be cut off.

        Raises DecodeError when one bought and another sold, or when the vaults do not tell both mints.
        """
        tag = anchor_event(self.name)
        payloads = [payload for payload in call.own_logs() if payload.startswith(tag)]
        orders = [self.layout.read(payload, len(tag)) for payload in payloads]
        traded = [order for order in orders if order["paid"] or order["received"]]
        if not traded or not call.tree.logs.complete(call.instruction):
            return None
        if len({order["side"] for order in traded}) != 1:
            raise DecodeError("both_ways", "orders that traded on both sides in one instruction")
        base, quote = _mints(call, roles)
        paid, received, fee = (sum(int(order[name]) for order in traded) for name in ("paid", "received", "fee"))
        if traded[0]["side"]:
            return Facts(paid, received, (("taker", "out", fee),), mint_in=base, mint_out=quote)
        return Facts(paid, received, (("taker", "in", fee),), mint_in=quote, mint_out=base)


def _mints(call: SwapCall, roles: Roles) -> tuple[str, str]:
    """Both mints, as the balances of vaults and of users' accounts agree on them."""
    rows = [[call.tokens.get(account) for account in side] for side in (roles.vaults, roles.users)]
    told = [tuple(row.mint for row in side if row is not None) for side in rows]
    if told[0] != told[1] or len(told[0]) != len(("base", "quote")):
        raise DecodeError("mint", "it traded, and vaults and users' accounts do not tell both mints")
    return told[0][0], told[0][1]


def _bytes(value: int | bytes) -> bytes:
    return value if isinstance(value, bytes) else b""
