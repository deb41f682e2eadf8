"""Raydium CLMM: one hop in two layouts, or several hops in one instruction; events before the transfers."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from indexer.localnet.builder_keys import MEMO, TOKEN, TOKEN_2022, address, raw
from indexer.localnet.builder_market import JUP, RAY, REWARD, SOL, TRUMP, USDC, USDT, pool
from indexer.localnet.builder_scene import Scene
from indexer.localnet.programs.venue import Kind, Layout, Trade, Venue, exchange, u64, u128

SLUG = "raydium_clmm"
ADDRESS = "CAMMCzo5YL8w4VFF8KVHrK22GGUsp5VTaW7grrKgrWqK"
SWAP = Layout(
    "user amm_config pool* user_in* user_out* vault_in* vault_out* observation* token tick_array_0* tick_array_1* "
    "tick_array_2*"
)
SWAP_V2 = Layout(
    "user amm_config pool* user_in* user_out* vault_in* vault_out* observation* token token_2022 memo mint_in mint_out "
    "bitmap_extension* tick_array_0* tick_array_1*"
)
ROUTER = Layout("user user_in* mint_in* token token_2022 memo")
HOP = "amm_config pool* user_out* vault_in* vault_out* mint_out observation*"
HOPS = tuple(Layout(f"{HOP} {' '.join(f'tick_array_{at}*' for at in range(count))}") for count in (1, 2, 3))
TAGS = {
    "swap": bytes.fromhex("f8c69e91e17587c8"),
    "swap_v2": bytes.fromhex("2b04ed0b1ac91e62"),
    "swap_v3_dyn": bytes.fromhex("e52ed584692828e4"),
    "swap_router_base_in": bytes.fromhex("457d73daf5baf2c4"),
}
SWAP_EVENT = bytes.fromhex("40c6cde8260871e2")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fork:
    """Raydium's program, or a copy of it under another address; ``trade_fees``: its event may state them."""

    slug: str
    address: str
    trade_fees: bool = False

    def kind(self, name: str) -> Kind:
        """One of its instructions; `swap_v3_dyn` is Byreal's, laid out as `swap_v2`."""
        variants = ("", "trade fees") if self.trade_fees else ("",)
        if name == "swap_router_base_in":
            return Kind(name=name, make=self.router, legs=(1, 3), token_2022=True, variants=variants[-1:])
        old = name == "swap"
        return Kind(
            name=name,
            make=partial(self.one, name, SWAP if old else SWAP_V2, "Swap" if old else "SwapV2"),
            exact="either",
            partial=True,
            token_2022=not old,
            variants=variants,
            styles=("plain", "plain", "batch") if old else ("checked", "checked", "batch"),
        )

    def given(self) -> dict[str, str]:
        """The accounts that are the same for every pool."""
        return {"token": TOKEN, "token_2022": TOKEN_2022, "memo": MEMO, "amm_config": address(self.slug, "config", "0")}

    def one(self, name: str, layout: Layout, log: str, scene: Scene, trades: Sequence[Trade]) -> None:
        """One hop."""
        trade = trades[0]
        accounts = layout.fill(scene, trade, self.given() | trade.by_side() | trade.by_direction())
        data = TAGS[name] + trade.limits() + u128(0) + bytes((trade.exact_in,))
        with scene.call(self.address, accounts, data, log=log, cost=50_000):
            self.hop(scene, trade, name, scene.position, 0)

    def router(self, scene: Scene, trades: Sequence[Trade]) -> None:
        """Every hop pays from the account that the hop before filled."""
        first, last = trades[0], trades[-1]
        name = "swap_router_base_in"
        accounts = ROUTER.fill(scene, first, self.given() | first.by_side() | first.by_direction())
        accounts = accounts[: len(ROUTER.names)]
        for trade in trades:
            layout = HOPS[scene.draw.randrange(len(HOPS))]
            accounts += layout.fill(scene, trade, self.given() | trade.by_side() | trade.by_direction())[
                : len(layout.names)
            ]
        data = TAGS[name] + u64(first.offered) + u64(last.least_out)
        with scene.call(self.address, [*accounts, *first.extra], data, log="SwapRouterBaseIn", cost=70_000):
            at = scene.position
            for leg, trade in enumerate(trades):
                self.hop(scene, trade, name, at, leg)

    def hop(self, scene: Scene, trade: Trade, name: str, at: int, leg: int) -> None:
        """The event, then the transfers."""
        if not trade.idle:
            scene.log_data(_event(scene, trade))
        exchange(scene, trade, (self.slug, name), at=at, owner=trade.pool.address, leg=leg)


def _event(scene: Scene, trade: Trade) -> bytes:
    """Amounts by token 0 and 1, without transfer fees on either side."""
    pool = trade.pool
    ratio = pool.a.price(scene.slot) / pool.b.price(scene.slot) * 10.0 ** (pool.b.decimals - pool.a.decimals)
    fee_in, fee_out = trade.mint_in.fee(trade.amount_in), trade.mint_out.fee(trade.amount_out)
    sides = [(trade.amount_in - fee_in, fee_in), (trade.amount_out - fee_out, fee_out)]
    if not trade.a_to_b:
        sides.reverse()
    event = SWAP_EVENT + raw(pool.address) + raw(trade.user) + raw(trade.user_a) + raw(trade.user_b)
    event += b"".join(u64(amount) + u64(fee) for amount, fee in sides)
    event += bytes((trade.a_to_b,)) + u128(int(math.sqrt(ratio) * 2**64)) + u128(10**15)
    event += int(math.log(ratio, 1.0001)).to_bytes(4, "little", signed=True)
    if trade.variant == "trade fees":
        event += u64(trade.fee if trade.a_to_b else 0) + u64(0 if trade.a_to_b else trade.fee)
    return event


RAYDIUM = Fork(slug=SLUG, address=ADDRESS, trade_fees=True)
VENUE = Venue(
    slug=SLUG,
    address=ADDRESS,
    pools=(
        pool(SLUG, SOL, USDC, 21_000_000, 4),
        pool(SLUG, SOL, USDT, 2_700_000, 5),
        pool(SLUG, TRUMP, USDC, 6_200_000, 25),
        pool(SLUG, RAY, USDC, 3_100_000, 25),
        pool(SLUG, JUP, SOL, 1_900_000, 25),
        pool(SLUG, SOL, REWARD, 240_000, 100),
    ),
    kinds=tuple(map(RAYDIUM.kind, ("swap", "swap_v2", "swap_router_base_in"))),
)
