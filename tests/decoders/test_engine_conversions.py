"""Conversions: minted and burned tokens, lamports in and out of reserves, vaults that no account list names."""

import pytest

from decoders import marinade, perena_star, saber_decimals, spl_stake_pool
from decoders.engine.amounts import WRAPPED_SOL
from decoders.engine.model import Decoded, Swap
from decoders.engine.registry import Registry
from tests.decoders.layouts import STAKE
from tests.decoders.scene import SYSTEM, TOKEN, Scene, address, u64

REGISTRY = Registry([marinade.PROGRAM, perena_star.PROGRAM, saber_decimals.PROGRAM, spl_stake_pool.PROGRAM])
POOL, LIQUID, SHARES = spl_stake_pool.PROGRAM, marinade.PROGRAM, perena_star.PROGRAM


def accounts(count: int) -> list[str]:
    return [address(f"account {position}") for position in range(count)]


def mint_to(scene: Scene, mint: str, dest: str, amount: int) -> None:
    scene.call(TOKEN, [mint, dest, address("authority")], b"\x07" + u64(amount), height=2)
    scene.after[dest] += amount


def burn(scene: Scene, source: str, mint: str, amount: int) -> None:
    scene.call(TOKEN, [source, mint, address("owner")], b"\x08" + u64(amount), height=2)
    scene.after[source] -= amount


def lamports(scene: Scene, source: str, dest: str, amount: int) -> None:
    scene.call(SYSTEM, [source, dest], b"\x02\x00\x00\x00" + u64(amount), height=2)
    scene.lamports[source] = scene.lamports.get(source, 0) - amount
    scene.lamports[dest] = scene.lamports.get(dest, 0) + amount


def only(answer: Decoded) -> Swap:
    assert (answer.dead, answer.unknown) == ((), ())
    assert {check.result for check in answer.checks} == {"agree"}
    (swap,) = answer.swaps
    return swap


def deposited(*, minted: bool = True) -> Decoded:
    scene, at = Scene(), accounts(10)
    for position in (4, 5, 6):
        scene.hold(at[position], at[7])
    scene.call(POOL.address, at, b"\x0e" + u64(1_000))
    lamports(scene, at[3], at[2], 1_000)
    if minted:
        mint_to(scene, at[7], at[4], 890)
        mint_to(scene, at[7], at[5], 10)  # the pool's fee
    return REGISTRY.decode(scene.transaction())


def test_sol_deposited_in_a_stake_pool_is_paid_to_the_reserve_and_minted_for() -> None:
    at, swap = accounts(10), only(deposited())
    assert (swap.kind, swap.mint_in, swap.amount_in, swap.decimals_in) == ("conversion", WRAPPED_SOL, 1_000, 9)
    assert (swap.mint_out, swap.amount_out, swap.user) == (at[7], 890, at[3])
    assert (swap.vault_in, swap.vault_out, swap.reserve_out) == (at[2], at[7], None)
    assert swap.reserve_in is not None


def test_a_deposit_that_mints_nothing_does_not_settle() -> None:
    answer = deposited(minted=False)
    assert [letter.reason for letter in answer.dead] == ["one_sided"]
    assert answer.swaps == ()


def test_a_token_minted_to_an_account_that_is_not_listed_fits_no_layout() -> None:
    scene, at = Scene(), accounts(10)
    for account in (at[4], at[5], address("somebody")):
        scene.hold(account, at[7])
    at[4] = at[5]
    scene.call(POOL.address, at, b"\x0e" + u64(1_000))
    lamports(scene, at[3], at[2], 1_000)
    mint_to(scene, at[7], address("somebody"), 890)
    mint_to(scene, at[7], at[5], 10)
    answer = REGISTRY.decode(scene.transaction())
    assert [letter.reason for letter in answer.dead] == ["accounts"]
    assert answer.swaps == ()


