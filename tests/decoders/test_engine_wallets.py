"""Fills between two wallets: with token accounts or native SOL on either side, and nothing that is neither."""

from itertools import product

import pytest

from decoders import jupiterz_order_engine
from decoders.engine.amounts import WRAPPED_SOL
from decoders.engine.model import Decoded
from decoders.engine.movements import TOKEN
from decoders.engine.registry import Registry
from tests.decoders.scene import SYSTEM, Scene, address, u64

REGISTRY = Registry((jupiterz_order_engine.PROGRAM,))
ENGINE = jupiterz_order_engine.PROGRAM.address
TAKER, MAKER, TEMPORARY, COIN = (address(name) for name in ("taker", "maker", "temporary", "coin"))
PAID, RECEIVED = 700, 900
FILL = jupiterz_order_engine.PROGRAM.swaps[0].tag + u64(PAID, RECEIVED, 1_790_000_000)
BOTH = (True, True)


def lamports(scene: Scene, source: str, dest: str, amount: int) -> None:
    """A transfer of native SOL below the fill."""
    scene.call(SYSTEM, [source, dest], b"\x02\x00\x00\x00" + u64(amount), height=2)


def unwrap(scene: Scene, source: str, amount: int) -> None:
    """Wrapped SOL into the maker's temporary account, which is closed."""
    lamports(scene, MAKER, TEMPORARY, 2_039_280)
    scene.hold(TEMPORARY, WRAPPED_SOL, 0)
    scene.transfer(source, TEMPORARY, amount, checked=False)
    scene.call(TOKEN, [TEMPORARY, MAKER, MAKER], b"\x09", height=2)


def fill(*, taker_in: bool, maker_in: bool, taker_out: bool, maker_out: bool, data: bytes = FILL) -> Scene:
    """A fill with these token accounts present, as the program settles it; a side without one is in SOL."""
    scene = Scene()
    sold = COIN if taker_in and maker_in else WRAPPED_SOL
    bought = (address("other coin") if sold == COIN else COIN) if taker_out and maker_out else WRAPPED_SOL
    names = [
        scene.hold(address(name), mint) if there else ENGINE
        for name, mint, there in (
            ("taker in", sold, taker_in), ("maker in", sold, maker_in),
            ("taker out", bought, taker_out), ("maker out", bought, maker_out),
        )
    ]  # fmt: skip
    scene.call(ENGINE, [TAKER, MAKER, *names, sold, TOKEN, bought, TOKEN, SYSTEM, TEMPORARY], data)
    if taker_in and maker_in:
        scene.transfer(names[0], names[1], PAID)
    elif taker_in:
        unwrap(scene, names[0], PAID)
    else:
        lamports(scene, TAKER, names[1] if maker_in else MAKER, PAID)
    if taker_out and maker_out:
        scene.transfer(names[3], names[2], RECEIVED)
        return scene
    if maker_out:
        unwrap(scene, names[3], RECEIVED)
    lamports(scene, MAKER, names[2] if taker_out else TAKER, RECEIVED)
    return scene


def decode(scene: Scene) -> Decoded:
    """What the engine says."""
    return REGISTRY.decode(scene.transaction())


@pytest.mark.parametrize(
    ("inputs", "outputs"),
    [pair for pair in product(product((True, False), repeat=2), repeat=2) if BOTH in pair],
)
def test_either_side_may_be_native_sol(inputs: tuple[bool, bool], outputs: tuple[bool, bool]) -> None:
    scene = fill(taker_in=inputs[0], maker_in=inputs[1], taker_out=outputs[0], maker_out=outputs[1])
    decoded = decode(scene)
    (swap,) = decoded.swaps
    assert (swap.amount_in, swap.amount_out) == (PAID, RECEIVED)
    assert (swap.mint_in == WRAPPED_SOL, swap.mint_out == WRAPPED_SOL) == (inputs != BOTH, outputs != BOTH)
    assert swap.vault_in == (address("maker in") if inputs[1] else MAKER)
    assert swap.vault_out == (address("maker out") if outputs[1] else MAKER)
    assert (swap.pool, swap.user, swap.kind) == (MAKER, TAKER, "rfq")
    assert (swap.reserve_in, swap.reserve_out) == (None, None)
    # every token of a scene has 6 decimals; SOL without a token account has 9
    assert swap.decimals_in == (6 if inputs[1] else 9)
    assert {check.result for check in decoded.checks} == {"agree"}


def test_an_amount_other_than_the_quote_is_counted() -> None:
    other = jupiterz_order_engine.PROGRAM.swaps[0].tag + u64(PAID, RECEIVED + 1, 0)
    decoded = decode(fill(taker_in=True, maker_in=True, taker_out=False, maker_out=False, data=other))
    assert [swap.amount_out for swap in decoded.swaps] == [RECEIVED]
    assert [(check.check, check.result) for check in decoded.checks if check.result == "differ"] == [("args", "differ")]


def test_sol_on_both_sides_is_no_trade() -> None:
    decoded = decode(fill(taker_in=False, maker_in=False, taker_out=False, maker_out=False))
    assert [letter.reason for letter in decoded.dead] == ["mint"]


def test_a_side_that_did_not_settle_is_set_aside() -> None:
    scene = fill(taker_in=True, maker_in=True, taker_out=False, maker_out=False)
    scene.trace.pop()
    assert [letter.reason for letter in decode(scene).dead] == ["one_sided"]


def test_two_payments_are_set_aside() -> None:
    scene = fill(taker_in=True, maker_in=True, taker_out=False, maker_out=False)
    lamports(scene, MAKER, TAKER, 5)
    assert [letter.reason for letter in decode(scene).dead] == ["ambiguous"]


def test_a_missing_token_account_of_another_mint_is_set_aside() -> None:
    scene = Scene()
    token_accounts = [scene.hold(address("taker in"), COIN), scene.hold(address("maker in"), COIN), ENGINE, ENGINE]
    scene.call(ENGINE, [TAKER, MAKER, *token_accounts, COIN, TOKEN, address("no sol"), TOKEN, SYSTEM], FILL)
    scene.transfer(token_accounts[0], token_accounts[1], PAID)
    lamports(scene, MAKER, TAKER, RECEIVED)
    assert [letter.reason for letter in decode(scene).dead] == ["mint"]


def test_a_fill_that_moved_nothing_is_idle() -> None:
    scene = fill(taker_in=True, maker_in=True, taker_out=False, maker_out=False)
    del scene.trace[1:]
    decoded = decode(scene)
    assert (decoded.idle, decoded.swaps, decoded.dead) == (("jupiterz_order_engine",), (), ())
