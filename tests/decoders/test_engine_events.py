"""Amounts that only an event knows: native SOL of curves, fills of order books."""

from base64 import b64decode, b64encode
from dataclasses import replace

import pytest

from decoders import manifest, pump_fun, pumpswap
from decoders.engine import text58
from decoders.engine.amounts import WRAPPED_SOL
from decoders.engine.call import EVENT_CALL
from decoders.engine.events import Event
from decoders.engine.model import Decoded, Instruction
from decoders.engine.registry import Registry
from decoders.engine.spec import anchor_event
from tests.decoders.layouts import PAID, RECEIVED, Case, cases
from tests.decoders.mutations import changed, with_trace
from tests.decoders.scene import Scene, address, u64
from tests.decoders.toy import differing

PUMP = {case.layout.name: case for case in cases(pump_fun.PROGRAM)}
CLOB = {case.layout.name: case for case in cases(manifest.PROGRAM)}


def decoded(case: Case) -> Decoded:
    return Registry((case.program,)).decode(case.transaction)


def test_curve_pays_in_lamports_which_the_event_and_the_balance_state() -> None:
    for name in ("buy", "sell", "buy_v2", "sell_v2"):
        case = PUMP[name]
        answer = decoded(case)
        (swap,) = answer.swaps
        sol, coin = ("in", "out") if name.startswith("buy") else ("out", "in")
        curve = case.transaction.trace[case.idx].accounts[3 if case.layout.accounts == 12 else 10]
        assert getattr(swap, f"mint_{sol}") == WRAPPED_SOL
        assert getattr(swap, f"decimals_{sol}") == 9
        assert getattr(swap, f"vault_{sol}") == curve == swap.pool
        assert getattr(swap, f"reserve_{sol}") == case.transaction.lamports[curve][1]
        assert getattr(swap, f"vault_{coin}") != curve
        assert {(check.check, check.result) for check in answer.checks} == {
            ("args", "agree"), ("event", "agree"), ("balance", "agree")
        }  # fmt: skip


def test_lamports_that_moved_otherwise_are_said() -> None:
    case = PUMP["sell"]
    curve = case.transaction.trace[case.idx].accounts[3]
    before, after = case.transaction.lamports[curve]
    wrong = replace(case.transaction, lamports={**case.transaction.lamports, curve: (before, after - 1)})
    assert differing(decoded(case._replace(transaction=wrong))) == ["balance"]


def test_lamports_of_a_curve_are_compared_though_a_router_names_it_too() -> None:
    case = PUMP["sell"]
    above, inside = case.transaction.trace[: case.idx], case.transaction.trace[case.idx :]
    router = changed(inside[0], program=address("router"), text="1")
    routed = with_trace(
        case.transaction, [*above, router, *(changed(one, height=(one.height or 1) + 1) for one in inside)]
    )
    curve = inside[0].accounts[3]
    before, after = routed.lamports[curve]
    wrong = replace(routed, logs=None, lamports={**routed.lamports, curve: (before, after - 1)})
    assert differing(decoded(case._replace(transaction=replace(routed, logs=None)))) == []
    assert differing(decoded(case._replace(transaction=wrong))) == ["balance"]


def test_curve_without_its_event_is_a_dead_letter() -> None:
    case = PUMP["sell"]
    cut = replace(case.transaction, trace=case.transaction.trace[:-1])
    answer = decoded(case._replace(transaction=cut))
    assert [letter.reason for letter in answer.dead] == ["event"]
    assert answer.swaps == ()


def test_event_of_another_coin_or_the_other_direction_is_not_believed() -> None:
    for name, other in (("sell", "buy"), ("buy", "sell")):
        case = PUMP[name]
        event = PUMP[other].transaction.trace[-1]
        trace = (*case.transaction.trace[:-1], _at(event, case.transaction.trace[-1]))
        answer = decoded(case._replace(transaction=replace(case.transaction, trace=trace)))
        assert [letter.reason for letter in answer.dead] == ["event"]


def test_curve_against_a_token_goes_through_its_vaults() -> None:
    case = PUMP["buy_v2"]
    accounts = list(case.transaction.trace[case.idx].accounts)
    scene = Scene()
    for position, mint in ((11, 1), (14, 1), (12, 2), (15, 2)):
        scene.hold(accounts[position], accounts[mint])
    scene.call(case.program.address, accounts, case.transaction.trace[case.idx].data)
    scene.transfer(accounts[15], accounts[12], PAID)
    scene.transfer(accounts[11], accounts[14], RECEIVED)
    event = text58.decode(accounts[1]) + u64(0, RECEIVED) + b"\x01" + bytes(32) + u64(0, 0, 0)
    event += u64(0, 0) + bytes(32) + u64(0, 25) + bytes(32) + u64(0, 7) + b"\0" + u64(0, 0, 0, 0)
    event += b"\x03\0\0\0buy" + b"\0" + u64(0, 1, 0, 2) + b"\x01\0\0\0" + bytes(34)
    event += text58.decode(accounts[2]) + u64(PAID, 0, 0, 0, 3)
    scene.call(case.program.address, [accounts[0]], EVENT_CALL + anchor_event("TradeEvent") + event, height=2)
    answer = decoded(case._replace(transaction=scene.transaction()))
    (swap,) = answer.swaps
    assert (swap.mint_in, swap.amount_in, swap.amount_out) == (accounts[2], PAID, RECEIVED)
    assert [(fee.kind, fee.mint, fee.amount) for fee in swap.fees] == [
        ("buyback", accounts[2], 2),
        ("cashback", accounts[2], 1),
        ("creator", accounts[2], 7 - 3),
        ("holder", accounts[2], 3),
        ("protocol", accounts[2], 25 - 2),
    ]
    assert differing(answer) == []
    assert ("event", "agree") in {(check.check, check.result) for check in answer.checks}


