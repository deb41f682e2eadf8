"""Fees that wait on a curve: what reaches it, what leaves it, and what every witness says of both."""

from typing import NamedTuple

import pytest

from decoders import pump_fun, pumpswap
from decoders.engine import text58
from decoders.engine.amounts import WRAPPED_SOL
from decoders.engine.call import EVENT_CALL
from decoders.engine.model import Decoded, Swap
from decoders.engine.registry import Registry
from decoders.engine.spec import Program, anchor, anchor_event
from indexer.localnet.builder import build
from tests.decoders.scene import SYSTEM, Scene, address, u64
from tests.decoders.test_goldens import SLOT, TIME, check_truth, parsed
from tests.decoders.toy import differing

REGISTRY = Registry([pump_fun.PROGRAM, pumpswap.PROGRAM])
ACCOUNTS = [address(f"pump {position}") for position in range(17)]
CURVE, COIN_VAULT, QUOTE_VAULT, USER, USER_COIN, USER_QUOTE, BUYBACK = (ACCOUNTS[at] for at in (5, 6, 7, 8, 9, 10, 13))
COIN, QUOTE = ACCOUNTS[1], ACCOUNTS[2]
#: of a quote of 1,000,000: the protocol's 9,500, of which the buyback gets 4,750 at once, and the creator's 3,000
PROTOCOL, BUYBACK_FEE, CREATOR = 9_500, 4_750, 3_000
KEPT, CHARGED = PROTOCOL - BUYBACK_FEE + CREATOR, PROTOCOL + CREATOR
TOKENS, SPENT = 50_000_000, 1_000_000
#: what a completing purchase buys beyond the curve's end, and the fees of that
FURTHER = (20_000_000, 400_000, 3_800, 1_200, 1_900)
FURTHER_KEPT = 3_800 - 1_900 + 1_200
RENT = 354_960
BUY, SELL = "buy_v3", "sell_v3"


class Said(NamedTuple):
    """The events of a trade, as its program writes them."""

    buy: bool
    native: bool
    further: tuple[int, ...] = ()
    further_curve: str = CURVE
    holder: int = 0
    buyback: int = BUYBACK_FEE


def start(name: str, *, native: bool, data: bytes | None = None) -> Scene:
    """The call, with the token accounts there are."""
    scene = Scene()
    accounts = [*ACCOUNTS[:2], WRAPPED_SOL if native else QUOTE, *ACCOUNTS[3:]]
    scene.call(pump_fun.PROGRAM.address, accounts, anchor(name) + (data or u64(TOKENS, 0)))
    for account, mint in ((COIN_VAULT, COIN), (USER_COIN, COIN)):
        scene.hold(account, mint)
    for account in () if native else (QUOTE_VAULT, USER_QUOTE, BUYBACK):
        scene.hold(account, QUOTE)
    scene.owners[COIN_VAULT] = CURVE
    return scene


def pay(scene: Scene, dest: str, amount: int) -> None:
    """Lamports of the user."""
    scene.call(SYSTEM, [USER, dest], b"\2\0\0\0" + u64(amount), height=2)
    scene.lamports[dest] = scene.lamports.get(dest, 0) + amount


def end(scene: Scene, said: Said) -> Decoded:
    """The program's events, and what is decoded."""
    quote = bytes(32) if said.native else text58.decode(QUOTE)
    trade = text58.decode(COIN) + u64(SPENT if said.native else 0, TOKENS) + bytes((said.buy,)) + bytes(32)
    trade += u64(0, 0, 0, 0, 0) + bytes(32) + u64(95, PROTOCOL) + bytes(32) + u64(30, CREATOR) + b"\0" + u64(0, 0, 0, 0)
    trade += b"\6\0\0\0buy_v3\0" + u64(0, 0, 5_000, said.buyback) + bytes(4) + quote
    trade += u64(SPENT, 0, 0, 30, said.holder, CREATOR)
    emitted = [anchor_event("TradeEvent") + trade]
    if said.further:
        tokens, spent, protocol, creator, buyback = said.further
        head = bytes(32) + text58.decode(COIN) + text58.decode(said.further_curve) + quote + u64(0, tokens, spent)
        more = head + u64(95, protocol, 30, creator, buyback, 1, 2, 3, 4)
        emitted.append(anchor_event("PostCompleteBuyEvent") + more)
    for event in emitted:
        scene.call(pump_fun.PROGRAM.address, [ACCOUNTS[15]], EVENT_CALL + event, height=2)
    return REGISTRY.decode(scene.transaction())


def one(decoded: Decoded) -> Swap:
    assert decoded.dead == ()
    (swap,) = decoded.swaps
    return swap


