"""Orca Whirlpools: one or two hops in one instruction, old and Token-2022 layouts, a Traded event per hop."""

import math
from collections.abc import Sequence
from functools import partial
from typing import NamedTuple

from indexer.localnet.builder_keys import MEMO, TOKEN, address, raw
from indexer.localnet.builder_market import BONK, HOOKED, JITOSOL, JUP, ORCA, PYUSD, SOL, TITHE, USDC, USDT, Pool, pool
from indexer.localnet.builder_scene import Scene, Transfer
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, note, stock, u64, u128

SLUG = "orca_whirlpool"
ADDRESS = "whirLbMiicVdio4qvUfM5KAg6Ct8VwpYzGff3uctyCc"
TRADED = bytes.fromhex("e1ca49af932ba096")
TICKS = "tick_array_0* tick_array_1* tick_array_2*"
SWAP = Layout(f"token user pool* user_a* vault_a* user_b* vault_b* {TICKS} oracle")
SWAP_V2 = Layout(f"program_a program_b memo user pool* mint_a mint_b user_a* vault_a* user_b* vault_b* {TICKS} oracle*")
SIDES = "user_a_{0}* vault_a_{0}* user_b_{0}* vault_b_{0}*"
TICKS_OF = "ticks_{0}_0* ticks_{0}_1* ticks_{0}_2*"
TWO_HOP = Layout(
    f"token user pool_0* pool_1* {SIDES.format(0)} {SIDES.format(1)} {TICKS_OF.format(0)} {TICKS_OF.format(1)} "
    "oracle_0 oracle_1"
)
TWO_HOP_V2 = Layout(
    "pool_0* pool_1* mint_in mint_middle mint_out program_in program_middle program_out user_in* vault_in_0* "
    f"vault_out_0* vault_in_1* vault_out_1* user_out* user {TICKS_OF.format(0)} {TICKS_OF.format(1)} "
    "oracle_0* oracle_1* memo"
)
TAGS = {
    "swap": bytes.fromhex("f8c69e91e17587c8"),
    "swap_v2": bytes.fromhex("2b04ed0b1ac91e62"),
    "two_hop_swap": bytes.fromhex("c360ed6c44a2dbe6"),
    "two_hop_swap_v2": bytes.fromhex("ba8fd11dfe02c275"),
}
GIVEN = {"token": TOKEN, "memo": MEMO}


class Fork(NamedTuple):
    """Orca's program, or a copy of it under another address; some write no event."""

    slug: str
    address: str
    event: bool = True
    #: the two-hop instruction that moves tokens from pool to pool
    direct: tuple[str, Layout] = ("two_hop_swap_v2", TWO_HOP_V2)


WHIRLPOOLS = Fork(SLUG, ADDRESS)


def swap(fork: Fork, scene: Scene, trades: Sequence[Trade]) -> None:
    """One hop of SPL tokens."""
    trade = trades[0]
    data = TAGS["swap"] + trade.limits() + u128(0) + bytes((trade.exact_in, trade.a_to_b))
    accounts = SWAP.fill(scene, trade, GIVEN | trade.by_side())
    with scene.call(fork.address, accounts, data, log="Swap", cost=40_000):
        exchange(scene, trade, (fork.slug, "swap"), at=scene.position, owner=trade.pool.address)
        _traded(fork, scene, trade)


