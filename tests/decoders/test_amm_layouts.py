"""What single AMMs do their own way: any number of vaults, an event for every bin, tokens without vault, referrers."""

from base64 import b64encode

import pytest

from decoders import cykura, gavel, goosefx_gamma, mercurial, perena, saber, saros_dlmm, stabble_stable
from decoders.engine import text58
from decoders.engine.call import EVENT_CALL
from decoders.engine.model import Decoded, Fee
from decoders.engine.registry import Registry
from decoders.engine.spec import Program, anchor, anchor_event
from tests.decoders.layouts import cases
from tests.decoders.scene import TOKEN, Scene, address, u64
from tests.decoders.toy import differing

PAID, RECEIVED = 700, 500


def names(count: int) -> list[str]:
    """That many accounts."""
    return [address(f"account {position}") for position in range(count)]


def decode(program: Program, scene: Scene) -> Decoded:
    """What the program's decoder says."""
    return Registry((program,)).decode(scene.transaction())


def hold(scene: Scene, *pairs: tuple[str, str]) -> None:
    """Two token accounts for every mint that moves."""
    for number, pair in enumerate(pairs):
        for account in pair:
            scene.hold(account, address(f"mint {number}"))


@pytest.mark.parametrize("vaults", [2, 3, 4])
@pytest.mark.parametrize("appended", [0, 1, 3])
def test_users_accounts_are_found_behind_any_number_of_vaults(vaults: int, appended: int) -> None:
    """Also where a program appends accounts one day."""
    accounts = names(4 + vaults + 2 + appended)
    source, dest = accounts[4 + vaults : 6 + vaults]
    scene = Scene()
    hold(scene, (source, accounts[4]), (dest, accounts[3 + vaults]))
    scene.call(mercurial.PROGRAM.address, accounts, b"\x04" + u64(PAID, 1))
    scene.transfer(source, accounts[4], PAID)
    scene.transfer(accounts[3 + vaults], dest, RECEIVED)
    (swap,) = decode(mercurial.PROGRAM, scene).swaps
    assert (swap.vault_in, swap.vault_out) == (accounts[4], accounts[3 + vaults])
    assert (swap.amount_in, swap.amount_out, swap.user, swap.pool) == (PAID, RECEIVED, accounts[3], accounts[0])


def test_two_places_where_the_user_may_stand_are_none() -> None:
    accounts = names(8)
    accounts[6:] = accounts[4:6] * 2
    scene = Scene()
    hold(scene, (accounts[4], accounts[5]))
    scene.call(mercurial.PROGRAM.address, accounts, b"\x04" + u64(PAID, 1))
    scene.transfer(accounts[4], accounts[4], PAID)
    scene.transfer(accounts[5], accounts[5], RECEIVED)
    assert [letter.reason for letter in decode(mercurial.PROGRAM, scene).dead] == ["ambiguous"]


def test_one_sided_listed_pool_is_a_dead_letter_and_a_still_one_idle() -> None:
    accounts = names(9)
    scene = Scene()
    hold(scene, (accounts[7], accounts[4]))
    scene.call(mercurial.PROGRAM.address, accounts, b"\x04" + u64(PAID, 1))
    assert decode(mercurial.PROGRAM, scene).idle == ("mercurial",)
    scene.transfer(accounts[7], accounts[4], PAID)
    assert [letter.reason for letter in decode(mercurial.PROGRAM, scene).dead] == ["one_sided"]


@pytest.mark.parametrize(("last", "doubted"), [(200, []), (199, ["event"])])
def test_events_of_all_bins_are_one_witness(last: int, doubted: list[str]) -> None:
    (case,) = cases(saros_dlmm.PROGRAM)
    accounts = list(case.transaction.trace[case.idx].accounts)
    scene = Scene()
    hold(scene, (accounts[7], accounts[5]), (accounts[8], accounts[6]))
    for position, number in ((1, 0), (2, 1)):
        accounts[position] = address(f"mint {number}")
    tag = anchor("swap") + u64(PAID, 1) + b"\x01\x00"
    scene.call(saros_dlmm.PROGRAM.address, accounts, tag)
    scene.transfer(accounts[7], accounts[5], PAID)
    scene.transfer(accounts[6], accounts[8], RECEIVED)
    for paid, received, fee in ((500, 300, 3), (200, last, 2)):
        event = text58.decode(accounts[0]) + b"\x01" + u64(fee) + bytes(4) + u64(paid, received) + bytes(4) + u64(9)
        scene.call(
            saros_dlmm.PROGRAM.address, accounts[:1], EVENT_CALL + anchor_event("BinSwapEvent") + event, height=2
        )
    answer = decode(saros_dlmm.PROGRAM, scene)
    (swap,) = answer.swaps
    assert differing(answer) == doubted
    assert swap.fees == (Fee(kind="protocol", mint=swap.mint_in, amount=5),)


