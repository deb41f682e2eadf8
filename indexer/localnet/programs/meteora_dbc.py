"""Meteora Dynamic Bonding Curve: three swap instructions, two events for one swap, Token-2022 with a transfer hook."""

from collections.abc import Sequence
from functools import partial

from indexer.localnet.builder_keys import address, raw
from indexer.localnet.builder_market import BAGHOLDER, HOOKED, REWARD, SOL, STUDIO, USDC, Pool, pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.meteora_swap import SWAP_EVENT, mode_of, referral_fee, referral_of
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, u64, u128

SLUG = "meteora_dbc"
ADDRESS = "dbcij3LWUppWqq96dh6gJWwBifmcGfLSB5D4DuSMaqN"
AUTHORITY = "FhVo3mqL8PW5pH5U2CN4XE33DokiyZnUwuGpH2hmHLuM"
EVENT_AUTHORITY = address(SLUG, "event authority")
CONFIG = address(SLUG, "config")
SIDES = "authority config pool* user_in* user_out* vault_a* vault_b*"
REST = "mint_b user program_a program_b referral* event_authority program"
LAYOUT = Layout(f"{SIDES} mint_a {REST}")
LAYOUT_HOOK = Layout(f"{SIDES} mint_a* {REST} hook_program hook_accounts")
TAGS = {
    "swap": (bytes.fromhex("f8c69e91e17587c8"), "Swap"),
    "swap2": (bytes.fromhex("414b3f4ceb5b5b88"), "Swap2"),
    "swap2_with_transfer_hook": (bytes.fromhex("b75d992818e6c297"), "Swap2WithTransferHook"),
}
SWAP_2 = bytes.fromhex("bd4233a826507599")
SWAP_2_HOOK = bytes.fromhex("863ba8785e3372e7")
HOOK_SLICE = (1).to_bytes(4, "little") + bytes((0, 2))
MIGRATION_QUOTE = 85_000_000_000


def _swap(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    tag, log = TAGS[name]
    mode, referral = mode_of(trade), referral_of(trade, SLUG) or ADDRESS
    own = {"authority": AUTHORITY, "event_authority": EVENT_AUTHORITY, "program": ADDRESS, "referral": referral}
    own |= {
        "config": CONFIG,
        "hook_program": trade.pool.a.hook,
        "hook_accounts": address(trade.pool.a.hook, "accounts"),
    }
    hooked = name.endswith("hook")
    accounts = (LAYOUT_HOOK if hooked else LAYOUT).fill(scene, trade, own | trade.by_side() | trade.by_direction())
    data = tag + trade.limits() + (b"" if name == "swap" else bytes((mode,))) + (HOOK_SLICE if hooked else b"")
    with scene.call(ADDRESS, accounts, data, log=log, cost=30_000):
        at = scene.position
        beside = referral_fee(scene, trade, SLUG, AUTHORITY)
        exchange(scene, trade, (SLUG, name), at=at, owner=AUTHORITY, beside=beside)
        if not trade.idle:
            referred = sum(transfer.amount for transfer in beside)
            if not hooked:
                scene.event(ADDRESS, EVENT_AUTHORITY, _event(scene, trade, referred))
            second = SWAP_2_HOOK if hooked else SWAP_2
            scene.event(ADDRESS, EVENT_AUTHORITY, second + _event_2(scene, trade, mode, referred))


def _head(trade: Trade, referred: int) -> bytes:
    where = raw(trade.pool.address) + raw(CONFIG)
    return where + bytes((not trade.a_to_b, bool(referred))) + trade.limits()


def _fees(trade: Trade, referred: int) -> bytes:
    return u64(trade.fee * 4 // 5) + u64(trade.fee // 5) + u64(referred)


def _event(scene: Scene, trade: Trade, referred: int) -> bytes:
    event = (
        SWAP_EVENT + _head(trade, referred) + u64(trade.amount_in - trade.fee) + u64(trade.amount_out) + u128(1 << 64)
    )
    return event + _fees(trade, referred) + u64(trade.amount_in) + u64(scene.block_time)


def _event_2(scene: Scene, trade: Trade, mode: int, referred: int) -> bytes:
    event = _head(trade, referred) + bytes((mode,))
    event += u64(trade.amount_in) + u64(trade.amount_in - trade.fee) + u64(trade.offered - trade.amount_in)
    event += u64(trade.amount_out) + u128(1 << 64) + _fees(trade, referred)
    return event + u64(scene.ledger.balance(trade.pool.vault_b)) + u64(MIGRATION_QUOTE) + u64(scene.block_time)


def _hooked(pool: Pool) -> bool:
    return bool(pool.a.hook)


def _plain(pool: Pool) -> bool:
    return not pool.a.hook


_KIND = partial(Kind, token_2022=True, takes=_plain, variants=("", "", "", "referral"), styles=("checked",))
VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, BAGHOLDER, SOL, 22_000, 200),
        pool(SLUG, STUDIO, USDC, 36_000, 100),
        pool(SLUG, REWARD, SOL, 15_000, 100),
        pool(SLUG, HOOKED, SOL, 19_000, 100),
    ),
    kinds=(
        _KIND(name="swap", make=partial(_swap, "swap"), exact="in"),
        _KIND(name="swap2", make=partial(_swap, "swap2"), exact="either", partial=True),
        Kind(
            name="swap2_with_transfer_hook",
            make=partial(_swap, "swap2_with_transfer_hook"),
            exact="either",
            token_2022=True,
            takes=_hooked,
            variants=("", "referral"),
        ),
    ),
)
