"""PumpSwap: output first on buys, fees beside the legs, account lists and events that grew over the years.

The second generation of instructions keeps the fees of protocol and creator in the pool's vault.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from indexer.localnet.builder_keys import ASSOCIATED, SYSTEM, address, raw
from indexer.localnet.builder_market import (
    BASIS_POINTS,
    DOGWIFTIE,
    FARTCOIN,
    GIGABRAIN,
    HODLORD,
    MOONCAT,
    PEPEFROG,
    SOL,
    USDC,
    pool,
)  # fmt: skip
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.pump_fees import FEE_CONFIG, FEE_PROGRAM, quote_fees
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, stock, u64

SLUG = "pumpswap"
ADDRESS = "pAMMBay6oceH9fJKBRHGP5D4bD4sWpmSwMn52FMfXEA"
EVENT_AUTHORITY = "GS4CU59F31iL7aR2Q8zVS8DRrcRnXX1yjQ66TqNVQnaR"
CORE = (
    "pool* user* global mint_a mint_b user_a* user_b* vault_a* vault_b* protocol protocol_account* program_a "
    "program_b system associated event_authority program"
)
CREATOR, FEES, BUYBACK = "creator_account* creator", "fee_config fee_program", "pool_2 buyback buyback_account*"
VOLUME = "global_volume user_volume*"
BUYS = {
    "17": Layout(CORE),
    "19": Layout(f"{CORE} {CREATOR}"),
    "full": Layout(f"{CORE} {CREATOR} {VOLUME} {FEES}"),
    "buyback": Layout(f"{CORE} {CREATOR} {VOLUME} {FEES} {BUYBACK}"),
    "cashback": Layout(f"{CORE} {CREATOR} {VOLUME} {FEES} cashback_account* {BUYBACK}"),
}
SELLS = {
    "17": Layout(CORE),
    "19": Layout(f"{CORE} {CREATOR}"),
    "full": Layout(f"{CORE} {CREATOR} {FEES}"),
    "buyback": Layout(f"{CORE} {CREATOR} {FEES} {BUYBACK}"),
    "cashback": Layout(f"{CORE} {CREATOR} {FEES} cashback_account* user_volume* {BUYBACK}"),
}
V2 = Layout(
    "pool* user* global mint_a mint_b user_a* user_b* vault_a* vault_b* program_a program_b system user_volume* "
    "fee_config buyback_account* event_authority program"
)
TAGS = {
    "buy": (bytes.fromhex("66063d1201daebea"), "Buy"),
    "buy_exact_quote_in": (bytes.fromhex("c62e1552b4d9e870"), "BuyExactQuoteIn"),
    "sell": (bytes.fromhex("33e685a4017f83ad"), "Sell"),
    "buy_v2": (bytes.fromhex("b817ee6167c5d33d"), "BuyV2"),
    "buy_exact_quote_in_v2": (bytes.fromhex("c2ab1c46684d5b2f"), "BuyExactQuoteInV2"),
    "sell_v2": (bytes.fromhex("5df6823ce7e940b2"), "SellV2"),
}
BUY_EVENT, SELL_EVENT = bytes.fromhex("67f4521f2cf57777"), bytes.fromhex("3e2f370aa503dc2a")
LP_BPS, PROTOCOL_BPS, CREATOR_BPS = 20, 10, 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Fees in the quote. ``lp`` and ``kept`` stay in the vault; the others are paid beside the leg.

    The event states ``buyback`` as a part of the protocol's fee, which ``protocol`` is without.
    """

    lp: int
    protocol: int
    creator: int
    buyback: int
    cashback: int
    #: protocol and creator wait in the vault, part of what a buy pays into it
    waiting: bool

    @property
    def beside(self) -> dict[str, int]:
        """What is paid to others, by who gets it."""
        parts = {"buyback": self.buyback, "cashback": self.cashback}
        if not self.waiting:
            parts = {"protocol": self.protocol, "creator": self.creator} | parts
        return {name: amount for name, amount in parts.items() if amount}

    @property
    def kept(self) -> int:
        """What waits in the vault for a sweep."""
        return self.protocol + self.creator if self.waiting else 0


