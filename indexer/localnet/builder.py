"""Builds one transaction of a wanted kind, as the RPC would serve it, together with the swaps it contains."""

import random
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from typing import Any

from indexer.localnet.builder_keys import SIGNATURE_LETTERS, address, seeded, signature, stream
from indexer.localnet.builder_market import SOL, Mint
from indexer.localnet.builder_message import SIGNATURE_FEE, encode
from indexer.localnet.builder_plan import Call, Desk, Order, plan
from indexer.localnet.builder_scene import Scene, wallet_account
from indexer.localnet.builder_truth import Leg, Truth
from indexer.localnet.programs import VENUES
from indexer.localnet.programs.routers import ROUTERS, Hop, bot, jupiter_authority

WALLETS = 600
SHORT_LOG_BYTES = 300
SLIPPAGE_ERROR = 6001


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where in the chain a transaction stands, and the randomness of its surroundings.

    ``world`` keeps the vault balances that earlier transactions of the block left.
    """

    slot: int
    block_time: int
    blockhash: str
    tx_index: int
    letters: bytes
    draw: random.Random
    world: MutableMapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A transaction as an item of getBlock's `transactions`, what it is known to contain, and where it stands."""

    transaction: dict[str, Any]
    truth: tuple[Truth, ...]
    accounts: frozenset[str]

    def result(self, slot: int, block_time: int) -> dict[str, Any]:
        """The same transaction as getTransaction's `result`."""
        return {"slot": slot, "blockTime": block_time, **self.transaction}


def build(*, seed: int = 0, slot: int = 350_000_000, block_time: int = 1_790_000_000, **wishes: Any) -> Built:
    """One transaction of a wanted kind; ``wishes`` are the fields of `Order`, of which ``program`` must be given.

    The same arguments give the same transaction. Raises ValueError when the program cannot do what is asked, KeyError
    when it or its instruction is unknown.
    """
    order = Order(**wishes)
    name = (str(seed), str(slot), repr(order))
    place = Place(
        slot=slot,
        block_time=block_time,
        blockhash=address("blockhash", *name),
        tx_index=0,
        letters=stream(2 * SIGNATURE_LETTERS, *name),
        draw=seeded(*name),
    )
    return perform(order, place)


