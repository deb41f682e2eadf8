"""Transfer fees of Token-2022: stated or proven, never guessed."""

from tests.decoders.scene import TOKEN_2022, u64
from tests.decoders.toy import MINT_A, MINT_B, OWNER, USER_A, USER_B, VAULT_A, VAULT_B, called, decode, differing


def test_transfer_fee_stated_by_the_instruction_is_gross_and_withheld() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100, fee=3)
    scene.transfer(VAULT_B, USER_B, 90, fee=2)
    decoded = decode(scene)
    (swap,) = decoded.swaps
    assert (swap.amount_in, swap.transfer_fee_in, swap.amount_out, swap.transfer_fee_out) == (100, 3, 90, 2)
    assert {check.check for check in decoded.checks} == {"args", "balance"}
    assert differing(decoded) == []


def test_transfer_fee_that_only_balances_show_is_proven_by_them() -> None:
    scene = called()
    for source, mint, dest, amount, kept in ((USER_A, MINT_A, VAULT_A, 100, 3), (VAULT_B, MINT_B, USER_B, 90, 2)):
        scene.call(TOKEN_2022, [source, mint, dest, OWNER], b"\x0c" + u64(amount) + b"\x06", height=2)
        scene.move(source, dest, amount, kept)
    decoded = decode(scene)
    (swap,) = decoded.swaps
    assert (swap.amount_in, swap.transfer_fee_in, swap.amount_out, swap.transfer_fee_out) == (100, 3, 90, 2)
    assert differing(decoded) == []


def test_a_fee_is_not_proven_by_a_transfer_the_payer_did_not_pay() -> None:
    scene = called(105)
    scene.call(TOKEN_2022, [USER_A, MINT_A, VAULT_A, OWNER], b"\x0c" + u64(105) + b"\x06", height=2)
    scene.move(USER_A, VAULT_A, 100, 0)
    scene.transfer(VAULT_B, USER_B, 90)
    assert differing(decode(scene)) == ["balance"]


def test_plain_token_transfer_is_never_said_to_withhold() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    scene.after[VAULT_A] -= 5
    decoded = decode(scene)
    assert decoded.swaps[0].transfer_fee_in is None
    assert differing(decoded) == ["balance"]


def test_transfer_fee_is_proven_though_the_receiver_pays_on_at_once() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    scene.call(TOKEN_2022, [VAULT_B, MINT_B, USER_B, OWNER], b"\x0c" + u64(90) + b"\x06", height=2)
    scene.move(VAULT_B, USER_B, 90, 2)
    scene.transfer(USER_B, VAULT_B, 88, height=1)
    assert decode(scene).swaps[0].transfer_fee_out == 2


def test_transfer_fee_is_not_guessed_where_two_fees_hide_in_one_balance() -> None:
    scene = called()
    scene.transfer(USER_A, VAULT_A, 100)
    for height in (2, 1):
        scene.call(TOKEN_2022, [VAULT_B, MINT_B, USER_B, OWNER], b"\x0c" + u64(90) + b"\x06", height=height)
        scene.move(VAULT_B, USER_B, 90, 2)
    decoded = decode(scene)
    assert decoded.swaps[0].transfer_fee_out is None
    assert differing(decoded) == []
