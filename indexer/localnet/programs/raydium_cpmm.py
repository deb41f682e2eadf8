"""Raydium CPMM: accounts by direction, Token-2022 on both sides, an event before the transfers."""

from collections.abc import Sequence
from functools import partial

from indexer.localnet.builder_keys import raw
from indexer.localnet.builder_market import BONKZILLA, REWARD, SOL, TITHE, USDC, USELESSCAT, pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, stock, u64

SLUG = "raydium_cpmm"
ADDRESS = "CPMMoo8L3F4NbTegBCKVNunggL7H1ZpdTHKxQB5qKP1C"
AUTHORITY = "GpMZbSM2GgvTKHJirzeGfMFoaZ8UR2X7F4v8vHTvxFbL"
LAYOUT = Layout(
    "user authority amm_config pool* user_in* user_out* vault_in* vault_out* program_in program_out mint_in mint_out "
    "observation*"
)
TAGS = {
    "swap_base_input": (bytes.fromhex("8fbe5adac41e33de"), "SwapBaseInput"),
    "swap_base_output": (bytes.fromhex("37d96256a34ab4ad"), "SwapBaseOutput"),
}
SWAP_EVENT = bytes.fromhex("40c6cde8260871e2")
ACCRUED_PARTS = 5_000


def _swap(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    tag, log = TAGS[name]
    given = {"authority": AUTHORITY, **trade.by_side(), **trade.by_direction()}
    limits = trade.limits() if trade.exact_in else trade.capped()
    with scene.call(ADDRESS, LAYOUT.fill(scene, trade, given), tag + limits, log=log, cost=28_000):
        at = scene.position
        a, b = stock(scene, trade, AUTHORITY)
        if not trade.idle:
            scene.log_data(_event(trade, (a, b) if trade.a_to_b else (b, a)))
        exchange(scene, trade, (SLUG, name), at=at, owner=AUTHORITY)


def _event(trade: Trade, vaults: tuple[int, int]) -> bytes:
    """Input without its transfer fee, output with; vault balances less what the protocol has accrued in them."""
    fee_in, fee_out = trade.mint_in.fee(trade.amount_in), trade.mint_out.fee(trade.amount_out)
    event = SWAP_EVENT + raw(trade.pool.address)
    event += b"".join(u64(held - held // ACCRUED_PARTS) for held in vaults)
    event += u64(trade.amount_in - fee_in) + u64(trade.amount_out) + u64(fee_in) + u64(fee_out)
    event += bytes((trade.exact_in,))
    if trade.variant == "before 2025":
        return event
    event += raw(trade.mint_in.address) + raw(trade.mint_out.address)
    return event + u64(trade.fee) + u64(0) + b"\1"


_KIND = partial(Kind, token_2022=True, variants=("", "", "before 2025"), styles=("checked", "checked", "batch"))
VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 3_900_000),
        pool(SLUG, USELESSCAT, SOL, 260_000),
        pool(SLUG, BONKZILLA, SOL, 88_000),
        pool(SLUG, REWARD, SOL, 310_000, 100),
        pool(SLUG, USDC, TITHE, 120_000, 100),
    ),
    kinds=(
        _KIND(name="swap_base_input", make=partial(_swap, "swap_base_input")),
        _KIND(name="swap_base_output", make=partial(_swap, "swap_base_output"), exact="out"),
    ),
)