def test_sol_withdrawn_from_a_stake_pool_comes_from_the_stake_program() -> None:
    scene, at = Scene(), accounts(12)
    for position in (3, 6):
        scene.hold(at[position], at[7])
    scene.call(POOL.address, at, b"\x10" + u64(1_000))
    scene.transfer(at[3], at[6], 3)
    burn(scene, at[3], at[7], 997)
    scene.call(STAKE, [at[4], at[5]], b"\x04\x00\x00\x00" + u64(1_200), height=2)
    scene.lamports[at[4]] = -1_200
    swap = only(REGISTRY.decode(scene.transaction()))
    assert (swap.mint_in, swap.amount_in, swap.mint_out, swap.amount_out) == (at[7], 997, WRAPPED_SOL, 1_200)
    assert [(fee.kind, fee.mint, fee.amount) for fee in swap.fees] == [("pool", at[7], 3)]


def test_msol_may_come_from_the_liquidity_pool_and_be_minted_in_one_deposit() -> None:
    scene, at = Scene(), accounts(11)
    for position in (3, 7):
        scene.hold(at[position], at[1])
    scene.call(LIQUID.address, at, LIQUID.swaps[0].tag + u64(1_000))
    lamports(scene, at[6], at[2], 600)
    scene.transfer(at[3], at[7], 500)
    lamports(scene, at[6], at[5], 400)
    mint_to(scene, at[1], at[7], 330)
    swap = only(REGISTRY.decode(scene.transaction()))
    assert (swap.amount_in, swap.amount_out, swap.vault_in, swap.vault_out) == (1_000, 830, None, None)


def test_a_wrapped_token_is_minted_and_burned_one_for_one() -> None:
    for name, names in (("deposit", (4, 5)), ("withdraw", (5, 4))):
        scene, at = Scene(), accounts(7)
        scene.hold(at[4], address("underlying"))
        scene.hold(at[2], address("underlying"))
        scene.hold(at[5], at[1])
        tag = next(one.tag for one in saber_decimals.PROGRAM.swaps if one.name == name)
        scene.call(saber_decimals.PROGRAM.address, at, tag + u64(70))
        if name == "deposit":
            scene.transfer(at[4], at[2], 70)
            mint_to(scene, at[1], at[5], 7_000)
        else:
            burn(scene, at[5], at[1], 70)
            scene.transfer(at[2], at[4], 7_000)
        swap = only(REGISTRY.decode(scene.transaction()))
        mints = [at[1] if position == 5 else address("underlying") for position in names]
        assert [swap.mint_in, swap.mint_out] == mints
        assert (swap.amount_in, swap.amount_out) == (70, 7_000)


def shares(*, fee: bool = False) -> Decoded:
    scene, at = Scene(), accounts(12)
    for account, mint in ((at[6], at[4]), (address("vault"), at[4]), (at[7], at[5]), (address("fees"), at[4])):
        scene.hold(account, mint)
    scene.call(SHARES.address, [*at, address("vault"), address("fees")], SHARES.swaps[0].tag + b"\x00" + u64(50))
    scene.transfer(at[6], address("vault"), 50)
    if fee:
        scene.transfer(at[6], address("fees"), 1)
    mint_to(scene, at[5], at[7], 49)
    return REGISTRY.decode(scene.transaction())


def test_a_vault_whose_place_is_not_known_stays_unnamed_and_has_to_be_the_only_one() -> None:
    swap, at = only(shares()), accounts(12)
    assert (swap.amount_in, swap.amount_out, swap.vault_in, swap.vault_out) == (50, 49, None, at[5])
    assert [letter.reason for letter in shares(fee=True).dead] == ["ambiguous"]


@pytest.mark.parametrize("program", [POOL, LIQUID, SHARES], ids=lambda one: one.name)
def test_an_instruction_that_moves_nothing_is_idle(program: object) -> None:
    for one in REGISTRY.programs:
        if one is program:
            for layout in one.swaps:
                scene = Scene()
                scene.call(one.address, accounts(layout.accounts), layout.tag + bytes(32))
                assert REGISTRY.decode(scene.transaction()).idle == (one.name,)
