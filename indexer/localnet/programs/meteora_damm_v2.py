"""Meteora DAMM v2: two swap instructions of one layout, an optional referral fee, an event as a call to itself."""

from collections.abc import Sequence
from functools import partial

from indexer.localnet.builder_keys import address, raw
from indexer.localnet.builder_market import BAGHOLDER, DOGWIFTIE, GIGABRAIN, SOL, STUDIO, TITHE, USDC, pool
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.meteora_swap import SWAP_EVENT, mode_of, referral_fee, referral_of
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, u64, u128

SLUG = "meteora_damm_v2"
ADDRESS = "cpamdpZCGKUy5JxQXB4dcpGPiikHawvSWAd6mEn1sGG"
AUTHORITY = "HLnpSz9h2S4hiLQ43rnSD9XkcUThA7B8hQMKmDaiTLcC"
EVENT_AUTHORITY = address(SLUG, "event authority")
LAYOUT = Layout(
    "authority pool* user_in* user_out* vault_a* vault_b* mint_a mint_b user program_a program_b referral* "
    "event_authority program"
)
TAGS = {"swap": bytes.fromhex("f8c69e91e17587c8"), "swap2": bytes.fromhex("414b3f4ceb5b5b88")}
SWAP_2 = bytes.fromhex("bd4233a826507599")


def _swap(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    mode, referral = mode_of(trade), referral_of(trade, SLUG) or ADDRESS
    own = {"authority": AUTHORITY, "event_authority": EVENT_AUTHORITY, "program": ADDRESS, "referral": referral}
    accounts = LAYOUT.fill(scene, trade, own | trade.by_side() | trade.by_direction())
    data = TAGS[name] + trade.limits() + (bytes((mode,)) if name == "swap2" else b"")
    with scene.call(ADDRESS, accounts, data, cost=22_000):
        at = scene.position
        beside = referral_fee(scene, trade, SLUG, AUTHORITY)
        exchange(scene, trade, (SLUG, name), at=at, owner=AUTHORITY, beside=beside)
        if not trade.idle:
            event = _event if trade.variant == "before 2026" and name == "swap" else _event_2
            scene.event(ADDRESS, EVENT_AUTHORITY, event(scene, trade, mode, beside))


def _head(trade: Trade) -> bytes:
    return raw(trade.pool.address) + bytes((not trade.a_to_b,))


def _event(scene: Scene, trade: Trade, _mode: int, beside: Sequence[Transfer]) -> bytes:
    event = SWAP_EVENT + _head(trade) + bytes((bool(beside),)) + trade.limits()
    event += u64(trade.amount_out) + u128(1 << 64) + u64(trade.fee * 4 // 5) + u64(trade.fee // 5) + u64(0)
    return event + u64(_sum(beside)) + u64(trade.amount_in) + u64(scene.block_time)


def _event_2(scene: Scene, trade: Trade, mode: int, beside: Sequence[Transfer]) -> bytes:
    """What left the user, reached the pool, left the pool and reached the user, each by its own name."""
    taken = trade.amount_in - trade.mint_in.fee(trade.amount_in)
    event = SWAP_2 + _head(trade) + bytes((0, bool(beside))) + trade.limits() + bytes((mode,))
    event += u64(taken) + u64(taken) + u64(trade.offered - trade.amount_in) + u64(trade.amount_out) + u128(1 << 64)
    event += u64(trade.fee * 4 // 5) + u64(trade.fee // 5) + u64(0) + u64(_sum(beside))
    event += u64(trade.amount_in) + u64(trade.amount_out) + u64(trade.received) + u64(scene.block_time)
    held = (scene.ledger.balance(trade.pool.vault_a), scene.ledger.balance(trade.pool.vault_b))
    return event + u64(held[0]) + u64(held[1])


def _sum(beside: Sequence[Transfer]) -> int:
    return sum(transfer.amount for transfer in beside)


_KIND = partial(Kind, token_2022=True, styles=("checked", "checked", "batch"))
VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 1_700_000, 25),
        pool(SLUG, BAGHOLDER, SOL, 190_000, 100),
        pool(SLUG, STUDIO, USDC, 340_000, 100),
        pool(SLUG, GIGABRAIN, SOL, 52_000, 100),
        pool(SLUG, DOGWIFTIE, SOL, 31_000, 100),
        pool(SLUG, TITHE, SOL, 77_000, 100),
    ),
    kinds=(
        _KIND(name="swap", make=partial(_swap, "swap"), variants=("", "", "referral", "before 2026")),
        _KIND(
            name="swap2", make=partial(_swap, "swap2"), exact="either", partial=True, variants=("", "", "", "referral")
        ),
    ),
)
