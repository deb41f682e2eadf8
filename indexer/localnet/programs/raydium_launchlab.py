"""Raydium LaunchLab: a bonding curve of tokens, not lamports; one event twice, as a call to itself and as a log."""

from collections.abc import Sequence
from functools import partial

from indexer.localnet.builder_keys import SYSTEM, address, raw
from indexer.localnet.builder_market import BONKZILLA, REWARD, SOL, USDC, USELESSCAT, pool
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, stock, u64

SLUG = "raydium_launchlab"
ADDRESS = "LanMV9sAd7wArD4vJFi2qDdfnVhFxYSUg6eADduJ3uj"
AUTHORITY = "WLHv2UAZm6z4KyaaELi5pjdbJh6RESMva1Rnn8pJVVh"
CORE = (
    "user authority global_config platform_config pool* user_a* user_b* vault_a* vault_b* mint_a mint_b program_a "
    "program_b event_authority program"
)
LAYOUTS = {"15": Layout(CORE), "18": Layout(f"{CORE} system platform_vault* creator_vault*")}
TAGS = {
    "buy_exact_in": (bytes.fromhex("faea0d7bd59c13ec"), "BuyExactIn"),
    "buy_exact_out": (bytes.fromhex("18d3742869039938"), "BuyExactOut"),
    "sell_exact_in": (bytes.fromhex("9527de9bd37c981a"), "SellExactIn"),
    "sell_exact_out": (bytes.fromhex("5fc8472208090ba6"), "SellExactOut"),
}
TRADE_EVENT = bytes.fromhex("bddb7fd34ee661ee")
SUPPLY = 793_100_000_000_000
VIRTUAL_BASE, VIRTUAL_QUOTE = 1_073_025_605_596_382, 30_000_852_951
PLATFORM_PARTS, CREATOR_PARTS = 100, 200
TRADING = 2


def _trade(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    tag, log = TAGS[name]
    own = {"authority": AUTHORITY, "program": ADDRESS, "system": SYSTEM}
    accounts = LAYOUTS[trade.variant].fill(scene, trade, own | trade.by_side())
    with scene.call(ADDRESS, accounts, tag + trade.limits() + u64(0), log=log, cost=30_000):
        at = scene.position
        before = stock(scene, trade, AUTHORITY)
        beside = _fees(scene, trade) if trade.variant == "18" and not trade.idle else []
        if not trade.idle:
            event = _event(trade, before, beside)
            if trade.variant == "18":
                scene.log_data(event)
            scene.event(ADDRESS, accounts[13], event)
        exchange(scene, trade, (SLUG, name), at=at, owner=AUTHORITY, beside=beside)


def _fees(scene: Scene, trade: Trade) -> list[Transfer]:
    """The newer program pays platform and creator out of the quote vault."""
    mint, vault = trade.pool.b, trade.pool.vault_b
    targets = [address(trade.pool.address, name) for name in ("platform_vault", "creator_vault")]
    for target in targets:
        scene.ledger.hold(target, mint, AUTHORITY, mint.units(900, scene.slot))
    quote = trade.amount_out if trade.a_to_b else trade.amount_in
    parts = (PLATFORM_PARTS, CREATOR_PARTS)
    return [
        Transfer(vault, target, max(1, quote // part), AUTHORITY) for target, part in zip(targets, parts, strict=True)
    ]


def _event(trade: Trade, before: tuple[int, int], beside: list[Transfer]) -> bytes:
    """Reserves before and after; a sale's output is what the user gets, fees apart."""
    base, quote = before
    base_change = trade.amount_in if trade.a_to_b else -trade.amount_out
    fees = [transfer.amount for transfer in beside] or [0, 0]
    quote_change = -sum(fees) + (-trade.amount_out if trade.a_to_b else trade.amount_in)
    state = (SUPPLY, VIRTUAL_BASE, VIRTUAL_QUOTE, base, quote, base + base_change, quote + quote_change)
    event = TRADE_EVENT + raw(trade.pool.address) + b"".join(map(u64, state))
    event += u64(trade.amount_in) + u64(trade.amount_out)
    event += u64(0) + u64(fees[0])
    if trade.variant == "18":
        return event + u64(fees[1]) + u64(0) + bytes((trade.a_to_b, TRADING, trade.exact_in))
    return event + u64(0) + bytes((trade.a_to_b, TRADING))


def _kind(name: str) -> Kind:
    return Kind(
        name=name,
        make=partial(_trade, name),
        side="buy" if name.startswith("buy") else "sell",
        exact="in" if name.endswith("in") else "out",
        token_2022=True,
        variants=("15", "18"),
        styles=("checked", "checked", "batch"),
    )


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, USELESSCAT, SOL, 41_000, 100),
        pool(SLUG, BONKZILLA, SOL, 12_000, 100),
        pool(SLUG, REWARD, SOL, 26_000, 100),
        pool(SLUG, REWARD, USDC, 18_000, 100),
    ),
    kinds=tuple(_kind(name) for name in TAGS),
)
