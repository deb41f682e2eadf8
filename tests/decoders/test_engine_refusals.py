"""What neither the runtime nor the program allows: no swap comes of it, or a witness doubts it."""

from base64 import b64encode
from dataclasses import replace

import pytest

from decoders import hadron, manifest, perena_star, scale_amm, spl_stake_pool
from decoders.engine import text58
from decoders.engine.model import Decoded
from decoders.engine.registry import Registry
from decoders.engine.spec import Program
from tests.decoders.layouts import STAKE
from tests.decoders.scene import TOKEN, TOKEN_2022, Scene, address, u64
from tests.decoders.toy import (
    ACCOUNTS,
    MINT_A,
    MINT_B,
    STRANGER,
    USER_A,
    USER_B,
    VAULT_A,
    VAULT_B,
    VENUE,
    differing,
    stage,
    swap_data,
)
from tests.decoders.toy import decode as decode_toy


def accounts(count: int) -> list[str]:
    return [address(f"account {position}") for position in range(count)]


def decode(program: Program, scene: Scene) -> Decoded:
    return Registry([program]).decode(scene.transaction())


def reasons(decoded: Decoded) -> list[str]:
    assert decoded.swaps == ()
    return [letter.reason for letter in decoded.dead]


def swapped(*more: tuple[str, str], height: int | None = 2) -> Decoded:
    """The toy's swap below another program, with more transfers after it."""
    scene = stage()
    for account, mint in ((address("somebody a"), MINT_A), (address("somebody b"), MINT_B)):
        scene.hold(account, mint)
    scene.call(STRANGER, ACCOUNTS, b"")
    scene.call(VENUE, ACCOUNTS, swap_data(100), height=height)
    below = None if height is None else height + 1
    for source, dest, amount in ((USER_A, VAULT_A, 100), (VAULT_B, USER_B, 90), *((*pair, 5) for pair in more)):
        scene.transfer(source, dest, amount, height=below)
    return decode_toy(scene)


@pytest.mark.parametrize("height", [2, None], ids=["heights", "old history"])
def test_a_vault_does_not_pay_an_account_that_the_instruction_does_not_list(height: int | None) -> None:
    """The one that got the output is another then: the account in its place got a fee."""
    assert reasons(swapped((VAULT_B, address("somebody b")), height=height)) == ["transfers"]


@pytest.mark.parametrize(
    "move", [(address("somebody a"), VAULT_A), (USER_A, address("somebody a")), (address("somebody b"), USER_B)]
)
def test_nobody_who_is_not_listed_deals_with_vault_or_user_below_the_instruction(move: tuple[str, str]) -> None:
    assert reasons(swapped(move)) == ["transfers"]
    # without heights it may have been the caller, after the swap
    decoded = swapped(move, height=None)
    assert [(swap.amount_in, swap.amount_out) for swap in decoded.swaps] == [(100, 90)]


def test_a_vault_without_a_balance_is_doubted_where_others_have_one() -> None:
    scene = stage()
    scene.call(VENUE, ACCOUNTS, swap_data(100))
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    whole = scene.transaction()
    assert differing(decode_toy(whole)) == []
    lost = replace(whole, tokens={account: row for account, row in whole.tokens.items() if account != VAULT_A})
    assert differing(decode_toy(lost)) == ["balance"]


def test_an_account_begun_and_closed_in_the_transaction_has_no_balance_to_miss() -> None:
    scene = stage()
    scene.call(TOKEN, [USER_B, MINT_B], b"\x12" + bytes(32))
    scene.call(VENUE, ACCOUNTS, swap_data(100))
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    scene.call(TOKEN, [USER_B, address("user"), address("user")], b"\x09")
    whole = scene.transaction()
    closed = replace(whole, tokens={account: row for account, row in whole.tokens.items() if account != USER_B})
    assert [swap.amount_out for swap in decode_toy(closed).swaps] == [90]
    assert differing(decode_toy(closed)) == []


@pytest.mark.parametrize("height", [2, None], ids=["heights", "old history"])
def test_the_platforms_account_does_not_stand_in_the_users_place(height: int | None) -> None:
    scene, at = Scene(), accounts(14)
    at[5] = at[9]
    for account, mint in ((at[9], at[3]), (at[6], at[4]), (at[7], at[3]), (at[8], at[4])):
        scene.hold(account, mint)
    tag = next(layout.tag for layout in scale_amm.PROGRAM.swaps if layout.name == "sell")
    scene.call(STRANGER, at, b"")
    scene.call(scale_amm.PROGRAM.address, at, tag + u64(100, 1), height=height)
    below = None if height is None else height + 1
    scene.transfer(at[6], at[8], 100, height=below)
    scene.transfer(at[7], at[9], 3, height=below)
    assert reasons(decode(scale_amm.PROGRAM, scene)) == ["accounts"]


@pytest.mark.parametrize("to", [13, 11], ids=["treasury", "user"])
def test_a_fee_that_reaches_the_user_is_not_taken_for_one_kept_back(to: int) -> None:
    """Of Token-2022 less may arrive than was sent, and nothing else would doubt the sum."""
    scene, at = Scene(), accounts(16)
    for account, mint in ((8, "in"), (9, "in"), (10, "out"), (11, "out"), (13, "out")):
        scene.hold(at[account], address(mint))
    scene.call(hadron.PROGRAM.address, at, b"\x03\x00" + u64(1_000, 1))
    scene.transfer(at[8], at[9], 1_000)
    for dest, amount in ((11, 900), (to, 9)):
        data = b"\x0c" + u64(amount) + b"\x06"
        scene.call(TOKEN_2022, [at[10], address("out"), at[dest], address("owner")], data, height=2)
    scene.move(at[10], at[11], 900)
    scene.move(at[10], at[13], 9)
    decoded = decode(hadron.PROGRAM, scene)
    if to == 11:
        assert reasons(decoded) == ["ambiguous"]
    else:
        assert [swap.amount_out for swap in decoded.swaps] == [900]


