"""The pump.fun bonding curve: SOL is lamports, sales move it without an instruction, the event alone is exact.

The second generation of instructions also trades against quote tokens, which move as tokens; the third keeps fees.
"""

from collections.abc import Mapping, Sequence
from functools import partial

from indexer.localnet.builder_keys import ASSOCIATED, RENT, SYSTEM, address, raw
from indexer.localnet.builder_market import (
    BASIS_POINTS,
    DOGWIFTIE,
    GIGABRAIN,
    HODLORD,
    MOONCAT,
    PEPEFROG,
    SOL,
    USDC,
    Mint,
    Pool,
)  # fmt: skip
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs import pump_fun_v3 as v3
from indexer.localnet.programs.pump_fees import FEE_CONFIG, FEE_PROGRAM, Costs, quote_fees
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, note, u64

SLUG = "pump_fun"
ADDRESS = "6EF8rrecthR5Dkzon8Nwu78hRvfCKubJ14M5uBEwF6P"
EVENT_AUTHORITY = "Ce6TQqeHC9p8KetsN6JsjHK7UTZk7nasjjnr7XxXp9F1"
TRADE_EVENT = bytes.fromhex("bddb7fd34ee661ee")
START = "global fee_recipient* mint curve* vault_a* user_token* user* system"
BUY = f"{START} token creator_vault* event_authority program global_volume user_volume* fee_config fee_program"
SELL = f"{START} creator_vault* token event_authority program fee_config fee_program"
BUYS = {
    "12 old": Layout(f"{START} token rent event_authority program"),
    "12": Layout(f"{START} token creator_vault* event_authority program"),
    "16": Layout(BUY),
    "18": Layout(f"{BUY} curve_2 buyback*"),
}
SELLS = {
    "12 old": Layout(f"{START} associated token event_authority program"),
    "12": Layout(f"{START} creator_vault* token event_authority program"),
    "14": Layout(SELL),
    "16": Layout(f"{SELL} curve_2 buyback*"),
    "17": Layout(f"{SELL} user_volume* curve_2 buyback*"),
}
V2_START = (
    "global mint mint_quote token program_b associated fee_recipient* fee_recipient_quote* buyback* buyback_quote* "
    "curve* vault_a* vault_quote* user* user_token* user_quote* creator_vault* creator_vault_quote* sharing_config"
)
V2_END = "user_volume* user_volume_quote* fee_config fee_program system event_authority program"
BUY_V2, SELL_V2 = Layout(f"{V2_START} global_volume {V2_END}"), Layout(f"{V2_START} {V2_END}")
TAGS = {
    "buy": (bytes.fromhex("66063d1201daebea"), "Buy"),
    "buy_exact_sol_in": (bytes.fromhex("38fc74089edfcd5f"), "BuyExactSolIn"),
    "sell": (bytes.fromhex("33e685a4017f83ad"), "Sell"),
    "buy_v2": (bytes.fromhex("b817ee6167c5d33d"), "BuyV2"),
    "buy_exact_quote_in_v2": (bytes.fromhex("c2ab1c46684d5b2f"), "BuyExactQuoteInV2"),
    "sell_v2": (bytes.fromhex("5df6823ce7e940b2"), "SellV2"),
    **v3.TAGS,
}
PROTOCOL_BPS, CREATOR_BPS = 95, 30
RENT_LAMPORTS = 1_231_920
VIRTUAL_LAMPORTS, VIRTUAL_TOKENS = 30_000_000_000, 279_900_000_000_000


