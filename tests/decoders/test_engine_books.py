"""Order books that do not say amounts with transfers alone: one swap per taker instruction, and no guess."""

import pytest

from decoders import archer, openbook_v2, phoenix
from decoders.engine.model import Decoded
from decoders.engine.registry import Registry
from decoders.engine.spec import Program, anchor
from tests.decoders.layouts import PAID, RECEIVED
from tests.decoders.scene import Scene, address
from tests.decoders.statements import logged, phoenix_records

REGISTRY = Registry([phoenix.PROGRAM, openbook_v2.PROGRAM])
BUY, SELL = 0, 1


def accounts(count: int) -> list[str]:
    return [address(f"account {position}") for position in range(count)]


def limit_order(side: int, records: bytes | None, *, paid: int = PAID, received: int = RECEIVED) -> Decoded:
    """An order of 1,000 lots at most, with the program's own records of it."""
    scene, names = Scene(), accounts(10)
    for position, mint in ((5, "base"), (6, "quote"), (7, "base"), (8, "quote")):
        scene.hold(names[position], address(mint))
    idx = scene.call(phoenix.PROGRAM.address, names, bytes((2, 1, side)) + bytes(40)).position
    # base and quote: 5 and 6 of the trader, 7 and 8 of the market
    ins, outs = ((6, 8), (7, 5)) if side == BUY else ((5, 7), (8, 6))
    if paid:
        scene.transfer(names[ins[0]], names[ins[1]], paid)
    if received:
        scene.transfer(names[outs[0]], names[outs[1]], received)
    if records is not None:
        scene.call(phoenix.PROGRAM.address, [names[1]], records, height=2)
    assert idx == 0
    return REGISTRY.decode(scene.transaction())


@pytest.mark.parametrize(
    ("side", "fee_mint", "fee"), [(BUY, "quote", PAID // 1_000), (SELL, "quote", RECEIVED // 2_000)]
)
def test_a_limit_order_matched_whole_is_one_swap_with_its_fee(side: int, fee_mint: str, fee: int) -> None:
    base, quote = (2_000, 1_000) if side == BUY else (1_000, 2_000)
    answer = limit_order(side, phoenix_records(base, quote))
    (swap,) = answer.swaps
    assert (swap.amount_in, swap.amount_out) == (PAID, RECEIVED)
    assert (swap.mint_in == address("quote")) == (side == BUY)
    assert [(one.mint, one.amount) for one in swap.fees] == [(address(fee_mint), fee)]
    assert {check.result for check in answer.checks} == {"agree"}


def test_an_order_that_only_rests_is_idle_whatever_it_deposits() -> None:
    answer = limit_order(SELL, phoenix_records(0, 0, rests=1_000), received=0)
    assert (answer.idle, answer.dead, answer.swaps) == (("phoenix",), (), ())


@pytest.mark.parametrize(
    ("records", "reason"),
    [
        (phoenix_records(600, 2_000, rests=400), "ambiguous"),  # one deposit for both parts
        (phoenix_records(999, 2_000), "ambiguous"),  # free funds paid a part
        (None, "event"),
        (b"\x0f\x01" + bytes(91) + b"\x63", "event"),  # a record nobody knows
    ],
)
def test_what_does_not_say_how_much_was_matched_is_a_dead_letter(records: bytes | None, reason: str) -> None:
    answer = limit_order(SELL, records)
    assert [letter.reason for letter in answer.dead] == [reason]
    assert answer.swaps == ()


@pytest.mark.parametrize("tag", [1, 3])
def test_orders_paid_from_deposited_funds_name_no_mints(tag: int) -> None:
    for lots, dead, idle in ((0, [], ("phoenix",)), (5, ["transfers"], ())):
        scene = Scene()
        scene.call(phoenix.PROGRAM.address, accounts(5), bytes((tag, 2, 0)))
        scene.call(phoenix.PROGRAM.address, accounts(1), phoenix_records(lots, lots), height=2)
        answer = REGISTRY.decode(scene.transaction())
        assert ([letter.reason for letter in answer.dead], answer.idle, answer.swaps) == (dead, idle, ())


def orders(*totals: tuple[int, int, int], name: str = "place_orders", logs: bool = True) -> Decoded:
    """An instruction with several orders: side, paid and received of each that traded."""
    program: Program = openbook_v2.PROGRAM
    layout = next(one for one in program.swaps if one.name == name)
    scene, names = Scene(), accounts(layout.accounts)
    leg = layout.legs[0] if isinstance(layout.legs, tuple) else None
    assert leg is not None
    for position, mint in zip((*leg.vaults, *leg.users), ("base", "quote") * 2, strict=False):
        scene.hold(names[position], address(mint))
    idx = scene.call(program.address, names, anchor(name)).position
    lines = []
    for side, paid, received in totals:
        lines += logged(layout, names, leg, paid, received, side=side)
    scene.says[idx] = lines
    return REGISTRY.decode(scene.transaction(logs=logs))


def test_orders_of_one_instruction_are_one_swap() -> None:
    (bought,) = orders((BUY, 10, 100), (BUY, 30, 200)).swaps
    assert (bought.mint_in, bought.amount_in, bought.mint_out, bought.amount_out) == (
        address("quote"), 40, address("base"), 300,
    )  # fmt: skip
    (sold,) = orders((SELL, 100, 10)).swaps
    assert (sold.mint_in, sold.amount_in, sold.amount_out, sold.vault_in) == (address("base"), 100, 10, None)


def test_orders_that_rest_are_idle() -> None:
    for answer in (orders(), orders((BUY, 0, 0))):
        assert (answer.idle, answer.dead, answer.swaps) == (("openbook_v2",), (), ())


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (orders((BUY, 1, 2), (SELL, 3, 4)), "both_ways"),
        (orders(logs=False), "logs"),
        (orders((BUY, 1, 2), name="place_order"), "mint"),
    ],
)
def test_orders_that_cannot_be_told_are_dead_letters(answer: Decoded, reason: str) -> None:
    assert [letter.reason for letter in answer.dead] == [reason]
    assert answer.swaps == ()


def test_orders_of_makers_that_nobody_has_names_for_are_idle_and_what_moves_tokens_is_counted() -> None:
    registry = Registry([archer.PROGRAM])
    for moves, idle, unknown in ((False, ("archer",), ()), (True, (), (("archer", "40"),))):
        scene, names = Scene(), accounts(4)
        scene.call(archer.PROGRAM.address, names, b"\x40\x01\x02")
        if moves:
            scene.hold(names[0], address("base"))
            scene.hold(names[1], address("base"))
            scene.transfer(names[0], names[1], 5)
        answer = registry.decode(scene.transaction())
        assert (answer.idle, answer.unknown, answer.swaps, answer.dead) == (idle, unknown, (), ())
