"""Meteora DAMM v1: tokens move one program deeper, in the vault program, next to its own share tokens."""

from collections.abc import Sequence
from functools import lru_cache

from indexer.localnet.builder_keys import TOKEN, address
from indexer.localnet.builder_market import JITOSOL, MSOL, SOL, USDC, USDT, Mint, pool
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, note, u64

SLUG = "meteora_damm_v1"
ADDRESS = "Eo7WjKq67rjJQSZxS6z3YkapzY3eMj6Xy8X5EQVn5UaB"
VAULT_PROGRAM = "24Uqj9JCLxUeoC3hGfh5W3s9FM9uCHDS2SG3LYwBpyTi"
LAYOUT = Layout(
    "pool* user_in* user_out* shares_a_vault* shares_b_vault* vault_a* vault_b* shares_mint_a* shares_mint_b* "
    "shares_a* shares_b* protocol_fee* user vault_program token"
)
SWAP = bytes.fromhex("f8c69e91e17587c8")
DEPOSIT = bytes.fromhex("f223c68952e1f2b6")
WITHDRAW = bytes.fromhex("b712469c946da122")
SWAP_EVENT = bytes.fromhex("516ce3becdd00ac4")
DEPOSIT_EVENT = bytes.fromhex("1f5e7d5ae3343dba")
PROTOCOL_PARTS = 5
SHARES = 10**14


@lru_cache(maxsize=64)
def _shares(where: str, decimals: int) -> Mint:
    """The token that stands for a part of one vault; nobody trades it."""
    return Mint(symbol=f"shares {where}", address=where, decimals=decimals, usd=1.0)


def _swap(scene: Scene, trades: Sequence[Trade]) -> None:
    trade = trades[0]
    where = trade.pool.address
    sides = ("a", "b") if trade.a_to_b else ("b", "a")
    fee_account = address(where, "protocol", trade.mint_in.symbol)
    own = {"vault_program": VAULT_PROGRAM, "token": TOKEN, "protocol_fee": fee_account}
    own |= {f"shares_{side}_vault": address(where, "vault of", side) for side in "ab"}
    accounts = LAYOUT.fill(scene, trade, own | trade.by_side() | trade.by_direction())
    protocol = 0 if trade.variant == "no protocol fee" else max(1, trade.fee // PROTOCOL_PARTS)
    host = protocol if trade.variant == "host" else 0
    host_account = address(SLUG, "host", trade.mint_in.symbol)
    if host:
        accounts.insert(len(LAYOUT.names), host_account)
    data = SWAP + u64(trade.amount_in + protocol + host) + u64(trade.least_out)
    with scene.call(ADDRESS, accounts, data, log="Swap", cost=40_000):
        at = scene.position
        _hold(scene, trade, fee_account)
        if trade.idle:
            return
        if protocol:
            scene.transfer(Transfer(trade.source, fee_account, protocol, trade.user), "plain")
        if host:
            scene.ledger.hold(host_account, trade.mint_in, address(SLUG, "host"), 4_000_000)
            scene.transfer(Transfer(trade.source, host_account, host, trade.user), "plain")
        _deposit(scene, trade, sides[0])
        _withdraw(scene, trade, sides[1])
        amounts = (trade.amount_in + protocol + host, trade.amount_out, trade.fee, protocol, host)
        scene.log_data(SWAP_EVENT + b"".join(map(u64, amounts)))
        note(scene, trade, (SLUG, "swap"), at=at)


def _hold(scene: Scene, trade: Trade, fee_account: str) -> None:
    """The vaults' tokens, the pool's shares of them, and the protocol's account."""
    where = trade.pool.address
    for side, mint in (("a", trade.pool.a), ("b", trade.pool.b)):
        owner = address(where, "vault of", side)
        vault = trade.pool.vault_a if side == "a" else trade.pool.vault_b
        scene.ledger.hold(vault, mint, owner, trade.pool.reserve(mint, scene.slot))
        shares = _shares(address(where, f"shares_mint_{side}"), mint.decimals)
        scene.ledger.hold(address(where, f"shares_{side}"), shares, where, SHARES)
    scene.ledger.hold(fee_account, trade.mint_in, address(SLUG, "protocol"), 7_000_000)


def _deposit(scene: Scene, trade: Trade, side: str) -> None:
    where = trade.pool.address
    vault, mint, shares = (address(where, *name) for name in _names(side))
    accounts = [vault, trade.vault_in, mint, trade.source, shares, trade.user, TOKEN]
    data = DEPOSIT + u64(trade.amount_in) + u64(0)
    with scene.call(VAULT_PROGRAM, accounts, data, log="Deposit", cost=15_000):
        scene.transfer(Transfer(trade.source, trade.vault_in, trade.amount_in, trade.user), "plain")
        minted = trade.amount_in * 97 // 100
        with scene.call(TOKEN, [mint, shares, vault], b"\x07" + u64(minted), cost=110):
            scene.ledger.issue(shares, minted)
        scene.log_data(DEPOSIT_EVENT + u64(minted) + u64(trade.amount_in))


def _withdraw(scene: Scene, trade: Trade, side: str) -> None:
    where = trade.pool.address
    vault, mint, shares = (address(where, *name) for name in _names(side))
    accounts = [vault, trade.vault_out, mint, trade.target, shares, where, TOKEN]
    burned = min(trade.amount_out * 97 // 100, SHARES // 2)
    data = WITHDRAW + u64(burned) + u64(0)
    with scene.call(VAULT_PROGRAM, accounts, data, log="Withdraw", cost=15_000):
        scene.transfer(Transfer(trade.vault_out, trade.target, trade.amount_out, vault), "plain")
        with scene.call(TOKEN, [shares, mint, where], b"\x08" + u64(burned), cost=110):
            scene.ledger.issue(shares, -burned)


def _names(side: str) -> tuple[tuple[str, ...], ...]:
    return ("vault of", side), (f"shares_mint_{side}",), (f"shares_{side}",)


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 1_100_000, 25),
        pool(SLUG, MSOL, SOL, 2_300_000, 5),
        pool(SLUG, JITOSOL, SOL, 1_800_000, 5),
        pool(SLUG, USDC, USDT, 900_000, 2),
    ),
    kinds=(Kind(name="swap", make=_swap, variants=("", "", "no protocol fee", "host"), styles=("plain",)),),
)
