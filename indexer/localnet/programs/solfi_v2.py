"""SolFi v2: one tag, two lengths, a log without amounts."""

from collections.abc import Sequence

from indexer.localnet.builder_keys import INSTRUCTIONS, address, raw
from indexer.localnet.builder_market import PYUSD, SOL, USDC, USDT, Pool, pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, u64

SLUG = "solfi_v2"
ADDRESS = "SV2EYYJyRz2YhfXwXnhNAevDEui5Q6yrfyo13WtupPF"
LAYOUT = Layout(
    "user pool* oracle registry vault_a* vault_b* user_a* user_b* mint_a mint_b program_a program_b instructions"
)
SWAP, UPDATE = 7, 3


def _swap(scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    data = bytes((SWAP,)) + u64(trade.amount_in) + u64(trade.least_out) + bytes((not trade.a_to_b,))
    if trade.variant == "25":
        data += scene.draw.randbytes(7)
    accounts = LAYOUT.fill(scene, trade, {"instructions": INSTRUCTIONS} | trade.by_side())
    with scene.call(ADDRESS, accounts, data, cost=25_000):
        at = scene.position
        scene.log_data(raw(trade.pool.address) + u64(scene.slot % 10_007) + u64(scene.slot) + bytes(16))
        exchange(scene, trade, (SLUG, "swap_tag_07"), at=at, owner=trade.pool.address)


def _update(scene: Scene, pool: Pool) -> None:
    """The operator's new quote, called directly."""
    scene.writable.add(pool.address)
    accounts = [scene.payer, pool.address, address(pool.address, "oracle")]
    with scene.call(ADDRESS, accounts, bytes((UPDATE,)) + scene.draw.randbytes(32), cost=900):
        pass


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 7_000_000, 1),
        pool(SLUG, USDC, USDT, 4_000_000, 1),
        pool(SLUG, PYUSD, USDC, 1_500_000, 1),
    ),
    kinds=(
        Kind(
            name="swap_tag_07", make=_swap, token_2022=True, variants=("18", "25"), styles=("plain", "plain", "batch")
        ),
    ),
    noise=_update,
    routed=True,
)
