"""Meteora DLMM: six swap instructions of two layouts, two events for one swap, a host fee beside it."""

from collections.abc import Sequence
from functools import partial

from indexer.localnet.builder_keys import MEMO, address, raw
from indexer.localnet.builder_market import JUP, PYUSD, SOL, TITHE, TRUMP, USDC, pool
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, stock, u64, u128

SLUG = "meteora_dlmm"
ADDRESS = "LBUZKhRxPF3XUpBCjp4YzTKgLccjZhTSDM9YuVaPwxo"
CORE = "pool* bitmap* vault_a* vault_b* user_in* user_out* mint_a mint_b oracle* host* user program_a program_b"
BINS = "bins_0* bins_1* bins_2*"
OLD = Layout(f"{CORE} event_authority program {BINS}")
NEW = Layout(f"{CORE} memo event_authority program {BINS}")
TAGS = {
    "swap": (bytes.fromhex("f8c69e91e17587c8"), "Swap"),
    "swap2": (bytes.fromhex("414b3f4ceb5b5b88"), "Swap2"),
    "swap_exact_out": (bytes.fromhex("fa49652126cf4bb8"), "SwapExactOut"),
    "swap_exact_out2": (bytes.fromhex("2bd7f784893cf351"), "SwapExactOut2"),
    "swap_with_price_impact": (bytes.fromhex("38ade6d0ade49ccd"), "SwapWithPriceImpact"),
    "swap_with_price_impact2": (bytes.fromhex("4a62c0d6b1334b33"), "SwapWithPriceImpact2"),
}
SWAP = bytes.fromhex("516ce3becdd00ac4")
SWAP_2 = bytes.fromhex("2e7452d7941b544d")
EVENT_AUTHORITY = "D1ZN9Wj1fRSUQfCjhvnu1hqDMT7hzjzBBpi12nVniYD6"
HOST_PARTS = 5
NO_SLICES = (0).to_bytes(4, "little")


def _swap(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    tag, log = TAGS[name]
    host = address(SLUG, "host", trade.mint_in.symbol) if trade.variant.startswith("host") else ADDRESS
    bitmap = address(trade.pool.address, "bitmap") if trade.variant == "bitmap" else ADDRESS
    own = {"memo": MEMO, "event_authority": EVENT_AUTHORITY, "program": ADDRESS, "host": host, "bitmap": bitmap}
    layout = NEW if name.endswith("2") else OLD
    accounts = layout.fill(scene, trade, own | trade.by_side() | trade.by_direction())
    with scene.call(ADDRESS, accounts, tag + _arguments(scene, name, trade), log=log, cost=45_000):
        at = scene.position
        beside: list[Transfer] = []
        if trade.variant.startswith("host"):
            stock(scene, trade, trade.pool.address)
            scene.ledger.hold(host, trade.mint_in, address(SLUG, "host"), 5_000_000)
            payer = (
                (trade.source, trade.user) if trade.variant == "host by user" else (trade.vault_in, trade.pool.address)
            )
            beside = [Transfer(payer[0], host, max(1, trade.fee // HOST_PARTS), payer[1])]
        exchange(scene, trade, (SLUG, name), at=at, owner=trade.pool.address, beside=beside)
        if not trade.idle:
            scene.event(ADDRESS, EVENT_AUTHORITY, _event(trade, beside))
            if trade.variant != "before 2026":
                scene.event(ADDRESS, EVENT_AUTHORITY, _event_2(trade, beside))


def _arguments(scene: Scene, name: str, trade: Trade) -> bytes:
    if "price_impact" in name:
        active = b"\1" + (-4_200).to_bytes(4, "little", signed=True) if scene.draw.random() < 1 / 2 else b"\0"
        data = u64(trade.amount_in) + active + (100).to_bytes(2, "little")
    else:
        data = trade.capped() if "exact_out" in name else trade.limits()
    if not name.endswith("2"):
        return data
    return data + ((1).to_bytes(4, "little") + b"\0\0" if trade.variant == "bitmap" else NO_SLICES)


def _head(trade: Trade) -> bytes:
    bins = (-4_200).to_bytes(4, "little", signed=True) + (-4_198).to_bytes(4, "little", signed=True)
    return raw(trade.pool.address) + raw(trade.user) + bins


def _event(trade: Trade, beside: Sequence[Transfer]) -> bytes:
    host = sum(transfer.amount for transfer in beside)
    event = SWAP + _head(trade) + u64(trade.amount_in) + u64(trade.amount_out) + bytes((trade.a_to_b,))
    return event + u64(trade.fee) + u64(trade.fee // 20) + u128(25 * 10**14) + u64(host)


def _event_2(trade: Trade, beside: Sequence[Transfer]) -> bytes:
    host = sum(transfer.amount for transfer in beside)
    event = SWAP_2 + _head(trade) + bytes((trade.a_to_b,)) + u128(25 * 10**14)
    event += u64(trade.amount_in) + u64(0) + u64(trade.amount_out)
    event += u64(trade.fee - trade.fee // 20) + u64(trade.fee // 20) + u64(0) + u64(host)
    return event + bytes((1, trade.a_to_b))


def _kind(name: str) -> Kind:
    return Kind(
        name=name,
        make=partial(_swap, name),
        exact="out" if "exact_out" in name else "in",
        token_2022=name.endswith("2"),
        variants=("", "", "", "before 2026", "host", "host by user", "bitmap"),
        styles=("checked", "checked", "checked", "batch"),
    )


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 14_000_000, 10),
        pool(SLUG, JUP, USDC, 2_600_000, 20),
        pool(SLUG, TRUMP, SOL, 1_500_000, 20),
        pool(SLUG, PYUSD, SOL, 700_000, 10),
        pool(SLUG, TITHE, USDC, 330_000, 50),
    ),
    kinds=tuple(_kind(name) for name in TAGS),
)