def test_a_stake_pools_fee_that_was_burned_is_no_second_payment() -> None:
    scene, at = Scene(), accounts(12)
    scene.hold(at[3], at[7])
    scene.call(spl_stake_pool.PROGRAM.address, at, b"\x10" + u64(1_000))
    for amount in (3, 997):
        scene.call(TOKEN, [at[3], at[7], address("owner")], b"\x08" + u64(amount), height=2)
        scene.after[at[3]] -= amount
    scene.call(STAKE, [at[4], at[5]], b"\x04\x00\x00\x00" + u64(1_200), height=2)
    scene.lamports[at[4]] = -1_200
    assert reasons(decode(spl_stake_pool.PROGRAM, scene)) == ["ambiguous"]


@pytest.mark.parametrize("paid", [True, False])
def test_an_order_against_deposited_funds_moves_no_payment(paid: bool) -> None:  # noqa: FBT001 - a parameter
    """A global order's tokens move into the market's vault, but nothing of what the taker pays with."""
    scene, at = Scene(), accounts(8)
    base, quote, maker, taker = (address(name) for name in ("base", "quote", "maker", "taker"))
    scene.hold(address("global"), quote)
    for account, mint in ((at[3], base), (at[5], base), (at[6], quote)):
        scene.hold(account, mint)
    idx = scene.call(manifest.PROGRAM.address, at, b"\x06").position
    scene.transfer(address("global"), at[6], 80)
    if paid:
        scene.transfer(at[3], at[5], 100, checked=False)
    names = b"".join(map(text58.decode, (at[1], maker, taker, base, quote)))
    fill = bytes.fromhex("3ae6f2034b7104a9") + names + bytes(16) + u64(100, 80, 1, 2) + bytes(16)
    scene.says[idx] = ["Program data: " + b64encode(fill).decode()]
    decoded = decode(manifest.PROGRAM, scene)
    if paid:
        assert reasons(decoded) == ["transfers"]
    else:
        assert [(swap.mint_in, swap.amount_in, swap.amount_out) for swap in decoded.swaps] == [(base, 100, 80)]


@pytest.mark.parametrize("listed", [True, False])
def test_a_share_is_not_burned_while_the_vaults_balance_grows(listed: bool) -> None:  # noqa: FBT001 - a parameter
    scene, at = Scene(), accounts(12)
    for account, mint in ((at[6], at[4]), (address("vault"), at[4]), (at[7], at[5])):
        scene.hold(account, mint)
    (layout,) = perena_star.PROGRAM.swaps
    scene.call(perena_star.PROGRAM.address, [*at, address("vault")] if listed else at, layout.tag + b"\x00" + u64(50))
    if listed:
        scene.call(TOKEN, [at[6], at[4], address("owner")], b"\x08" + u64(50), height=2)
        scene.move(at[6], address("vault"), 50)
    else:
        scene.transfer(at[6], address("vault"), 50)
    scene.call(TOKEN, [at[5], at[7], address("authority")], b"\x07" + u64(49), height=2)
    scene.after[at[7]] += 49
    assert reasons(decode(perena_star.PROGRAM, scene)) == ["transfers"]


@pytest.mark.parametrize(
    ("paid", "doubted"),
    [(980, []), (980 - 32, ["balance"]), (980 + 16, ["balance"])],
    ids=["two per cent", "less was sent", "more was sent"],
)
def test_fees_kept_back_at_both_ends_of_a_leg_are_of_one_rate(paid: int, doubted: list[str]) -> None:
    """The payer got the token by a transfer with a fee too, so that neither balance alone says what was sent."""
    scene = stage()
    scene.hold(address("somebody"), MINT_A)
    for source, dest, amount in ((address("somebody"), USER_A, 100_000), (USER_A, VAULT_A, paid * 100)):
        if dest == VAULT_A:
            scene.call(VENUE, ACCOUNTS, swap_data(paid * 100))
        data = b"\x0c" + u64(amount) + b"\x06"
        scene.call(TOKEN_2022, [source, MINT_A, dest, address("owner")], data, height=1 + (dest == VAULT_A))
    scene.move(address("somebody"), USER_A, 100_000, 2_000)
    scene.move(USER_A, VAULT_A, 98_000, 1_960)
    scene.transfer(VAULT_B, USER_B, 90)
    decoded = decode_toy(scene)
    assert [swap.amount_in for swap in decoded.swaps] == [paid * 100]
    assert differing(decoded) == doubted


def test_a_mints_highest_fee_is_no_whole_rate_and_not_doubted() -> None:
    scene = stage()
    scene.hold(address("somebody"), MINT_A)
    scene.call(TOKEN_2022, [address("somebody"), MINT_A, USER_A, address("owner")], b"\x0c" + u64(10**9) + b"\x06")
    scene.call(VENUE, ACCOUNTS, swap_data(900_000))
    scene.call(TOKEN_2022, [USER_A, MINT_A, VAULT_A, address("owner")], b"\x0c" + u64(900_000) + b"\x06", height=2)
    scene.move(address("somebody"), USER_A, 10**9, 33_333)
    scene.move(USER_A, VAULT_A, 900_000, 18_000)
    scene.transfer(VAULT_B, USER_B, 90)
    decoded = decode_toy(scene)
    assert [(swap.amount_in, swap.transfer_fee_in) for swap in decoded.swaps] == [(900_000, 18_000)]
    assert differing(decoded) == []