def bought(*payments: int, tokens: int = TOKENS, said: Said | None = None) -> Decoded:
    """A purchase with lamports, which reach the curve in these payments."""
    scene = start(BUY, native=True, data=u64(100_000_000, 2_000_000))
    scene.transfer(COIN_VAULT, USER_COIN, tokens)
    for amount in payments:
        pay(scene, CURVE, amount)
    pay(scene, BUYBACK, BUYBACK_FEE)
    return end(scene, said or Said(buy=True, native=True))


def sold(left: int, rent: int = 0) -> Decoded:
    """A sale for lamports, of which this many leave the curve."""
    scene = start(SELL, native=True, data=u64(TOKENS, SPENT - CHARGED))
    scene.transfer(USER_COIN, COIN_VAULT, TOKENS)
    if rent:
        pay(scene, CURVE, rent)
    scene.lamports[CURVE] = rent - left
    return end(scene, Said(buy=False, native=True))


@pytest.mark.parametrize("payments", [(SPENT + KEPT,), (SPENT, KEPT), (RENT, SPENT + KEPT), (RENT, SPENT, KEPT)])
def test_lamports_reach_the_curve_with_the_fees_it_keeps_and_what_its_rent_needs(payments: tuple[int, ...]) -> None:
    answer = bought(*payments)
    swap = one(answer)
    assert (swap.mint_in, swap.amount_in, swap.amount_out) == (WRAPPED_SOL, SPENT, TOKENS)
    assert (swap.vault_in, swap.vault_out, swap.pool, swap.user) == (CURVE, COIN_VAULT, CURVE, USER)
    assert {(fee.kind, fee.amount) for fee in swap.fees} == {
        ("protocol", PROTOCOL - BUYBACK_FEE), ("buyback", BUYBACK_FEE), ("creator", CREATOR),
    }  # fmt: skip
    assert differing(answer) == []
    assert [check.check for check in answer.checks].count("balance") == 3


def test_what_holders_get_stands_in_the_creator_s_place_and_waits_as_well() -> None:
    answer = bought(SPENT + KEPT, said=Said(buy=True, native=True, holder=CREATOR))
    assert {fee.kind: fee.amount for fee in one(answer).fees} == {
        "protocol": PROTOCOL - BUYBACK_FEE, "buyback": BUYBACK_FEE, "holder": CREATOR,
    }  # fmt: skip
    assert differing(answer) == []


def test_a_part_that_is_more_than_its_fee_is_said_and_no_fee_is_listed_by_it() -> None:
    answer = bought(SPENT + KEPT, said=Said(buy=True, native=True, buyback=PROTOCOL + 1))
    assert one(answer).fees == ()
    assert "event" in differing(answer)
    assert [check.detail for check in answer.checks if check.check == "event"] == [
        "the part of a fee is more than the fee"
    ]


@pytest.mark.parametrize("payments", [(SPENT,), (SPENT + CHARGED,), (SPENT + KEPT - 1,), ()])
def test_lamports_that_are_not_the_event_s_amount_with_the_kept_fees_disagree(payments: tuple[int, ...]) -> None:
    assert differing(bought(*payments)) == ["balance", "balance"]


def test_a_purchase_past_the_curve_s_end_is_one_leg_of_both_parts() -> None:
    due = SPENT + KEPT + FURTHER[1] + FURTHER_KEPT
    answer = bought(due, tokens=TOKENS + FURTHER[0], said=Said(buy=True, native=True, further=FURTHER))
    swap = one(answer)
    assert (swap.amount_in, swap.amount_out) == (SPENT + FURTHER[1], TOKENS + FURTHER[0])
    assert {fee.kind: fee.amount for fee in swap.fees} == {
        "protocol": PROTOCOL - BUYBACK_FEE + FURTHER[2] - FURTHER[4],
        "creator": CREATOR + FURTHER[3],
        "buyback": BUYBACK_FEE + FURTHER[4],
    }
    assert differing(answer) == []


@pytest.mark.parametrize(
    "said",
    [Said(buy=True, native=True), Said(buy=True, native=True, further=FURTHER, further_curve=ACCOUNTS[0])],
    ids=["none", "of another curve"],
)
def test_without_its_event_the_further_part_disagrees(said: Said) -> None:
    due = SPENT + KEPT + FURTHER[1] + FURTHER_KEPT
    answer = bought(due, tokens=TOKENS + FURTHER[0], said=said)
    assert set(differing(answer)) == {"event", "balance"}


