"""Calls of order books that trade nothing, and yet move tokens: orders that rest, proceeds that are collected."""

from dataclasses import dataclass

from indexer.localnet.builder_keys import SYSTEM, TOKEN, address, raw
from indexer.localnet.builder_market import Pool
from indexer.localnet.builder_scene import Scene, Transfer, wallet_account
from indexer.localnet.programs.venue import u64, u128

PHOENIX = "PhoeNiXZ8ByJGLkxNfZRnkUfjvmuYqLR89jjFHGqdXY"
OPENBOOK = "opnb2LAfJYbRMAHHvqjCwQxanZn7ReEHp1k81EohpZb"
PLACE_AND_CANCEL = bytes.fromhex("809bde3cba28e132")
SETTLE_FUNDS = bytes.fromhex("ee40a3604bab1021")
NOTHING_FILLED = b"\x06\0\0" + u128(0) + u64(0) * 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wallet:
    """Who places the order: token accounts of both sides, beside the market's vaults."""

    user: str
    user_a: str
    user_b: str


def _wallet(scene: Scene, pool: Pool, owner: str) -> Wallet:
    found = []
    for mint, vault in ((pool.a, pool.vault_a), (pool.b, pool.vault_b)):
        account = wallet_account(scene.payer, mint)
        scene.ledger.hold(account, mint, scene.payer, mint.units(3_000, scene.slot))
        scene.ledger.hold(vault, mint, owner or vault, pool.reserve(mint, scene.slot))
        found.append(account)
    scene.writable.update((*found, pool.address, pool.vault_a, pool.vault_b))
    return Wallet(user=scene.payer, user_a=found[0], user_b=found[1])


def phoenix_order(scene: Scene, pool: Pool) -> None:
    """An ask that meets no other: its base tokens go into the vault, and a record says that nothing was filled."""
    own, amount = _wallet(scene, pool, ""), pool.a.units(scene.draw.uniform(20, 900), scene.slot)
    log_authority = address("phoenix", "event authority")
    accounts = [PHOENIX, log_authority, pool.address, own.user, address(pool.address, "seat"), own.user_a, own.user_b]
    accounts += [pool.vault_a, pool.vault_b, TOKEN]
    price = u64(scene.slot % 9_000 + 1)
    data = b"\x02\x01\x01" + price + u64(amount) + b"\1\0" + u128(1) + b"\0\0\0\1"
    with scene.call(PHOENIX, accounts, data, cost=14_000):
        scene.transfer(Transfer(own.user_a, pool.vault_a, amount, own.user), "plain")
        head = b"\x0f\1\2" + u64(scene.slot) + u64(scene.block_time) + u64(scene.slot)
        head += raw(pool.address) + raw(own.user) + b"\2\0"
        placed = b"\3\1\0" + u64(scene.slot) + u128(1) + price + u64(amount)
        with scene.call(PHOENIX, [log_authority], head + NOTHING_FILLED + placed, cost=1_500):
            pass


def openbook_order(scene: Scene, pool: Pool) -> None:
    """A market maker's new orders, for which the quote is brought, or what earlier ones earned is collected."""
    own, market = _wallet(scene, pool, address(pool.address, "authority")), pool.address
    orders, authority = address(market, "orders"), address(market, "authority")
    amount = pool.b.units(scene.draw.uniform(20, 900), scene.slot)
    if scene.draw.random() < 1 / 2:
        accounts = [own.user, own.user, orders, market, authority, pool.vault_a, pool.vault_b, own.user_a, own.user_b]
        accounts += [own.user_b, TOKEN, SYSTEM]
        with scene.call(OPENBOOK, accounts, SETTLE_FUNDS, log="SettleFunds", cost=9_000):
            scene.transfer(Transfer(pool.vault_b, own.user_b, amount, authority), "plain")
        return
    accounts = [own.user, orders, OPENBOOK, own.user_b, own.user_a, market, address(market, "bids")]
    accounts += [address(market, "asks"), address(market, "heap"), pool.vault_b, pool.vault_a, SYSTEM, SYSTEM, TOKEN]
    with scene.call(OPENBOOK, accounts, PLACE_AND_CANCEL + bytes(9), log="CancelAllAndPlaceOrders", cost=30_000):
        scene.transfer(Transfer(own.user_b, pool.vault_b, amount, own.user), "plain")