def test_event_without_what_was_appended_later_is_read_as_far_as_it_goes() -> None:
    case = cases(pumpswap.PROGRAM)[0]
    pool = case.transaction.trace[case.idx].accounts[0]
    head = u64(0, RECEIVED, 0, 0, 0, 0, 0, 0, 0, 11, 0, 12, PAID, 0) + text58.decode(pool) + bytes(32 * 5)
    for tail, kinds in (
        (b"", {"lp": 11, "protocol": 12}),
        (bytes(32) + u64(0, 13), {"lp": 11, "protocol": 12, "creator": 13}),
    ):
        call = Instruction(
            position=len(case.transaction.trace), outer=1, height=2, program=case.program.address, accounts=(),
            text=text58.encode(EVENT_CALL + anchor_event("BuyEvent") + head + tail),
        )  # fmt: skip
        answer = decoded(case._replace(transaction=replace(case.transaction, trace=(*case.transaction.trace, call))))
        assert {fee.kind: fee.amount for fee in answer.swaps[0].fees} == kinds
        assert differing(answer) == []


def fills(*lines: str) -> Decoded:
    """A batch update that logged these lines."""
    case = CLOB["batch_update"]
    logs = [line for line in case.transaction.logs or () if not line.startswith("Program data: ")]
    return decoded(case._replace(transaction=replace(case.transaction, logs=(*logs[:-2], *lines, *logs[-2:]))))


def fill(**changes: int) -> str:
    """One fill; ``changes`` are bytes to exchange: market, taker_is_buy."""
    (line,) = (line for line in CLOB["batch_update"].transaction.logs or () if line.startswith("Program data: "))
    raw = bytearray(b64decode(line.split(": ")[1]))
    for name, value in changes.items():
        raw[{"market": 8, "taker_is_buy": 8 + 160 + 16 + 32}[name]] = value
    return "Program data: " + b64encode(raw).decode()


def test_fills_without_tokens_moving_are_one_swap() -> None:
    (swap,) = fills(fill(), fill()).swaps
    assert (swap.amount_in, swap.amount_out) == (2 * PAID, 2 * RECEIVED)
    assert (swap.mint_in, swap.mint_out) == (address("base"), address("quote"))
    assert (swap.vault_in, swap.reserve_out, swap.decimals_in) == (None, None, None)
    (bought,) = fills(fill(taker_is_buy=1)).swaps
    assert (bought.mint_in, bought.amount_in, bought.amount_out) == (address("quote"), RECEIVED, PAID)


def test_orders_without_fills_are_idle_and_cut_logs_a_dead_letter() -> None:
    assert (fills().idle, fills().dead) == (("manifest",), ())
    assert [letter.reason for letter in fills("Log truncated").dead] == ["logs"]
    case = CLOB["batch_update"]
    unkept = decoded(case._replace(transaction=replace(case.transaction, logs=None)))
    assert [letter.reason for letter in unkept.dead] == ["logs"]


def test_fills_before_the_cut_are_not_the_sum() -> None:
    answer = fills(fill(), "Log truncated")
    assert answer.swaps == ()
    assert [letter.reason for letter in answer.dead] == ["logs"]


def test_fills_on_both_sides_or_of_another_market_are_not_one_swap() -> None:
    assert [letter.reason for letter in fills(fill(), fill(taker_is_buy=1)).dead] == ["both_ways"]
    assert [swap.amount_in for swap in fills(fill(), fill(market=0)).swaps] == [PAID]


@pytest.mark.parametrize(
    "text",
    [
        *("amount:u64", "fee_lp:u65", "pool:pubkey pool:u64", "name:string amount_in:u64", ":u8", "amount_in:u128"),
        "fee_in_buyback_of_protocol:u64 fee_out_protocol:u64",
    ],
)
def test_event_with_a_field_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"mean nothing|not a field|twice|variable size"):
        Event("E", text, via="log")


def _at(event: Instruction, place: Instruction) -> Instruction:
    return Instruction(
        position=place.position, outer=place.outer, height=place.height, program=event.program, accounts=(),
        text=event.text,
    )  # fmt: skip