def test_pools_own_token_is_minted_and_burnt() -> None:
    """Where no vault is, the program's address stands in its place, and the mint is the vault."""
    accounts = names(11)
    accounts[6] = perena.PROGRAM.address
    scene = Scene()
    scene.hold(accounts[3], accounts[1])
    scene.hold(accounts[5], accounts[1])
    scene.hold(accounts[4], accounts[2])
    scene.call(perena.PROGRAM.address, accounts, anchor("swap_exact_in") + bytes(2) + u64(PAID, 1))
    scene.transfer(accounts[3], accounts[5], PAID)
    scene.call(TOKEN, [accounts[2], accounts[4], address("owner")], b"\x07" + u64(RECEIVED), height=2)
    scene.after[accounts[4]] += RECEIVED
    answer = decode(perena.PROGRAM, scene)
    (swap,) = answer.swaps
    assert (swap.mint_out, swap.amount_out, swap.vault_out, swap.reserve_out) == (
        accounts[2], RECEIVED, accounts[2], None
    )  # fmt: skip
    assert differing(answer) == []


def test_mint_does_not_stand_for_a_vault_that_is_there() -> None:
    accounts = names(11)
    scene = Scene()
    for account, mint in ((3, 1), (5, 1), (4, 2), (6, 2)):
        scene.hold(accounts[account], accounts[mint])
    scene.call(perena.PROGRAM.address, accounts, anchor("swap_exact_in") + bytes(2) + u64(PAID, 1))
    scene.transfer(accounts[3], accounts[5], PAID)
    scene.call(TOKEN, [accounts[2], accounts[4], address("owner")], b"\x07" + u64(RECEIVED), height=2)
    assert [letter.reason for letter in decode(perena.PROGRAM, scene).dead] == ["one_sided"]


def test_fee_that_reaches_the_user_is_not_added_to_the_output() -> None:
    """No other witness would say so: what the vault paid in all is right."""
    accounts = names(9)
    scene = Scene()
    hold(scene, (accounts[3], accounts[4]), (accounts[5], accounts[6]))
    scene.call(saber.PROGRAM.address, accounts, b"\x01" + u64(PAID, 1))
    scene.transfer(accounts[3], accounts[4], PAID)
    scene.transfer(accounts[5], accounts[6], RECEIVED)
    scene.transfer(accounts[5], accounts[6], 7)
    assert [letter.reason for letter in decode(saber.PROGRAM, scene).dead] == ["ambiguous"]


def test_owners_fee_out_of_the_vault_is_a_fee_and_no_part_of_the_output() -> None:
    accounts = names(9)
    scene = Scene()
    hold(scene, (accounts[3], accounts[4]), (accounts[5], accounts[6]))
    scene.hold(accounts[7], address("mint 1"))
    scene.call(saber.PROGRAM.address, accounts, b"\x01" + u64(PAID, 1))
    scene.transfer(accounts[3], accounts[4], PAID)
    scene.transfer(accounts[5], accounts[6], RECEIVED)
    scene.transfer(accounts[5], accounts[7], 7)
    (swap,) = decode(saber.PROGRAM, scene).swaps
    assert (swap.amount_out, swap.fees) == (RECEIVED, (Fee(kind="protocol", mint=swap.mint_out, amount=7),))