def perform(order: Order, place: Place) -> Built:
    """Carry out one order at a place of the chain."""
    draw = place.draw
    payer = address("wallet", str(draw.randrange(WALLETS)))
    user = address("wallet", str(draw.randrange(WALLETS)), "sponsored") if order.sponsor else payer
    scene = Scene(slot=place.slot, block_time=place.block_time, draw=draw, payer=payer, world=place.world)
    if order.log_truncated:
        scene.log_bytes_limit = SHORT_LOG_BYTES
    if user != payer:
        scene.sign(user)
    price = draw.randrange(1, 200_000)
    scene.budget(draw.choice((200_000, 400_000, 600_000, 1_400_000)), price)
    if order.noise:
        _noise(scene, order)
    else:
        _swaps(scene, order, user)
    return _finish(scene, order, place, priority=price * scene.limit // 1_000_000)


def _noise(scene: Scene, order: Order) -> None:
    venue = VENUES[order.program]
    if venue.noise is None:
        raise ValueError(f"{order.program} has no calls besides swaps here")
    venue.noise(scene, scene.draw.choice(venue.pools))


def _swaps(scene: Scene, order: Order, user: str) -> None:
    shared = order.way == "shared_accounts_route" and order.via_router == "jupiter_v6"
    owner = jupiter_authority(scene) if shared else user
    desk = Desk(slot=scene.slot, draw=scene.draw, owner=owner)
    groups = [plan(order, desk) for _ in range(order.times)]
    wrapped = order.wrap_sol and _wrap(scene, user, groups)
    for calls in groups:
        _provide(scene, owner, calls)
        if shared:
            _provide(scene, user, calls)
    for at, calls in enumerate(groups):
        if order.failed and at == len(groups) - 1:
            scene.doom = SLIPPAGE_ERROR
        if order.in_bot:
            bot(scene, user, lambda calls=calls: _run(scene, order, user, calls))  # type: ignore[misc]
        else:
            _run(scene, order, user, calls)
    if wrapped and not order.failed:
        scene.unwrap(user)


def _run(scene: Scene, order: Order, user: str, calls: list[Call]) -> None:
    """One outer instruction: a pool call as it is, or a router's with its hops."""
    if order.via_router is None:
        for call in calls:
            call.kind.make(scene, call.trades)
        return
    hops: list[Hop] = [(call.trades, lambda scene, call=call: call.kind.make(scene, call.trades)) for call in calls]  # type: ignore[misc]
    ROUTERS[order.via_router](scene, user, hops, order.way)


def _wrap(scene: Scene, user: str, groups: list[list[Call]]) -> bool:
    """Open a wrapped SOL account for this transaction only, with what its swaps will pay from it."""
    trades = [trade for calls in groups for call in calls if call.kind.holds_tokens for trade in call.trades]
    if all(SOL not in {trade.pool.a, trade.pool.b} for trade in trades):
        return False
    need = sum(trade.amount_in * 3 // 2 for trade in trades if trade.mint_in is SOL)
    scene.ledger.grant(user, need)
    scene.wrap(user, need)
    return True


def _provide(scene: Scene, owner: str, calls: list[Call]) -> None:
    """Give the owner token accounts with enough of everything the calls will pay."""
    for kind, trade in ((call.kind, trade) for call in calls if not call.kind.deposited for trade in call.trades):
        for mint in (trade.mint_in, trade.mint_out):
            if kind.native and mint is SOL:
                scene.ledger.grant(owner, trade.amount_in * 2 if mint is trade.mint_in else 0)
                continue
            account = wallet_account(owner, mint)
            holding = scene.ledger.hold(account, mint, owner, scene.draw.randrange(mint.units(2_000, scene.slot)))
            if mint is trade.mint_in and holding.before is not None:
                scene.ledger.top_up(account, trade.amount_in * 11 // 10 + 10)


def _finish(scene: Scene, order: Order, place: Place, *, priority: int) -> Built:
    if order.failed:
        scene.ledger.revert()
    fee = SIGNATURE_FEE * len(scene.signers) + priority
    scene.ledger.burn_fee(scene.payer, fee)
    # the place brings letters for two signers; a market maker may be the third
    letters = place.letters + b"".join(
        stream(SIGNATURE_LETTERS, signer, str(place.letters)) for signer in scene.signers[2:]
    )
    signatures = [
        signature(letters[at * SIGNATURE_LETTERS : (at + 1) * SIGNATURE_LETTERS]) for at in range(len(scene.signers))
    ]
    transaction, accounts = encode(
        scene,
        signatures=signatures,
        blockhash=place.blockhash,
        version=order.version,
        lookup_table=order.lookup_table,
        null_stack_height=order.null_stack_height,
        fee=fee,
    )
    truth = () if order.failed else _truth(scene, place, signatures[0])
    sides = (
        (vault, mint)
        for leg in scene.legs
        for vault, mint in ((leg.vault_in, leg.mint_in), (leg.vault_out, leg.mint_out))
    )
    vaults = {vault for vault, mint in sides if vault is not None and vault != mint.address}
    place.world.update((vault, scene.ledger.balance(vault)) for vault in vaults)
    return Built(transaction=transaction, truth=truth, accounts=frozenset(accounts))


def _truth(scene: Scene, place: Place, first_signature: str) -> tuple[Truth, ...]:
    """The swaps with their place among those of the same outer instruction and the reserves they left."""
    legs = sorted(scene.legs, key=lambda leg: (leg.position, leg.leg))
    hops: dict[int, int] = {}
    for leg in legs:
        hops[leg.outer] = hops.get(leg.outer, 0) + 1
    seen: dict[int, int] = {}
    truth: list[Truth] = []
    for leg in legs:
        hop = seen[leg.outer] = seen.get(leg.outer, -1) + 1
        truth.append(_swap(leg, scene, place, signature=first_signature, hop=hop, hops=hops[leg.outer]))
    return tuple(truth)


def _swap(leg: Leg, scene: Scene, place: Place, *, signature: str, hop: int, hops: int) -> Truth:
    return Truth(
        slot=place.slot,
        block_time=place.block_time,
        signature=signature,
        tx_index=place.tx_index,
        program=leg.program,
        program_id=VENUES[leg.program].address,
        instruction=leg.instruction,
        outer_idx=leg.outer,
        idx=leg.position,
        leg=leg.leg,
        pool=leg.pool,
        user=leg.user,
        fee_payer=scene.payer,
        mint_in=leg.mint_in.address,
        mint_out=leg.mint_out.address,
        amount_in=leg.amount_in,
        amount_out=leg.amount_out,
        decimals_in=scene.decimals(leg.mint_in),
        decimals_out=scene.decimals(leg.mint_out),
        vault_in=leg.vault_in,
        vault_out=leg.vault_out,
        reserve_in=_reserve(leg.vault_in, leg.mint_in, scene),
        reserve_out=_reserve(leg.vault_out, leg.mint_out, scene),
        transfer_fee_in=leg.fee_in,
        transfer_fee_out=leg.fee_out,
        route=leg.route,
        hop=hop,
        hops=hops,
    )


def _reserve(vault: str | None, mint: Mint, scene: Scene) -> int | None:
    """What the vault holds; nothing does where the program mints what it gives or burns what it gets."""
    return None if vault in {None, mint.address} else scene.ledger.balance(vault or "")
