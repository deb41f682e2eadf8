"""What counts as a leg: token instructions of every form, and nothing that only looks like one."""

from dataclasses import replace

import pytest

from decoders.engine.model import TokenAccount
from tests.decoders.scene import TOKEN, address, u64
from tests.decoders.toy import (
    ACCOUNTS,
    MINT_A,
    MINT_B,
    OWNER,
    USER_A,
    USER_B,
    VAULT_A,
    VAULT_B,
    VENUE,
    called,
    decode,
    differing,
    stage,
    swap_data,
)

U64_MAX = 2**64 - 1


def batch(*entries: tuple[list[str], bytes]) -> tuple[list[str], bytes]:
    """Accounts and data of the token program's batch instruction."""
    accounts = [account for part, _ in entries for account in part]
    return accounts, b"\xff" + b"".join(bytes((len(part), len(data))) + data for part, data in entries)


def test_swap_has_every_field() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    (swap,) = decode(scene).swaps
    assert (swap.mint_in, swap.amount_in, swap.vault_in) == (MINT_A, 100, VAULT_A)
    assert (swap.mint_out, swap.amount_out, swap.vault_out) == (MINT_B, 90, VAULT_B)
    assert (swap.reserve_in, swap.reserve_out) == (10**15 + 100, 10**15 - 90)
    assert (swap.decimals_in, swap.decimals_out) == (6, 6)
    assert (swap.pool, swap.user, swap.outer_idx, swap.idx, swap.leg) == (ACCOUNTS[0], ACCOUNTS[5], 0, 0, 0)
    assert (swap.route, swap.hop, swap.hops, swap.fees) == (None, 0, 1, ())
    assert (swap.transfer_fee_in, swap.transfer_fee_out) == (None, None)


def test_output_may_come_first_and_the_transfers_say_the_direction() -> None:
    scene = called(70)
    scene.transfer(VAULT_A, USER_A, 60, checked=False)
    scene.transfer(USER_B, VAULT_B, 70, checked=False)
    decoded = decode(scene)
    (swap,) = decoded.swaps
    assert (swap.mint_in, swap.amount_in, swap.mint_out, swap.amount_out) == (MINT_B, 70, MINT_A, 60)
    assert differing(decoded) == []


def test_batch_of_the_token_program_is_expanded() -> None:
    scene = called()
    accounts, data = batch(
        ([address("other"), MINT_A], b"\x12" + bytes(32)),
        ([VAULT_B, MINT_B, USER_B, OWNER], b"\x0c" + u64(90) + b"\x06"),
        ([USER_A, VAULT_A, OWNER], b"\x03" + u64(100)),
    )
    scene.call(TOKEN, accounts, data, height=2)
    scene.move(USER_A, VAULT_A, 100)
    scene.move(VAULT_B, USER_B, 90)
    decoded = decode(scene)
    assert [(swap.amount_in, swap.amount_out) for swap in decoded.swaps] == [(100, 90)]
    assert differing(decoded) == []


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\x03",
        b"\xff\x03\x09\x03",
        b"\xff\x09\x09" + b"\x03" + u64(1),
        b"\xff\x00\x01\xff",
        b"\x03\x01",
        b"\x0c" + u64(5),
        b"\x1a\x01" + u64(1),
        b"\x08",
    ],
    ids=["header", "entry", "accounts", "nested", "transfer", "checked", "with fee", "burn"],
)
def test_cut_token_instruction_is_a_dead_letter_of_the_swap_above_it(data: bytes) -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    scene.call(TOKEN, [USER_A, MINT_A, VAULT_A, OWNER], data, height=2)
    scene.call(VENUE, ACCOUNTS, swap_data(1))
    decoded = decode(scene)
    assert [letter.reason for letter in decoded.dead] == ["token_instruction"]
    assert (decoded.swaps, decoded.idle) == ((), ("venue",))


def test_several_transfers_of_a_leg_add_up_and_others_are_not_legs() -> None:
    scene = called(100)
    fees = scene.hold(ACCOUNTS[6], MINT_B)
    scene.transfer(USER_A, VAULT_A, 60)
    scene.transfer(USER_A, VAULT_A, 40)
    scene.transfer(VAULT_B, USER_B, 90)
    scene.transfer(VAULT_B, fees, 4)
    decoded = decode(scene)
    (swap,) = decoded.swaps
    assert (swap.amount_in, swap.amount_out) == (100, 90)
    assert [(fee.kind, fee.mint, fee.amount) for fee in swap.fees] == [("protocol", MINT_B, 4)]
    assert differing(decoded) == []