def _swap(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    tag, log = TAGS[name]
    own, costs = _own(trade), _costs(trade)
    layout = V2 if trade.variant == "v2" else (SELLS if trade.a_to_b else BUYS)[trade.variant]
    data = tag + _arguments(scene, name, trade, costs)
    accounts = layout.fill(scene, trade, own | trade.by_side())
    with scene.call(ADDRESS, accounts, data, log=log, cost=60_000):
        at = scene.position
        before = stock(scene, trade, trade.pool.address)
        if trade.idle:
            return
        if trade.variant not in {"17", "19", "v2"}:
            quote_fees(scene, ADDRESS, trade.amount_in, latest=trade.variant != "full")
        exchange(
            scene,
            trade,
            (SLUG, name),
            at=at,
            owner=trade.pool.address,
            output_first=not trade.a_to_b,
            beside=_beside(scene, trade, own, costs),
        )
        event = _event(scene, name, trade, own, costs, before)
        scene.log_data(event)
        scene.event(ADDRESS, EVENT_AUTHORITY, event)


def _own(trade: Trade) -> dict[str, str]:
    quote = trade.pool.b.symbol
    own = {
        "global": address(SLUG, "global"), "system": SYSTEM, "associated": ASSOCIATED, "program": ADDRESS,
        "event_authority": EVENT_AUTHORITY, "fee_config": FEE_CONFIG, "fee_program": FEE_PROGRAM,
        "global_volume": address(SLUG, "volume"), "user_volume": address(SLUG, "volume", trade.user),
        "protocol": address(SLUG, "protocol"), "creator": address(trade.pool.address, "creator"),
        "buyback": address(SLUG, "buyback"), "cashback": address(SLUG, "volume", trade.user),
    }  # fmt: skip
    accounts = {f"{name}_account": address(own[name], "quote", quote) for name in ("protocol", "creator", "buyback")}
    if trade.variant == "v2":
        accounts |= {"protocol": SYSTEM, "protocol_account": SYSTEM}
    return own | accounts | {"cashback_account": address(own["cashback"], "quote", quote)}


def _costs(trade: Trade) -> Costs:
    leg = trade.amount_out if trade.a_to_b else trade.amount_in
    protocol, creator = max(1, leg * PROTOCOL_BPS // BASIS_POINTS), max(1, leg * CREATOR_BPS // BASIS_POINTS)
    buyback = protocol // 2 if trade.variant in {"buyback", "cashback", "v2"} else 0
    return Costs(
        lp=leg * LP_BPS // BASIS_POINTS,
        protocol=protocol - buyback,
        creator=0 if trade.variant in {"17", "cashback"} else creator,
        buyback=buyback,
        cashback=creator if trade.variant == "cashback" else 0,
        waiting=trade.variant == "v2",
    )


def _beside(scene: Scene, trade: Trade, own: Mapping[str, str], costs: Costs) -> list[Transfer]:
    """On buys the user pays the fees, on sales the pool's quote vault does."""
    quote = trade.pool.b
    payer = (trade.pool.vault_b, trade.pool.address) if trade.a_to_b else (trade.source, trade.user)
    transfers: list[Transfer] = []
    for name, amount in costs.beside.items():
        account = own[f"{name}_account"]
        scene.ledger.hold(account, quote, own[name], quote.units(4_000, scene.slot))
        transfers.append(Transfer(payer[0], account, amount, payer[1]))
    return transfers


def _arguments(scene: Scene, name: str, trade: Trade, costs: Costs) -> bytes:
    if trade.a_to_b:
        return trade.limits()
    tracked = bytes((scene.draw.randrange(2),)) if trade.variant != "v2" and scene.draw.random() < 1 / 2 else b""
    total = trade.amount_in + sum(costs.beside.values())
    if "exact" not in name:
        return u64(trade.amount_out) + u64(total * 102 // 100) + tracked
    return u64(total) + u64(trade.least_out) + tracked


def _event(
    scene: Scene, name: str, trade: Trade, own: Mapping[str, str], costs: Costs, before: tuple[int, int]
) -> bytes:
    """Curve, with LP fee, and what the user paid or got; later fields were added at the end."""
    selling, beside, kept = trade.a_to_b, sum(costs.beside.values()), costs.kept
    base, leg = (trade.amount_in, trade.amount_out) if selling else (trade.amount_out, trade.amount_in)
    # sale: gross, after the LP fee, to the user; buy: without the LP fee, into the vault, from the user
    whole = leg + beside + kept if selling else leg - kept
    quotes = (whole + costs.lp, whole, leg) if selling else (whole - costs.lp, whole, leg + beside)
    limit = trade.least_out if selling else quotes[2] * 102 // 100
    event = (SELL_EVENT if selling else BUY_EVENT) + u64(scene.block_time) + u64(base) + u64(limit)
    event += u64(scene.ledger.balance(trade.user_a)) + u64(scene.ledger.balance(trade.user_b))
    event += u64(before[0]) + u64(before[1]) + u64(quotes[0]) + u64(LP_BPS) + u64(costs.lp)
    event += u64(PROTOCOL_BPS) + u64(costs.protocol + costs.buyback) + u64(quotes[1]) + u64(quotes[2])
    keys = (trade.pool.address, trade.user, trade.user_a, trade.user_b, own["protocol"], own["protocol_account"])
    event += b"".join(map(raw, keys))
    if trade.variant == "17":
        return event
    event += raw(own["creator"]) + u64(CREATOR_BPS) + u64(costs.creator)
    if trade.variant == "19":
        return event
    if not selling:
        event += b"\1" + u64(0) * 4 + u64(trade.least_out) + len(name).to_bytes(4, "little") + name.encode()
    if trade.variant == "full":
        return event
    event += u64(0) + u64(costs.cashback) + u64(PROTOCOL_BPS // 2) + u64(costs.buyback) + bytes(16) + b"\0"
    return event + u64(10**15) + (u64(0) * 2 if scene.draw.random() < 1 / 2 else b"")


def _kind(name: str) -> Kind:
    recent = ("v2",) if name.endswith("v2") else ("buyback", "buyback", "buyback", "cashback", "full")
    return Kind(
        name=name,
        make=partial(_swap, name),
        side="sell" if name.startswith("sell") else "buy",
        exact="out" if name in {"buy", "buy_v2"} else "in",
        token_2022=True,
        variants=(*recent, "17", "19") if name in {"buy", "sell"} else recent,
        styles=("checked", "checked", "checked", "batch"),
    )


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, FARTCOIN, SOL, 14_000_000, 30),
        pool(SLUG, MOONCAT, SOL, 640_000, 30),
        pool(SLUG, PEPEFROG, SOL, 210_000, 30),
        pool(SLUG, GIGABRAIN, SOL, 95_000, 30),
        pool(SLUG, DOGWIFTIE, SOL, 71_000, 30),
        pool(SLUG, HODLORD, SOL, 180_000, 30),
        pool(SLUG, MOONCAT, USDC, 130_000, 30),
    ),
    kinds=tuple(_kind(name) for name in TAGS),
)
