"""Which mint a leg is in: everything that names one agrees, or it is a dead letter."""

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


def test_same_mint_on_both_sides_is_a_dead_letter() -> None:
    scene = called()
    scene.mints[VAULT_B] = scene.mints[USER_B] = MINT_A
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    assert [letter.reason for letter in decode(scene).dead] == ["mint"]


def test_mint_of_a_plain_transfer_comes_from_the_other_end() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100, checked=False)
    scene.transfer(VAULT_B, USER_B, 90, checked=False)
    del scene.mints[VAULT_A], scene.mints[USER_B]
    decoded = decode(scene)
    assert [(swap.mint_in, swap.mint_out, swap.decimals_in) for swap in decoded.swaps] == [(MINT_A, MINT_B, 6)]


def test_mint_of_an_account_opened_and_closed_inside_comes_from_its_initialisation() -> None:
    scene = called()
    scene.trace.clear()
    scene.call(TOKEN, [USER_A, MINT_A], b"\x12" + bytes(32))
    scene.call(VENUE, ACCOUNTS, swap_data(100))
    scene.transfer(USER_A, VAULT_A, 100, checked=False)
    scene.transfer(VAULT_B, USER_B, 90)
    del scene.mints[USER_A], scene.mints[VAULT_A]
    decoded = decode(scene)
    assert [(swap.mint_in, swap.decimals_in, swap.reserve_in) for swap in decoded.swaps] == [(MINT_A, None, None)]


def test_mint_nobody_states_is_a_dead_letter() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100, checked=False)
    scene.transfer(VAULT_B, USER_B, 90, checked=False)
    del scene.mints[USER_A], scene.mints[VAULT_A]
    assert [letter.reason for letter in decode(scene).dead] == ["mint"]


def test_mint_stated_in_two_ways_is_a_dead_letter() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    scene.mints[VAULT_A] = address("another mint")
    assert [letter.reason for letter in decode(scene).dead] == ["mint"]


def test_mint_stands_for_the_vault_where_tokens_are_made_and_burned() -> None:
    staked = address("staked")
    scene = stage()
    scene.hold(USER_B, staked)
    scene.mints[USER_B] = staked
    accounts = [ACCOUNTS[0], VAULT_A, staked, USER_A, USER_B, ACCOUNTS[5]]
    scene.call(VENUE, accounts, swap_data(100))
    scene.transfer(USER_A, VAULT_A, 100)
    scene.call(TOKEN, [staked, USER_B, OWNER], b"\x07" + u64(80), height=2)
    scene.call(VENUE, accounts, swap_data(30))
    scene.call(TOKEN, [USER_B, staked, OWNER], b"\x0f" + u64(30) + b"\x09", height=2)
    scene.transfer(VAULT_A, USER_A, 40)
    scene.after[USER_B] += 80 - 30
    decoded = decode(scene)
    assert [(swap.mint_in, swap.amount_in, swap.mint_out, swap.amount_out) for swap in decoded.swaps] == [
        (MINT_A, 100, staked, 80),
        (staked, 30, MINT_A, 40),
    ]
    assert [swap.reserve_out for swap in decoded.swaps] == [None, 10**15 + 60]
    assert differing(decoded) == []


def test_a_mint_cannot_be_paid_into() -> None:
    staked = address("staked")
    scene = stage()
    scene.hold(USER_B, staked)
    scene.mints[USER_B] = staked
    scene.call(VENUE, [ACCOUNTS[0], VAULT_A, staked, USER_A, USER_B, ACCOUNTS[5]], swap_data(30))
    scene.call(TOKEN, [USER_B, staked, OWNER], b"\x03" + u64(30), height=2)
    scene.transfer(VAULT_A, USER_A, 40)
    assert [letter.reason for letter in decode(scene).dead] == ["accounts"]