def _trade(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    tag, log = TAGS[name]
    costs = _costs(trade)
    own = _own(trade)
    data = tag + _arguments(scene, name, trade, costs)
    with scene.call(ADDRESS, _layout(name, trade).fill(scene, trade, own), data, log=log, cost=38_000):
        at = scene.position
        _hold(scene, trade)
        if trade.idle:
            return
        if trade.variant not in {"12", "12 old"} and name not in v3.TAGS:
            quote_fees(scene, ADDRESS, trade.amount_in, latest=_latest(trade))
        if name in v3.TAGS:
            _trade_v3(scene, name, trade, own, costs)
        else:
            (_sell if trade.a_to_b else _buy)(scene, trade, own, costs)
            _emit(scene, _event(scene, name, trade, own, costs, _stated(trade, costs)))
        note(scene, trade, (SLUG, name), at=at)


def _trade_v3(scene: Scene, name: str, trade: Trade, own: Mapping[str, str], costs: Costs) -> None:
    """The token that pays has the kept fees with it; the event states it without, as it does of SOL."""
    quote, tokens = _stated(trade, costs)
    if trade.a_to_b:
        v3.sell(scene, trade, own, charged=costs.total, buyback=costs.buyback)
    else:
        v3.buy(scene, trade, own, kept=costs.kept, buyback=costs.buyback)
    if trade.variant != v3.COMPLETING:
        _emit(scene, _event(scene, name, trade, own, costs, (quote, tokens)))
        return
    part, first = costs.share(3, 5), (quote * 3 // 5, tokens * 3 // 5)
    rest = costs.without(part)
    _emit(scene, _event(scene, name, trade, own, part, first))
    further = {"quote": quote - first[0], "tokens": tokens - first[1], "fee": rest.protocol + rest.buyback}
    further |= {"creator": rest.creator, "buyback": rest.buyback}
    v3.complete(scene, trade, partial(_emit, scene), further)


def _emit(scene: Scene, event: bytes) -> None:
    scene.log_data(event)
    scene.event(ADDRESS, EVENT_AUTHORITY, event)


def _layout(name: str, trade: Trade) -> Layout:
    if name in v3.TAGS:
        return v3.LAYOUT
    if name.endswith("v2"):
        return SELL_V2 if name == "sell_v2" else BUY_V2
    return (SELLS if name == "sell" else BUYS)[trade.variant]


def _own(trade: Trade) -> dict[str, str]:
    """Accounts by name; whatever the quote side needs is a token account when the quote is no SOL."""
    where, quote = trade.pool.address, trade.pool.b
    names = {
        "global": address(SLUG, "global"), "mint": trade.pool.a.address, "curve": where, "vault_a": trade.pool.vault_a,
        "user": trade.user, "user_token": trade.user_a, "system": SYSTEM, "token": trade.pool.a.program, "rent": RENT,
        "associated": ASSOCIATED, "event_authority": EVENT_AUTHORITY, "program": ADDRESS,
        "global_volume": address(SLUG, "volume"), "user_volume": address(SLUG, "volume", trade.user),
        "fee_config": FEE_CONFIG, "fee_program": FEE_PROGRAM, "fee_recipient": address(SLUG, "fees"),
        "buyback": address(SLUG, "buyback"), "creator_vault": address(where, "creator_vault"),
        "mint_quote": quote.address, "program_b": quote.program,
    }  # fmt: skip
    for name in ("fee_recipient", "buyback", "creator_vault", "user_volume"):
        names[f"{name}_quote"] = address(names[name], "quote", quote.symbol)
    names["buyback_v3"] = names["buyback" if quote is SOL else "buyback_quote"]
    names["vault_quote"] = address(where, "vault quote") if quote is SOL else trade.pool.vault_b
    names["user_quote"] = address("wallet", trade.user, SOL.symbol) if quote is SOL else trade.user_b
    return names


def _costs(trade: Trade) -> Costs:
    quote = trade.amount_out if trade.a_to_b else trade.amount_in
    protocol = quote * PROTOCOL_BPS // BASIS_POINTS
    creator = 0 if trade.variant == "12 old" else quote * CREATOR_BPS // BASIS_POINTS
    buyback = protocol // 2 if _latest(trade) else 0
    return Costs(protocol=protocol - buyback, creator=creator, buyback=buyback)


def _latest(trade: Trade) -> bool:
    return trade.variant in {"17", "18"} or trade.variant.startswith("v3") or (trade.a_to_b and trade.variant == "16")


def _arguments(scene: Scene, name: str, trade: Trade, costs: Costs) -> bytes:
    if name in v3.TAGS:
        spent = trade.amount_in + (costs.total if trade.pool.b is SOL else costs.buyback)
        return v3.arguments(scene, name, trade, most=spent * 103 // 100, spent=spent)
    if name.startswith("sell"):
        return u64(trade.amount_in) + u64((trade.amount_out - costs.total) * 98 // 100)
    tracked = b"\1" if not name.endswith("v2") and scene.draw.random() < 1 / 2 else b""
    if "exact" in name:
        return u64(trade.amount_in + costs.total) + u64(trade.least_out) + tracked
    return u64(trade.amount_out) + u64((trade.amount_in + costs.total) * 103 // 100) + tracked


def _hold(scene: Scene, trade: Trade) -> None:
    pool = trade.pool
    scene.ledger.hold(pool.vault_a, pool.a, pool.address, pool.reserve(pool.a, scene.slot) * 3)
    real = pool.reserve(pool.b, scene.slot)
    if pool.b is SOL:
        scene.ledger.fund(pool.address, scene.ledger.world.get(pool.address, real + RENT_LAMPORTS))
    else:
        scene.ledger.hold(pool.vault_b, pool.b, pool.address, real)


def _beside(costs: Costs) -> list[tuple[str, int]]:
    """Who gets which fee."""
    parts = (("creator_vault", costs.creator), ("fee_recipient", costs.protocol), ("buyback", costs.buyback))
    return [(name, amount) for name, amount in parts if amount]


def _buy(scene: Scene, trade: Trade, own: Mapping[str, str], costs: Costs) -> None:
    pool = trade.pool
    scene.transfer(Transfer(pool.vault_a, trade.target, trade.amount_out, pool.address), trade.style)
    if pool.b is not SOL:
        scene.transfer(Transfer(trade.source, pool.vault_b, trade.amount_in, trade.user))
        _pay_tokens(scene, pool.b, own, costs, payer=trade.source, owner=trade.user)
        return
    scene.pay(trade.user, pool.address, trade.amount_in)
    for name, amount in _beside(costs):
        scene.pay(trade.user, own[name], amount)


def _sell(scene: Scene, trade: Trade, own: Mapping[str, str], costs: Costs) -> None:
    """The curve's lamports go to the user and to who gets fees, without any instruction that says so."""
    pool = trade.pool
    scene.transfer(Transfer(trade.source, pool.vault_a, trade.amount_in, trade.user), trade.style)
    if pool.b is not SOL:
        scene.transfer(Transfer(pool.vault_b, trade.target, trade.amount_out, pool.address))
        _pay_tokens(scene, pool.b, own, costs, payer=pool.vault_b, owner=pool.address)
        return
    scene.ledger.pay(pool.address, trade.user, trade.amount_out - costs.total)
    for name, amount in _beside(costs):
        scene.ledger.fund(own[name], 5_000_000_000)
        scene.ledger.pay(pool.address, own[name], amount)


def _pay_tokens(scene: Scene, quote: Mint, own: Mapping[str, str], costs: Costs, *, payer: str, owner: str) -> None:
    """Fees of a curve whose quote is a token."""
    for name, amount in _beside(costs):
        scene.ledger.hold(own[f"{name}_quote"], quote, own[name], 1_000_000)
        scene.transfer(Transfer(payer, own[f"{name}_quote"], amount, owner))


def _stated(trade: Trade, costs: Costs) -> tuple[int, int]:
    """The quote and the tokens of a trade as its event counts them: fees are in neither."""
    if trade.a_to_b:
        return trade.amount_out + (0 if trade.pool.b is SOL else costs.total), trade.amount_in
    kept = costs.kept if trade.variant.startswith("v3") and trade.pool.b is not SOL else 0
    return trade.amount_in - kept, trade.amount_out


def _event(
    scene: Scene, name: str, trade: Trade, own: Mapping[str, str], costs: Costs, stated: tuple[int, int]
) -> bytes:
    """Fields were only ever added at the end: each account layout belongs to an age of the event."""
    pool, buying, (quote, tokens) = trade.pool, not trade.a_to_b, stated
    native, keeps = pool.b is SOL, trade.variant.startswith("v3")
    sol = quote if native else 0
    real = scene.ledger.balance(pool.address) - RENT_LAMPORTS if native else scene.ledger.balance(pool.vault_b)
    held = scene.ledger.balance(pool.vault_a)
    virtual = (real + VIRTUAL_LAMPORTS, held + VIRTUAL_TOKENS, real, held)
    event = TRADE_EVENT + raw(pool.a.address) + u64(sol) + u64(tokens) + bytes((buying,)) + raw(trade.user)
    event += u64(scene.block_time) + b"".join(map(u64, virtual))
    if trade.variant == "12 old":
        return event
    event += (
        raw(v3.ZERO_KEY if keeps else own["fee_recipient"]) + u64(PROTOCOL_BPS) + u64(costs.protocol + costs.buyback)
    )
    event += raw(address(pool.address, "creator")) + u64(CREATOR_BPS) + u64(costs.creator)
    if trade.variant == "12":
        return event
    event += b"\1" + u64(0) * 4
    if not _latest(trade):
        return event
    event += len(name).to_bytes(4, "little") + name.encode() + b"\0" + u64(0) * 2
    event += u64(PROTOCOL_BPS // 2) + u64(costs.buyback) + (0).to_bytes(4, "little")
    event += raw(SYSTEM if native else pool.b.address) + u64(quote) + u64(virtual[0]) + u64(real)
    if keeps:
        return event + u64(0) * 2 + u64(costs.creator)
    return event + (u64(0) * 2 if scene.draw.random() < 1 / 2 else b"")


def _curve(mint: Mint, quote: Mint, tvl_usd: float) -> Pool:
    where = address(SLUG, "curve", mint.symbol, quote.symbol)
    vault_b = where if quote is SOL else address(where, "vault quote")
    return Pool(
        program=SLUG, address=where, a=mint, b=quote, vault_a=address(where, "vault"), vault_b=vault_b,
        tvl_usd=tvl_usd, fee_basis_points=0,
    )  # fmt: skip


def _in_sol(pool: Pool) -> bool:
    return pool.b is SOL


def _kind(name: str) -> Kind:
    recent, selling = name.endswith(("v2", "v3")), name.startswith("sell")
    old = ("14", "16", "16", "17", "12", "12 old") if selling else ("16", "18", "18", "18", "12", "12 old")
    latest = v3.VARIANTS if name in v3.TAGS else ("17" if selling else "18",)
    exact = "in" if selling or "exact" in name else "out"
    return Kind(
        name=name,
        make=partial(_trade, name),
        side="sell" if selling else "buy",
        exact="in" if exact == "in" else "out",
        token_2022=True,
        native=True,
        takes=(lambda _pool: True) if recent else _in_sol,
        variants=latest if recent else old if name != "buy_exact_sol_in" else ("18",),
        styles=("plain", "checked"),
    )


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        _curve(MOONCAT, SOL, 24_000),
        _curve(PEPEFROG, SOL, 9_000),
        _curve(DOGWIFTIE, SOL, 6_500),
        _curve(HODLORD, SOL, 5_200),
        _curve(GIGABRAIN, USDC, 12_000),
    ),
    kinds=tuple(_kind(name) for name in TAGS),
)
