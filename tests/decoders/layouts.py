"""One working transaction for every layout there is, built from the layout itself: a start for mutations."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from decoders.engine import text58
from decoders.engine.amounts import from_event, native_sol
from decoders.engine.call import EVENT_CALL
from decoders.engine.conversions import Lamports, with_anyone
from decoders.engine.hubs import BestOf, Hub
from decoders.engine.model import Transaction
from decoders.engine.optional import OptionalVaults
from decoders.engine.phoenix import free_funds, wallet
from decoders.engine.spec import Args, Leg, Program, SwapIx, anchor_event
from decoders.engine.trailing import TrailingUsers
from tests.decoders.scene import SYSTEM, TOKEN, Scene, address, u64
from tests.decoders.statements import logged, phoenix_records

#: what each argument is in these transactions; 1,000,000 goes in and 2,000,000 comes out of every leg
PAID, RECEIVED = 1_000_000, 2_000_000
_VALUES = {
    "amount_in": PAID, "in_amount": PAID, "amount": PAID, "amount_0": PAID, "in_atoms": PAID, "maximum_in": PAID,
    "tokens": PAID, "lamports": PAID, "side": 1, "amount_out": RECEIVED, "by_input": 1, "is_exact_in": 1,
    "is_base_in": 1,
}  # fmt: skip
STAKE = "Stake11111111111111111111111111111111111111"
_SIZES = {"u8": 1, "bool": 1, "u16": 2, "u32": 4, "i32": 4, "u64": 8, "i64": 8, "u128": 16, "i128": 16, "pubkey": 32}


class Case(NamedTuple):
    """A transaction with one call of a swap instruction in it, at ``idx``, and how many legs it has."""

    program: Program
    layout: SwapIx
    transaction: Transaction
    idx: int
    legs: int

    def __str__(self) -> str:
        return f"{self.program.name}-{self.layout.name}-{self.layout.accounts}-{self.layout.tag.hex()}"


@cache
def cases(program: Program) -> tuple[Case, ...]:
    """A case for every layout of the program that a transaction can tell of."""
    return tuple(case(program, layout) for layout in program.swaps if not _never_told(layout))


def _never_told(layout: SwapIx) -> bool:
    """Orders whose market names no mints: they are idle, or dead letters when they traded."""
    return layout.amounts is free_funds or (layout.amounts is from_event and len(layout.vaults) == 1)


def case(program: Program, layout: SwapIx) -> Case:
    """The instruction as the second outer call, with the transfers below it that its legs need."""
    scene = Scene()
    scene.call(SYSTEM, [address("payer"), address("tip")], b"\x02\x00\x00\x00" + u64(5000))
    accounts = [
        address(f"{program.name} {layout.name} {layout.accounts} {layout.tag.hex()} account {position}")
        for position in range(layout.accounts)
    ]
    if layout.amounts is with_anyone:
        accounts += [address("far in"), address("far out")]
    data = _data(program, layout)
    idx = scene.call(program.address, accounts, data).position
    legs = _legs(layout)
    if layout.amounts is from_event and layout.vaults:
        for position, mint in zip((*layout.vaults, *layout.users), "bqbq", strict=True):
            scene.hold(accounts[position], address(mint))
        scene.says[idx] = logged(layout, accounts, legs[0], PAID, RECEIVED)
    elif layout.amounts is from_event:
        scene.says[idx] = ["Program data: " + b64encode(_fill(accounts[1])).decode()]
    elif isinstance(layout.amounts, Lamports):
        _converted(scene, layout, layout.amounts, accounts, legs[0])
    elif layout.amounts is with_anyone:
        far = replace(legs[0], vaults=(layout.accounts, layout.accounts + 1))
        _through_vaults(scene, accounts, (far,))
    elif layout.amounts is native_sol:
        scene.says[idx] = logged(layout, accounts, legs[0], PAID, RECEIVED)
        _curve(scene, program, accounts, legs[0], buy=layout.name.startswith("buy"))
    else:
        _through_vaults(scene, accounts, legs)
        if layout.amounts is wallet:
            scene.call(program.address, [accounts[1]], phoenix_records(1_000, 2_000), height=2)
    return Case(program, layout, scene.transaction(), idx, len(legs))


def _legs(layout: SwapIx) -> tuple[Leg, ...]:
    if not callable(layout.legs):
        return layout.legs
    if isinstance(layout.legs, TrailingUsers):
        first, last = layout.legs.first_vault, layout.accounts - 1
        return (Leg(pool=layout.legs.pool, vaults=(first, first + 1), users=(last - 1, last)),)
    if isinstance(layout.legs, OptionalVaults):
        leg = layout.legs
        return (Leg(pool=leg.pool, vaults=leg.vaults, users=leg.users, mints=leg.mints),)
    if isinstance(layout.legs, Hub):
        return (Leg(pool=layout.legs.pools[0], vaults=layout.legs.vaults, users=layout.legs.users),)
    if isinstance(layout.legs, BestOf):
        best = layout.legs
        return (Leg(pool=best.pools, vaults=best.vaults, users=best.users, mints=best.mints),)
    return (Leg(pool=7, vaults=(9, 10), users=(1, 8), mints=(2, 11)),)


def _through_vaults(scene: Scene, accounts: list[str], legs: tuple[Leg, ...]) -> None:
    sent: set[tuple[str, str]] = set()
    for leg in legs:
        # pools of several tokens, users with several accounts: the first two will do
        vault_in, vault_out = (accounts[position] for position in leg.vaults[:2])
        source, dest = (accounts[position] for position in leg.users[:2])
        mints = [accounts[position] for position in leg.mints[:2]] or [f"{vault_in}m", f"{vault_out}m"]
        for account, mint in zip((source, vault_in, vault_out, dest), (mints[0], *mints, mints[1]), strict=True):
            if account not in mints:
                scene.hold(account, mint)
        for position in set(leg.vaults[2:]).difference(leg.mints):
            scene.hold(accounts[position], mints[1])
        for one, other, amount in ((source, vault_in, PAID), (vault_out, dest, RECEIVED)):
            if (one, other) not in sent:
                _move(scene, one, other, amount, mints, checked=bool(leg.mints))
                sent.add((one, other))


def _move(scene: Scene, source: str, dest: str, amount: int, mints: Sequence[str], *, checked: bool = True) -> None:
    """A transfer; where a mint stands for the vault the token is made or burned."""
    if source in mints:
        scene.call(TOKEN, [source, dest, address("owner")], b"\x07" + u64(amount), height=2)
        scene.after[dest] += amount
    elif dest in mints:
        scene.call(TOKEN, [source, dest, address("owner")], b"\x08" + u64(amount), height=2)
        scene.after[source] -= amount
    else:
        scene.transfer(source, dest, amount, checked=checked)


def _curve(scene: Scene, program: Program, accounts: list[str], leg: Leg, *, buy: bool) -> None:
    vault, user, mint = accounts[leg.vaults[0]], accounts[leg.users[0]], accounts[leg.mints[0]]
    curve, trader = accounts[leg.pool if leg.curve is None else leg.curve], address("trader")
    scene.hold(vault, mint)
    scene.owners[vault] = curve
    scene.hold(user, mint)
    if buy:
        scene.call(SYSTEM, [trader, curve], b"\x02\x00\x00\x00" + u64(PAID), height=2)
        scene.transfer(vault, user, RECEIVED, checked=False)
    else:
        scene.transfer(user, vault, PAID, checked=False)
    scene.lamports[curve] = PAID if buy else -RECEIVED
    amounts = u64(PAID, RECEIVED) if buy else u64(RECEIVED, PAID)
    event = text58.decode(mint) + amounts + bytes((buy,)) + bytes(32) + u64(0, 0, 0)
    scene.call(program.address, [accounts[0]], EVENT_CALL + anchor_event("TradeEvent") + event, height=2)


def _converted(scene: Scene, layout: SwapIx, ways: Lamports, accounts: list[str], leg: Leg) -> None:
    """Lamports into a store, or out of one by the stake program, against a token."""
    wallet_, store = accounts[ways.wallet], accounts[ways.stores[0]]
    vault, user, mint = (accounts[one[-1]] for one in (leg.vaults, leg.users, leg.mints))
    for account in {vault, user} - {mint}:
        scene.hold(account, mint)
    if layout.name.startswith("deposit"):
        scene.call(SYSTEM, [wallet_, store], b"\x02\x00\x00\x00" + u64(PAID), height=2)
        _move(scene, vault, user, RECEIVED, [mint])
    else:
        _move(scene, user, vault, PAID, [mint])
        scene.call(STAKE, [store, wallet_], b"\x04\x00\x00\x00" + u64(RECEIVED), height=2)
    scene.lamports[store] = PAID if layout.name.startswith("deposit") else -RECEIVED


def _fill(market: str) -> bytes:
    maker, taker, base, quote = (text58.decode(address(name)) for name in ("maker", "taker", "base", "quote"))
    head = bytes.fromhex("3ae6f2034b7104a9") + text58.decode(market) + maker + taker + base + quote
    return head + bytes(16) + u64(PAID, RECEIVED, 1, 2) + bytes(16)


def _data(program: Program, layout: SwapIx) -> bytes:
    data = b"" if layout.at else layout.tag
    data += b"" if layout.args is None else _arguments(layout.args)
    if layout.size is not None:
        data = data[: layout.at].ljust(layout.at, b"\0") + layout.tag
    return data if program.reveal is None else program.reveal(data)


def _arguments(args: Args) -> bytes:
    fields = (item.split(":") for item in args.text.partition("|")[0].split())
    return b"".join(_VALUES.get(name, 0).to_bytes(_SIZES[kind], "little") for name, kind in fields)