@pytest.mark.parametrize("rent", [0, RENT])
def test_a_sale_for_lamports_leaves_the_kept_fees_on_the_curve(rent: int) -> None:
    answer = sold(SPENT - KEPT, rent)
    swap = one(answer)
    assert (swap.mint_out, swap.amount_in, swap.amount_out) == (WRAPPED_SOL, TOKENS, SPENT)
    assert differing(answer) == []


@pytest.mark.parametrize("left", [SPENT, SPENT - CHARGED, SPENT - KEPT + 1])
def test_a_sale_whose_curve_lost_something_else_disagrees(left: int) -> None:
    assert differing(sold(left)) == ["balance"]


@pytest.mark.parametrize(("amounts", "wrong"), [((SPENT + KEPT,), []), ((SPENT, KEPT), []), ((SPENT,), ["event"])])
def test_a_vault_gets_tokens_with_the_fees_it_keeps(amounts: tuple[int, ...], wrong: list[str]) -> None:
    scene = start(BUY, native=False, data=u64(TOKENS, 2_000_000))
    scene.transfer(COIN_VAULT, USER_COIN, TOKENS)
    for amount in amounts:
        scene.transfer(USER_QUOTE, QUOTE_VAULT, amount)
    scene.transfer(USER_QUOTE, BUYBACK, BUYBACK_FEE)
    answer = end(scene, Said(buy=True, native=False))
    assert (one(answer).mint_in, one(answer).amount_in) == (QUOTE, sum(amounts))
    assert differing(answer) == wrong


def test_a_sale_for_tokens_is_what_the_user_got() -> None:
    scene = start(SELL, native=False, data=u64(TOKENS, SPENT - CHARGED))
    scene.transfer(USER_COIN, COIN_VAULT, TOKENS)
    scene.transfer(QUOTE_VAULT, USER_QUOTE, SPENT - CHARGED)
    scene.transfer(QUOTE_VAULT, BUYBACK, BUYBACK_FEE)
    answer = end(scene, Said(buy=False, native=False))
    assert (one(answer).mint_out, one(answer).amount_in, one(answer).amount_out) == (QUOTE, TOKENS, SPENT - CHARGED)
    assert differing(answer) == []


@pytest.mark.parametrize(("flag", "wrong"), [(b"", ["args"]), (b"\0", ["args"]), (b"\1", [])])
def test_the_least_a_partial_fill_may_give_is_not_bound_by_its_argument(flag: bytes, wrong: list[str]) -> None:
    scene = start("buy_exact_quote_in_v3", native=True, data=u64(3 * SPENT, TOKENS + 1) + flag)
    scene.transfer(COIN_VAULT, USER_COIN, TOKENS)
    pay(scene, CURVE, SPENT + KEPT)
    assert differing(end(scene, Said(buy=True, native=True))) == wrong


def test_without_the_trade_s_event_lamports_are_a_dead_letter() -> None:
    scene = start(BUY, native=True)
    scene.transfer(COIN_VAULT, USER_COIN, TOKENS)
    pay(scene, CURVE, SPENT + KEPT)
    assert [letter.reason for letter in REGISTRY.decode(scene.transaction()).dead] == ["event"]


MADE = [(name, variant) for name in ("buy_v3", "buy_exact_quote_in_v3", "sell_v3") for variant in ("v3", "v3 grown")]
MADE += [(name, variant) for name in ("buy_v3", "buy_exact_quote_in_v3") for variant in ("v3 partial", "v3 completing")]


@pytest.mark.parametrize(("name", "variant"), MADE)
def test_what_the_builder_makes_of_the_documents_is_decoded(name: str, variant: str) -> None:
    quotes = set()
    for seed in range(25):
        made = build(program="pump_fun", instruction=name, variant=variant, seed=seed, slot=SLOT, block_time=TIME)
        answer = REGISTRY.decode(parsed(made.result(SLOT, TIME)))
        check_truth(made, answer)
        assert differing(answer) == []
        quotes.add(WRAPPED_SOL in (answer.swaps[0].mint_in, answer.swaps[0].mint_out))
    assert quotes == {True, False}


@pytest.mark.parametrize(
    ("program", "name"), [(pump_fun.PROGRAM, "multi_hop_curve_swap"), (pumpswap.PROGRAM, "multi_hop_swap")]
)
def test_routes_of_several_hops_are_unknown_not_guessed(program: Program, name: str) -> None:
    scene = start(BUY, native=False)
    scene.trace.clear()
    scene.call(program.address, ACCOUNTS, anchor(name) + u64(TOKENS, 1))
    scene.transfer(USER_QUOTE, QUOTE_VAULT, SPENT)
    answer = REGISTRY.decode(scene.transaction())
    assert answer.swaps == ()
    assert len(answer.unknown) == 1
