"""The third generation of pump.fun's trades (TRADE_V3.md, SYNTHETIC_MIGRATION.md, SWEEP_FEES.md of its documents).

Fees of protocol and creator wait on the curve, an account of an older length grows at the user's cost, and a purchase
that takes all that the curve has left goes on to buy from the pool to be, for both of which it pays at once.
"""

from collections.abc import Callable, Mapping

from indexer.localnet.builder_keys import SYSTEM, raw
from indexer.localnet.builder_market import SOL
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Layout, Trade, u64

LAYOUT = Layout(
    "global mint mint_quote token program_b curve* vault_a* vault_quote* user* user_token* user_quote* user_volume* "
    "fee_config buyback_v3* system event_authority program"
)
TAGS = {
    "buy_v3": (bytes.fromhex("07051dc4f5176550"), "BuyV3"),
    "buy_exact_quote_in_v3": (bytes.fromhex("e1f7501ed5b38488"), "BuyExactQuoteInV3"),
    "sell_v3": (bytes.fromhex("1c92de7726c469d5"), "SellV3"),
}
COMPLETE_EVENT, POST_COMPLETE_BUY_EVENT = bytes.fromhex("5f72619cd42e9808"), bytes.fromhex("6fb06d8b316cd5fb")
#: what rent asks for 51 bytes more
GROWTH_LAMPORTS = 354_960
PLAIN, GROWN, PARTIAL, COMPLETING = "v3", "v3 grown", "v3 partial", "v3 completing"
#: those that a curve survives: after the others it trades no more
VARIANTS = (PLAIN, PLAIN, PLAIN, GROWN)
ZERO_KEY = SYSTEM


def arguments(scene: Scene, name: str, trade: Trade, *, most: int, spent: int) -> bytes:
    """The amount and its limit; ``partial_fill`` may be left off, which is what makes it false."""
    if name == "sell_v3":
        return u64(trade.amount_in) + u64(trade.amount_out * 95 // 100)
    partial = trade.variant == PARTIAL
    flag = b"\1" if partial else scene.draw.choice((b"", b"\0"))
    if name == "buy_v3":
        return u64(trade.amount_out * 5 // 4 if partial else trade.amount_out) + u64(most) + flag
    if partial:
        return u64(spent * 5 // 4) + u64(trade.amount_out * 6 // 5) + flag
    return u64(spent) + u64(trade.least_out) + flag


def grow(scene: Scene, trade: Trade) -> None:
    """The user tops up the rent of a curve whose account is of an older length."""
    if trade.variant == GROWN:
        scene.pay(trade.user, trade.pool.address, GROWTH_LAMPORTS)


def buy(scene: Scene, trade: Trade, own: Mapping[str, str], *, kept: int, buyback: int) -> None:
    """The coin, what the curve is due with the fees it keeps, and the buyback's part of the fees."""
    pool = trade.pool
    grow(scene, trade)
    scene.transfer(Transfer(pool.vault_a, trade.target, trade.amount_out, pool.address), trade.style)
    if pool.b is SOL:
        scene.pay(trade.user, pool.address, trade.amount_in + kept)
        scene.pay(trade.user, own["buyback"], buyback)
        return
    scene.ledger.hold(own["buyback_quote"], pool.b, own["buyback"], 1_000_000)
    scene.transfer(Transfer(trade.source, pool.vault_b, trade.amount_in, trade.user))
    scene.transfer(Transfer(trade.source, own["buyback_quote"], buyback, trade.user))


def sell(scene: Scene, trade: Trade, own: Mapping[str, str], *, charged: int, buyback: int) -> None:
    """The curve gives the user what is left after all fees, and the buyback its part; the others' it keeps."""
    pool = trade.pool
    grow(scene, trade)
    scene.transfer(Transfer(trade.source, pool.vault_a, trade.amount_in, trade.user), trade.style)
    if pool.b is SOL:
        scene.ledger.pay(pool.address, trade.user, trade.amount_out - charged)
        scene.ledger.fund(own["buyback"], 5_000_000_000)
        scene.ledger.pay(pool.address, own["buyback"], buyback)
        return
    scene.ledger.hold(own["buyback_quote"], pool.b, own["buyback"], 1_000_000)
    scene.transfer(Transfer(pool.vault_b, trade.target, trade.amount_out, pool.address))
    scene.transfer(Transfer(pool.vault_b, own["buyback_quote"], buyback, pool.address))


def complete(scene: Scene, trade: Trade, emit: Callable[[bytes], None], further: Mapping[str, int]) -> None:
    """What follows the event of the curve's own part: it is complete, and what was bought of the pool to be."""
    pool, quote = trade.pool, raw(ZERO_KEY if trade.pool.b is SOL else trade.pool.b.address)
    who = raw(trade.user) + raw(pool.a.address) + raw(pool.address)
    emit(COMPLETE_EVENT + who + u64(scene.block_time) + quote)
    event = POST_COMPLETE_BUY_EVENT + who + quote + u64(scene.block_time)
    event += u64(further["tokens"]) + u64(further["quote"]) + u64(95) + u64(further["fee"])
    event += u64(30) + u64(further["creator"]) + u64(further["buyback"])
    reserves = (206_900_000_000_000, 84_990_000_000)
    event += u64(reserves[0]) + u64(reserves[1])
    emit(event + u64(reserves[0] - further["tokens"]) + u64(reserves[1] + further["quote"]))