def test_u64_limits() -> None:
    scene = called(U64_MAX)
    scene.before[USER_A] = scene.after[USER_A] = U64_MAX
    scene.before[VAULT_A] = scene.after[VAULT_A] = 0
    scene.transfer(USER_A, VAULT_A, U64_MAX)
    scene.transfer(VAULT_B, USER_B, 1)
    decoded = decode(scene)
    assert decoded.swaps[0].amount_in == U64_MAX
    assert differing(decoded) == []


def test_swap_without_tokens_moving_is_idle() -> None:
    scene = called()
    scene.call(TOKEN, [USER_A, VAULT_A, OWNER], b"\x03" + u64(0), height=2)
    decoded = decode(scene)
    assert (decoded.swaps, decoded.dead, decoded.idle) == ((), (), ("venue",))


@pytest.mark.parametrize(
    ("moves", "reason"),
    [
        ([(USER_A, VAULT_A)], "one_sided"),
        ([(VAULT_B, USER_B)], "one_sided"),
        ([(USER_A, VAULT_A), (VAULT_A, USER_A)], "both_ways"),
        ([(USER_A, VAULT_A), (USER_B, VAULT_B), (VAULT_B, USER_B)], "both_ways"),
        ([(USER_A, USER_C := address("uc"))], "transfers"),
    ],
)
def test_tokens_that_do_not_settle_two_legs_are_a_dead_letter(moves: list[tuple[str, str]], reason: str) -> None:
    scene = called()
    scene.hold(USER_C, MINT_A)
    for source, dest in moves:
        scene.transfer(source, dest, 50)
    decoded = decode(scene)
    assert [(letter.reason, letter.idx, letter.instruction) for letter in decoded.dead] == [(reason, 0, "swap")]
    assert decoded.swaps == ()


def test_balance_is_compared_with_all_that_moved_the_vault() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    scene.transfer(USER_A, VAULT_A, 7, height=1)
    assert [check.check for check in decode(scene).checks] == ["args", "balance", "balance"]
    assert differing(decode(scene)) == []
    scene.after[VAULT_A] += 1
    assert differing(decode(scene)) == ["balance"]


def test_balance_is_no_witness_where_it_changed_without_a_transfer() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    scene.call(TOKEN, [VAULT_A], b"\x11")
    scene.call(TOKEN, [USER_A], b"\x11")
    scene.after[VAULT_A] += 12345
    scene.after[USER_A] += 12345
    assert [check.check for check in decode(scene).checks] == ["args", "balance"]


def test_what_the_trader_lost_and_gained_is_a_witness_too() -> None:
    for account in (USER_A, USER_B):
        scene = called()
        scene.transfer(USER_A, VAULT_A, 100)
        scene.transfer(VAULT_B, USER_B, 90)
        scene.after[account] -= 1
        decoded = decode(scene)
        assert differing(decoded) == ["balance"]
        assert len(decoded.swaps) == 1


def test_a_vault_that_gets_fees_is_refused() -> None:
    scene = stage()
    accounts = [*ACCOUNTS[:6], VAULT_A, *ACCOUNTS[7:]]
    scene.call(VENUE, accounts, swap_data(100))
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    assert [letter.reason for letter in decode(scene).dead] == ["accounts"]


def test_arguments_that_disagree_are_said_and_the_swap_is_published() -> None:
    scene = called(101)
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    decoded = decode(scene)
    assert differing(decoded) == ["args"]
    assert decoded.swaps[0].amount_in == 100


def test_accounts_before_and_after_that_do_not_exist_are_no_witness() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    transaction = scene.transaction()
    tokens = dict(transaction.tokens)
    tokens[VAULT_A] = TokenAccount(MINT_A, 6, None, None, 100)
    tokens[USER_A] = TokenAccount(MINT_A, 6, None, 100, None)
    transaction = replace(transaction, tokens=tokens)
    decoded = decode(transaction)
    assert [check.check for check in decoded.checks] == ["args", "balance"]
    assert decoded.swaps[0].reserve_in == 100
