"""Manifest, an order book: one log per maker hit, optional accounts left out, makers' global funds brought first."""

from collections.abc import Sequence
from functools import partial

from indexer.localnet.builder_keys import SYSTEM, address, raw
from indexer.localnet.builder_market import JITOSOL, PYUSD, SOL, USDC, USDT, Pool, pool
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, note, stock, u64, u128

SLUG = "manifest"
ADDRESS = "MNFSTqtC93rEfYHB6hF82sKdZpUDFWkViLByLd1k1Ms"
SIDES = "pool* system user_a* user_b* vault_a* vault_b* program_a"
MINTS = "mint_a program_b mint_b"
PARTS = {"short": SIDES, "mints": f"{SIDES} {MINTS}", "global": f"{SIDES} {MINTS} global* global_vault*"}
LAYOUTS = {
    "swap": {name: Layout(f"user* {text}") for name, text in PARTS.items()},
    "swap_v2": {name: Layout(f"payer* user* {text}") for name, text in PARTS.items()},
}
ORDERS = {
    "short": Layout("user* pool* system"),
    "full": Layout(
        "user* pool* system mint_a global_a* global_vault_a vault_a* program_a "
        "mint_b global_b* global_vault_b vault_b* program_b"
    ),
}
TAGS = {"swap": 4, "swap_v2": 13}
BATCH_UPDATE = 6
FILL = bytes.fromhex("3ae6f2034b7104a9")
MOST_FILLS = 4


def _swap(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    variant = trade.variant if trade.pool.a.program == trade.pool.b.program else "global"
    provider = address(SLUG, "global", trade.mint_out.symbol)
    own = {"system": SYSTEM, "payer": scene.payer, "global": provider, "global_vault": address(provider, "vault")}
    data = bytes((TAGS[name],)) + _limits(trade) + bytes((trade.a_to_b, trade.exact_in))
    accounts = LAYOUTS[name][variant].fill(scene, trade, own | trade.by_side())
    with scene.call(ADDRESS, accounts, data, cost=18_000):
        at = scene.position
        stock(scene, trade, trade.pool.address)
        if not trade.idle:
            if variant == "global":
                _bring(scene, trade, own["global_vault"], provider)
            _fills(scene, trade, from_global=variant == "global")
        style = "plain" if variant == "short" else trade.style
        exchange(scene, trade, (SLUG, name), at=at, owner=trade.pool.address, style=style)


def _limits(trade: Trade) -> bytes:
    """Input, then output, whichever of them is exact."""
    if trade.exact_in:
        return u64(trade.offered) + u64(trade.least_out)
    return u64(trade.most_in) + u64(trade.received)


def _bring(scene: Scene, trade: Trade, vault: str, provider: str) -> None:
    """A maker's global order: its funds come into the market's vault just before they are sold."""
    scene.ledger.hold(vault, trade.mint_out, provider, trade.mint_out.units(90_000, scene.slot) + trade.amount_out)
    scene.transfer(Transfer(vault, trade.vault_out, max(1, trade.amount_out // 3), provider))


def _fills(scene: Scene, trade: Trade, *, from_global: bool) -> None:
    """One log per maker; together they are exactly what the taker paid and got."""
    base, quote = (trade.amount_in, trade.amount_out) if trade.a_to_b else (trade.amount_out, trade.amount_in)
    count = scene.draw.randint(1, MOST_FILLS)
    for number in range(count):
        last = number == count - 1
        part = [amount - amount // count * (count - 1) if last else amount // count for amount in (base, quote)]
        maker = address("wallet", "maker", str(scene.draw.randrange(40)))
        keys = (trade.pool.address, maker, trade.user, trade.pool.a.address, trade.pool.b.address)
        price = quote * 10**18 // max(1, base)
        event = FILL + b"".join(map(raw, keys)) + u128(price) + u64(part[0]) + u64(part[1])
        event += u64(9_000_000 + number) + u64(9_100_000 + scene.slot % 1_000)
        scene.log_data(event + bytes((not trade.a_to_b, from_global)) + bytes(14))


def _take(scene: Scene, trades: Sequence[Trade]) -> None:
    """A limit order that meets others at once: paid from deposits, so the logs alone tell."""
    trade = trades[0]
    layout = ORDERS[trade.variant]
    base = trade.amount_in if trade.a_to_b else trade.amount_out
    order = u64(base) + (1_600_000).to_bytes(4, "little") + b"\xfa" + bytes((not trade.a_to_b,)) + bytes(4) + b"\0"
    data = bytes((BATCH_UPDATE, 0)) + bytes(4) + (1).to_bytes(4, "little") + order
    with scene.call(ADDRESS, layout.fill(scene, trade, {"system": SYSTEM} | trade.by_side()), data, cost=12_000):
        at = scene.position
        if trade.variant == "full":
            stock(scene, trade, trade.pool.address)
        if not trade.idle:
            _fills(scene, trade, from_global=False)
            note(scene, trade, (SLUG, "batch_update"), at=at, vaults=False)


def _cancel(scene: Scene, pool: Pool) -> None:
    """A market maker takes orders back: no tokens move."""
    scene.writable.add(pool.address)
    data = bytes((BATCH_UPDATE, 0)) + (1).to_bytes(4, "little") + u64(9_000_001) + b"\0" + (0).to_bytes(4, "little")
    with scene.call(ADDRESS, [scene.payer, pool.address, SYSTEM], data, cost=6_000):
        pass


_KIND = partial(
    Kind,
    exact="either",
    partial=True,
    token_2022=True,
    variants=("short", "mints", "global"),
    styles=("checked", "checked", "batch"),
)
VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 5_200_000, 0),
        pool(SLUG, USDT, USDC, 3_300_000, 0),
        pool(SLUG, JITOSOL, SOL, 1_200_000, 0),
        pool(SLUG, PYUSD, USDC, 800_000, 0),
    ),
    kinds=(
        _KIND(name="swap", make=partial(_swap, "swap")),
        _KIND(name="swap_v2", make=partial(_swap, "swap_v2")),
        Kind(
            name="batch_update",
            make=_take,
            deposited=True,
            told_by_log=True,
            token_2022=True,
            variants=("short", "full"),
        ),
    ),
    noise=_cancel,
)