@pytest.mark.parametrize(
    ("option", "doubted"),
    [(b"\x01" + u64(PAID, 1), []), (b"\x01" + u64(PAID - 1, 1), ["args"]), (b"\x00" + u64(RECEIVED), []),
     (b"\x00" + u64(RECEIVED + 1), ["args"])],
)  # fmt: skip
def test_amount_may_be_left_out(option: bytes, doubted: list[str]) -> None:
    accounts = names(12)
    scene = Scene()
    hold(scene, (accounts[1], accounts[3]), (accounts[2], accounts[4]))
    scene.call(stabble_stable.PROGRAM.address, accounts, anchor("swap") + option)
    scene.transfer(accounts[1], accounts[3], PAID)
    scene.transfer(accounts[4], accounts[2], RECEIVED, height=3)
    answer = decode(stabble_stable.PROGRAM, scene)
    (swap,) = answer.swaps
    assert (swap.amount_in, swap.amount_out, swap.reserve_in, swap.reserve_out) == (PAID, RECEIVED, None, None)
    assert differing(answer) == doubted


def test_program_that_calls_itself_to_be_paid_swaps_once() -> None:
    accounts = names(10)
    scene = Scene()
    hold(scene, (accounts[3], accounts[5]), (accounts[4], accounts[6]))
    scene.call(cykura.PROGRAM.address, accounts, anchor("exact_input_single") + bytes(8) + u64(PAID, 1, 0))
    scene.transfer(accounts[6], accounts[4], RECEIVED)
    scene.call(cykura.PROGRAM.address, accounts[:6], anchor("swap_callback") + u64(PAID, RECEIVED), height=2)
    scene.transfer(accounts[3], accounts[5], PAID, height=3)
    answer = decode(cykura.PROGRAM, scene)
    assert [(swap.instruction, swap.amount_in, swap.amount_out) for swap in answer.swaps] == [
        ("exact_input_single", PAID, RECEIVED)
    ]
    assert answer.unknown == ()
    assert answer.dead == ()


@pytest.mark.parametrize(("appended", "given", "doubted"), [(2, 700, []), (4, 700, []), (4, 701, ["args"])])
def test_referrers_part_and_the_input_are_what_was_given(appended: int, given: int, doubted: list[str]) -> None:
    """The program once appended two accounts for a referrer, later two more before them."""
    accounts = names(13 + appended)
    referrer = accounts[-1]
    scene = Scene()
    hold(scene, (accounts[4], accounts[6]), (accounts[5], accounts[7]))
    scene.hold(referrer, address("mint 0"))
    accounts[10], accounts[11] = address("mint 0"), address("mint 1")
    scene.call(goosefx_gamma.PROGRAM.address, accounts, anchor("swap_base_input") + u64(given, 1))
    scene.transfer(accounts[4], accounts[6], 690)
    scene.transfer(accounts[7], accounts[5], RECEIVED)
    scene.transfer(accounts[4], referrer, 10)
    answer = decode(goosefx_gamma.PROGRAM, scene)
    (swap,) = answer.swaps
    assert (swap.amount_in, swap.fees) == (690, (Fee(kind="referral", mint=swap.mint_in, amount=10),))
    assert differing(answer) == doubted


@pytest.mark.parametrize("buys", [True, False])
def test_event_of_base_and_quote_is_turned_round_for_a_purchase(buys: bool) -> None:  # noqa: FBT001 - a parameter
    accounts = names(9)
    scene = Scene()
    base, quote = (accounts[4], accounts[6]), (accounts[5], accounts[7])
    hold(scene, base, quote)
    idx = scene.call(gavel.PROGRAM.address, accounts, bytes((0, not buys, 0)) + u64(PAID, 1)).position
    (source, vault_in), (dest, vault_out) = (quote, base) if buys else (base, quote)
    scene.transfer(source, vault_in, PAID)
    scene.transfer(vault_out, dest, RECEIVED)
    amounts = (RECEIVED, PAID) if buys else (PAID, RECEIVED)
    header = u64(1, 2, 3) + text58.decode(accounts[2]) + bytes(34)
    event = b"\0" + header + bytes(56) + bytes((not buys,)) + u64(*amounts, 0, 0, 0, 0, 3)
    scene.says[idx] = ["Program data: " + b64encode(event).decode()]
    answer = decode(gavel.PROGRAM, scene)
    (swap,) = answer.swaps
    assert swap.fees == (Fee(kind="total", mint=address("mint 1"), amount=3),)
    assert {(check.check, check.result) for check in answer.checks} == {
        ("args", "agree"), ("event", "agree"), ("balance", "agree")
    }  # fmt: skip