def swap_v2(fork: Fork, scene: Scene, trades: Sequence[Trade]) -> None:
    """One hop of any tokens."""
    trade = trades[0]
    data = TAGS["swap_v2"] + trade.limits() + u128(0) + bytes((trade.exact_in, trade.a_to_b))
    accounts = SWAP_V2.fill(scene, trade, GIVEN | trade.by_side())
    slices, hooks = _hooks(trade.pool)
    data += b"\1" + (len(slices) // 2).to_bytes(4, "little") + slices if slices else b"\0"
    accounts += hooks
    with scene.call(fork.address, accounts, data, log="SwapV2", cost=48_000):
        at = scene.position
        if trade.variant == "memo":
            with scene.call(MEMO, [], b"Orca Trade", cost=5_000):
                scene.write_log('Program log: Memo (len 10): "Orca Trade"')
        exchange(scene, trade, (fork.slug, "swap_v2"), at=at, owner=trade.pool.address)
        _traded(fork, scene, trade)


def two_hop(fork: Fork, scene: Scene, trades: Sequence[Trade]) -> None:
    """Four transfers, two pools."""
    first, second = trades
    data = TAGS["two_hop_swap"] + _outer_limits(first, second)
    data += bytes((first.exact_in, first.a_to_b, second.a_to_b)) + u128(0) * 2
    given = GIVEN | {"user": first.user}
    for at, trade in enumerate(trades):
        given |= {f"{name}_{at}": key for name, key in trade.by_side().items()}
    with scene.call(fork.address, TWO_HOP.fill(scene, first, given), data, log="TwoHopSwap", cost=80_000):
        at = scene.position
        for leg, trade in enumerate(trades):
            exchange(scene, trade, (fork.slug, "two_hop_swap"), at=at, owner=trade.pool.address, leg=leg)
        for trade in trades:
            _traded(fork, scene, trade)


def two_hop_v2(fork: Fork, scene: Scene, trades: Sequence[Trade]) -> None:
    """Three transfers: the middle one goes from pool to pool and is both legs' at once."""
    first, second = trades
    name, layout = fork.direct
    data = TAGS[name] + _outer_limits(first, second)
    data += bytes((first.exact_in, first.a_to_b, second.a_to_b)) + u128(0) * 2 + b"\0"
    one, two = first.by_direction(), second.by_direction()
    given = GIVEN | {
        "user": first.user, "pool_0": first.pool.address, "pool_1": second.pool.address,
        "mint_in": one["mint_in"], "mint_middle": one["mint_out"], "mint_out": two["mint_out"],
        "program_in": one["program_in"], "program_middle": one["program_out"], "program_out": two["program_out"],
        "user_in": first.source, "user_out": second.target,
        "vault_in_0": one["vault_in"], "vault_out_0": one["vault_out"],
        "vault_in_1": two["vault_in"], "vault_out_1": two["vault_out"],
    }  # fmt: skip
    with scene.call(fork.address, layout.fill(scene, first, given), data, log="TwoHopSwapV2", cost=90_000):
        at = scene.position
        for trade in trades:
            stock(scene, trade, trade.pool.address)
        if first.idle:
            return
        scene.transfers(
            first.style,
            Transfer(first.source, first.vault_in, first.amount_in, first.user),
            Transfer(first.vault_out, second.vault_in, first.amount_out, first.pool.address),
            Transfer(second.vault_out, second.target, second.amount_out, second.pool.address),
        )
        for leg, trade in enumerate(trades):
            note(scene, trade, (fork.slug, name), at=at, leg=leg)
            _traded(fork, scene, trade)


def no_hooks(pool: Pool) -> bool:
    """Whether neither mint of the pool has a transfer hook."""
    return not pool.a.hook and not pool.b.hook


def _hooks(pool: Pool) -> tuple[bytes, list[str]]:
    """What follows the known accounts for transfer hooks: slices of (side, how many), and the accounts."""
    slices, accounts = b"", list[str]()
    for side, mint in enumerate((pool.a, pool.b)):
        if mint.hook:
            slices += bytes((side, 2))
            accounts += [mint.hook, address(mint.hook, "accounts")]
    return slices, accounts


def _outer_limits(first: Trade, second: Trade) -> bytes:
    if first.exact_in:
        return u64(first.offered) + u64(second.least_out)
    return u64(second.received) + u64(first.most_in)


def _traded(fork: Fork, scene: Scene, trade: Trade) -> None:
    """The event: gross amounts on both sides, transfer fees apart, fees of the pool inside the input."""
    if trade.idle or not fork.event:
        return
    a, b = trade.pool.a, trade.pool.b
    ratio = a.price(scene.slot) / b.price(scene.slot) * 10.0 ** (b.decimals - a.decimals)
    price = int(math.sqrt(ratio) * 2**64)
    protocol = trade.fee * 13 // 100
    scene.log_data(
        TRADED + raw(trade.pool.address) + bytes((trade.a_to_b,)) + u128(price) + u128(price + 1)
        + u64(trade.amount_in) + u64(trade.amount_out)
        + u64(trade.mint_in.fee(trade.amount_in)) + u64(trade.mint_out.fee(trade.amount_out))
        + u64(trade.fee - protocol) + u64(protocol)
    )  # fmt: skip


VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 32_000_000, 4),
        pool(SLUG, SOL, USDT, 4_100_000, 5),
        pool(SLUG, ORCA, USDC, 900_000, 30),
        pool(SLUG, JUP, SOL, 1_600_000, 30),
        pool(SLUG, BONK, SOL, 2_400_000, 30),
        pool(SLUG, JITOSOL, SOL, 12_000_000, 1),
        pool(SLUG, PYUSD, USDC, 5_500_000, 1),
        pool(SLUG, TITHE, SOL, 420_000, 30),
        pool(SLUG, HOOKED, USDC, 64_000, 100),
    ),
    kinds=(
        Kind(
            name="swap",
            make=partial(swap, WHIRLPOOLS),
            exact="either",
            partial=True,
            styles=("plain", "plain", "batch"),
        ),
        Kind(
            name="swap_v2",
            make=partial(swap_v2, WHIRLPOOLS),
            exact="either",
            partial=True,
            token_2022=True,
            variants=("", "", "memo"),
            styles=("with_fee", "checked"),
        ),
        Kind(name="two_hop_swap", make=partial(two_hop, WHIRLPOOLS), legs=(2, 2), exact="either", styles=("plain",)),
        Kind(
            name="two_hop_swap_v2",
            make=partial(two_hop_v2, WHIRLPOOLS),
            legs=(2, 2),
            exact="either",
            direct=True,
            takes=no_hooks,
            token_2022=True,
            styles=("with_fee", "checked"),
        ),
    ),
)
