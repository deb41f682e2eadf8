"""Raydium AMM v4: one-byte tags, 17 or 18 accounts with an order book's, or 8 without; events as ``ray_log``."""

import base64
from collections.abc import Sequence

from indexer.localnet.builder_keys import TOKEN
from indexer.localnet.builder_market import BONK, RAY, SOL, USDC, WIF, pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, stock, u64

SLUG = "raydium_amm_v4"
ADDRESS = "675kPX9MHTjS2zt1qfr1NYHuzeLXfQM9H24wFSUt1Mp8"
AUTHORITY = "5Q544fKrFoe6tsEbD7S8EmxGTJYAKtTVhAW5Q5pge4j1"
BOOK_PROGRAM = "9xQeWvG816bUx9EPjHmaT23yvVM2ZWbrrpZb9PusVFin"
CANCEL_ORDER = 11
BOOK = "serum_program market* bids* asks* event_queue* coin_vault* pc_vault* vault_signer"
LAYOUTS = {
    "18": Layout(f"token pool* authority open_orders* target_orders* vault_a* vault_b* {BOOK} user_in* user_out* user"),
    "17": Layout(f"token pool* authority open_orders* vault_a* vault_b* {BOOK} user_in* user_out* user"),
    "8": Layout("token pool* authority vault_a* vault_b* user_in* user_out* user"),
}
TAGS = {"swap_base_in": 9, "swap_base_out": 11, "swap_base_in_v2": 16, "swap_base_out_v2": 17}


def _swap(name: str, scene: Scene, trade: Trade) -> None:
    given = {"token": TOKEN, "authority": AUTHORITY, "serum_program": BOOK_PROGRAM, **trade.by_side()}
    accounts = LAYOUTS[trade.variant.removesuffix(" old")].fill(scene, trade, given | trade.by_direction())
    limits = trade.limits() if trade.exact_in else trade.capped()
    with scene.call(ADDRESS, accounts, bytes((TAGS[name],)) + limits, cost=20_000):
        at = scene.position
        a, b = stock(scene, trade, AUTHORITY)
        balance = scene.ledger.tokens[trade.source].after or 0
        direction = 2 if trade.a_to_b else 1
        if trade.variant.endswith("old"):
            _cancel_order(scene, trade, accounts)
        result = trade.amount_out if trade.exact_in else trade.amount_in
        log = bytes((3 if trade.exact_in else 4,)) + limits
        log += b"".join(u64(value) for value in (direction, balance, a, b, result))
        if not trade.idle:
            scene.write_log("Program log: ray_log: " + base64.b64encode(log).decode())
        exchange(scene, trade, (SLUG, name), at=at, owner=AUTHORITY)


def _cancel_order(scene: Scene, trade: Trade, accounts: Sequence[str]) -> None:
    """Until 2022 the pool kept orders in an order book and took them back when a swap came."""
    data = b"\0" + CANCEL_ORDER.to_bytes(4, "little") + int(trade.a_to_b).to_bytes(4, "little") + bytes(16)
    with scene.call(BOOK_PROGRAM, [*accounts[8:11], accounts[3], AUTHORITY, accounts[11]], data, cost=4_000):
        pass


def _kind(name: str, variants: tuple[str, ...]) -> Kind:
    def make(scene: Scene, trades: Sequence[Trade]) -> None:
        _swap(name, scene, trades[0])

    return Kind(
        name=name,
        make=make,
        exact="in" if "_in" in name else "out",
        variants=variants,
        extendable=False,
        styles=("plain", "plain", "batch"),
    )


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 9_400_000),
        pool(SLUG, RAY, SOL, 2_100_000),
        pool(SLUG, BONK, SOL, 1_300_000),
        pool(SLUG, WIF, SOL, 3_800_000),
    ),
    kinds=(
        _kind("swap_base_in", ("18", "18", "17", "18 old")),
        _kind("swap_base_out", ("18", "17")),
        _kind("swap_base_in_v2", ("8",)),
        _kind("swap_base_out_v2", ("8",)),
    ),
)
