"""BisonFi: three tags, no events, direct calls are price pushes."""

from collections.abc import Sequence
from functools import partial

from indexer.localnet.builder_keys import INSTRUCTIONS, address
from indexer.localnet.builder_market import BONK, PYUSD, SOL, USDC, USDT, Pool, pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, u64

SLUG = "bisonfi"
ADDRESS = "BiSoNHVpsVZW2F7rx2eQ59yQwKxzU5NvBcmKshCSUypi"
CORE = "user pool* vault_a* vault_b* user_a* user_b* program_a program_b"
LAYOUTS = {"8": Layout(CORE), "9": Layout(f"{CORE} instructions")}
TAGS = {"swap_tag_02": 2, "swap_tag_07": 7, "swap_signed_quote": 0x13}
PUSH, PUSH_BYTES, SIGNED_BYTES = 0x14, 97, 153


def _swap(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    data = bytes((TAGS[name],)) + u64(trade.amount_in)
    if name == "swap_signed_quote":
        data += scene.draw.randbytes(SIGNED_BYTES - len(data))
    else:
        data += u64(trade.least_out) + bytes((not trade.a_to_b,)) + (b"\4" if name == "swap_tag_07" else b"")
    accounts = LAYOUTS[trade.variant].fill(scene, trade, {"instructions": INSTRUCTIONS} | trade.by_side())
    with scene.call(ADDRESS, accounts, data, cost=17_000):
        exchange(scene, trade, (SLUG, name), at=scene.position, owner=trade.pool.address)


def _push(scene: Scene, pool: Pool) -> None:
    """The keeper's new price, called directly."""
    scene.writable.add(pool.address)
    accounts = [scene.payer, pool.address, address(SLUG, "keeper")]
    with scene.call(ADDRESS, accounts, bytes((PUSH,)) + scene.draw.randbytes(PUSH_BYTES - 1), cost=700):
        pass


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 16_000_000, 1),
        pool(SLUG, SOL, USDT, 2_900_000, 1),
        pool(SLUG, BONK, USDC, 800_000, 3),
        pool(SLUG, PYUSD, USDC, 2_000_000, 1),
    ),
    kinds=(
        Kind(
            name="swap_tag_02",
            make=partial(_swap, "swap_tag_02"),
            token_2022=True,
            variants=("9", "9", "8"),
            styles=("plain", "checked", "batch"),
        ),
        Kind(name="swap_tag_07", make=partial(_swap, "swap_tag_07"), token_2022=True, variants=("9",)),
        Kind(name="swap_signed_quote", make=partial(_swap, "swap_signed_quote"), token_2022=True, variants=("9",)),
    ),
    noise=_push,
    routed=True,
)
