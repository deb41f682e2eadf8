"""HumidiFi: no tags; instruction data and log are masked, the output moves first."""

from collections.abc import Sequence
from functools import partial

from indexer.localnet.builder_keys import CLOCK, INSTRUCTIONS, TOKEN, address, raw
from indexer.localnet.builder_market import SOL, USDC, USDT, Pool, pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, stock, u64

SLUG = "humidifi"
ADDRESS = "9H6tua7jkLhdm3w8BvgpTn5LZNU7g4ZynDmCiNN3q6Rp"
CORE = "user pool* vault_a* vault_b* user_a* user_b* clock token instructions"
SHORT, LONG = Layout(CORE), Layout(f"{CORE} quote_key quote_state* config")
DATA_MASK, LOG_MASK = bytes.fromhex("3aff2fffe2baebc3"), bytes.fromhex("8bf0d5678c574aef")
SELECTORS = (0x04, 0x0F, 0x14)
#: length of a call with a signed quote, and its last byte
SIGNED = {"swap_signed_quote_113": (113, 0x1C), "swap_signed_quote_137": (137, 0x32)}
UPDATE_BYTES = 65


def mask(plain: bytes, key: bytes) -> bytes:
    """XOR with a key of eight bytes and with the number of the eight-byte block; undoes itself."""
    return bytes(byte ^ key[at % 8] ^ (at // 8).to_bytes(2, "little")[at % 2] for at, byte in enumerate(plain))


def _swap(name: str, scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    own = {"clock": CLOCK, "token": TOKEN, "instructions": INSTRUCTIONS}
    accounts = (LONG if name in SIGNED else SHORT).fill(scene, trade, own | trade.by_side())
    with scene.call(ADDRESS, accounts, mask(_plain(scene, name, trade), DATA_MASK), cost=20_000):
        at = scene.position
        before = stock(scene, trade, trade.pool.address)
        scene.write_log("Program log: 🐟")
        exchange(scene, trade, (SLUG, name), at=at, owner=trade.pool.address, output_first=True)
        if not trade.idle:
            scene.log_data(mask(_log(scene, trade, before), LOG_MASK))


def _plain(scene: Scene, name: str, trade: Trade) -> bytes:
    if name in SIGNED:
        length, last = SIGNED[name]
        return u64(trade.amount_in) + scene.draw.randbytes(length - 9) + bytes((last,))
    nonce = scene.draw.randbytes(8)
    return nonce + u64(trade.amount_in) + u64(int(not trade.a_to_b)) + bytes((scene.draw.choice(SELECTORS),))


def _log(scene: Scene, trade: Trade, before: tuple[int, int]) -> bytes:
    a, b = (trade.amount_in, trade.amount_out) if trade.a_to_b else (trade.amount_out, trade.amount_in)
    keys = (trade.user, trade.pool.address, trade.pool.b.address, trade.pool.a.address)
    log = b"".join(map(raw, keys)) + scene.draw.randbytes(64)
    numbers = (*before, a, b, scene.block_time * 1_000, 1_000, 0, int(not trade.a_to_b))
    return log + b"".join(map(u64, numbers))


def _update(scene: Scene, pool: Pool) -> None:
    """The operator's new quote, called directly."""
    scene.writable.add(pool.address)
    data = mask(scene.draw.randbytes(UPDATE_BYTES), DATA_MASK)
    with scene.call(ADDRESS, [scene.payer, pool.address, address(pool.address, "quote_state")], data, cost=1_500):
        pass


_KIND = partial(Kind, styles=("plain",))
VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(pool(SLUG, SOL, USDC, 11_000_000, 1), pool(SLUG, SOL, USDT, 3_000_000, 1)),
    kinds=tuple(_KIND(name=name, make=partial(_swap, name)) for name in ("swap_obfuscated", *SIGNED)),
    noise=_update,
    routed=True,
)
