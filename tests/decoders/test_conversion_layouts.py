"""Conversions by their own interfaces: what arguments and events say of a leg, and which accounts are none of it."""

import pytest

from decoders import carrot, hylo_exchange, jupiter_lend_earn, m_swap, voltr, xorca
from decoders.engine.call import EVENT_CALL
from decoders.engine.model import Decoded, Fee
from decoders.engine.registry import Registry
from decoders.engine.spec import Leg, Program, SwapIx, anchor_event
from tests.decoders.scene import TOKEN, Scene, address, u64
from tests.decoders.toy import differing

PAID, RECEIVED, FEE = 1_000, 2_000, 7
MOST = 2**64 - 1


def layout_of(program: Program, name: str, count: int = 0) -> SwapIx:
    """A layout by its instruction's name, and by its accounts where there are several."""
    return next(one for one in program.swaps if one.name == name and count in {0, one.accounts})


def move(scene: Scene, source: str, dest: str, amount: int, mints: tuple[str, ...], height: int | None) -> None:
    """A transfer; from a mint the token is minted, to a mint burned."""
    if source in mints:
        scene.call(TOKEN, [source, dest, address("authority")], b"\x07" + u64(amount), height=height)
        scene.after[dest] += amount
    elif dest in mints:
        scene.call(TOKEN, [source, dest, address("owner")], b"\x08" + u64(amount), height=height)
        scene.after[source] -= amount
    else:
        scene.transfer(source, dest, amount, height=height)


def converted(  # noqa: PLR0913 - what one conversion is made of
    program: Program,
    layout: SwapIx,
    arguments: bytes,
    *,
    back: bool = False,
    event: bytes = b"",
    fee: str = "",
    fee_at: int | None = None,
    instead: int | None = None,
    heights: bool = True,
) -> Decoded:
    """One conversion: ``back`` from the second vault's token to the first's.

    ``fee`` is beside what is paid ("in", or "burned" where it should be paid) or received ("out"). ``instead`` is the
    place in which the list has the account that gets the fee as well.
    """
    scene = Scene()
    at = [address(f"{layout.name} {position}") for position in range(layout.accounts)]
    (leg,) = layout.legs if isinstance(layout.legs, tuple) else ()
    assert isinstance(leg, Leg)
    vaults, users = [at[position] for position in leg.vaults], [at[position] for position in leg.users]
    mints = tuple(at[position] for position in leg.mints)
    for account, mint in (*zip(vaults, mints, strict=True), *zip(users, mints, strict=True)):
        if account not in mints:
            scene.hold(account, mint)
    give, take = (1, 0) if back else (0, 1)
    of = take if fee == "out" else give
    if fee_at is not None:
        scene.hold(at[fee_at], mints[of])
    listed = list(at)
    if instead is not None and fee_at is not None:
        listed[instead] = at[fee_at]
    scene.call(address("caller"), listed, b"")
    scene.call(program.address, listed, layout.tag + arguments, height=2 if heights else None)
    below = 3 if heights else None
    move(scene, users[give], vaults[give], PAID, mints, below)
    move(scene, vaults[take], users[take], RECEIVED, mints, below)
    if fee == "burned":
        move(scene, users[give], mints[give], FEE, mints, below)
    elif fee_at is not None:
        move(scene, users[give] if fee == "in" else vaults[take], at[fee_at], FEE, mints, below)
    if event:
        scene.call(program.address, [address("event authority")], EVENT_CALL + event, height=below)
    return Registry([program]).decode(scene.transaction())


@pytest.mark.parametrize(
    ("program", "name", "arguments", "back", "doubted"),
    [
        (xorca.PROGRAM, "stake", u64(PAID), False, []),
        (xorca.PROGRAM, "stake", u64(PAID + 1), False, ["args"]),
        (carrot.PROGRAM, "issue", u64(PAID), False, []),
        (carrot.PROGRAM, "redeem", u64(PAID - 1), True, ["args"]),
        (m_swap.PROGRAM, "swap", u64(PAID + 5), False, []),
        (m_swap.PROGRAM, "swap", u64(PAID - 1), False, ["args"]),
        (voltr.PROGRAM, "deposit_vault", u64(PAID), False, []),
        (voltr.PROGRAM, "deposit_vault", u64(PAID + 1), False, ["args"]),
        # in shares and not all; in the asset; all
        (voltr.PROGRAM, "instant_withdraw_vault", u64(PAID) + b"\1\0", True, []),
        (voltr.PROGRAM, "instant_withdraw_vault", u64(PAID - 1) + b"\1\0", True, ["args"]),
        (voltr.PROGRAM, "instant_withdraw_vault", u64(1) + b"\0\0", True, []),
        (voltr.PROGRAM, "instant_withdraw_vault", u64(1) + b"\1\1", True, []),
        (jupiter_lend_earn.PROGRAM, "deposit", u64(PAID), False, []),
        (jupiter_lend_earn.PROGRAM, "deposit", u64(MOST), False, []),
        (jupiter_lend_earn.PROGRAM, "deposit", u64(PAID - 1), False, ["args"]),
        (jupiter_lend_earn.PROGRAM, "mint_with_max_assets", u64(RECEIVED, PAID - 1), False, ["args"]),
        (jupiter_lend_earn.PROGRAM, "deposit_with_min_amount_out", u64(PAID, RECEIVED + 1), False, ["args"]),
        (jupiter_lend_earn.PROGRAM, "withdraw", u64(RECEIVED), False, []),
        (jupiter_lend_earn.PROGRAM, "withdraw", u64(RECEIVED - 1), False, ["args"]),
        (jupiter_lend_earn.PROGRAM, "withdraw_with_max_shares_burn", u64(RECEIVED, PAID - 1), False, ["args"]),
        (jupiter_lend_earn.PROGRAM, "redeem", u64(PAID - 1), False, ["args"]),
        (jupiter_lend_earn.PROGRAM, "redeem_with_min_amount_out", u64(PAID, RECEIVED), False, []),
    ],
)  # fmt: skip
def test_what_was_asked_for_is_compared(
    program: Program,
    name: str,
    arguments: bytes,
    back: bool,  # noqa: FBT001 - a parameter
    doubted: list[str],
) -> None:
    decoded = converted(program, layout_of(program, name), arguments, back=back)
    (swap,) = decoded.swaps
    assert (swap.amount_in, swap.amount_out) == (PAID, RECEIVED)
    assert differing(decoded) == doubted


HYLO = hylo_exchange.PROGRAM
_NO_SLIPPAGE = b"\0"


@pytest.mark.parametrize(
    ("name", "fee", "fee_at", "asked"),
    [
        ("swap_lst", "in", 13, PAID + FEE),
        ("swap_lst_to_lst", "in", 13, PAID + FEE),
        ("mint_stablecoin_lst", "in", 5, PAID + FEE),
        ("mint_levercoin_exo", "in", 7, PAID + FEE),
        ("swap_stable_to_lever", "in", 6, PAID + FEE),
        ("convert_stable_to_lever_exo", "in", 8, PAID + FEE),
        ("mint_stablecoin_usdc", "in", 8, PAID + FEE),
        ("redeem_levercoin_lst", "out", 4, PAID),
        ("redeem_stablecoin_exo", "out", 6, PAID),
    ],
)
def test_hylos_fee_vault_gets_a_fee_and_is_no_vault_of_the_leg(name: str, fee: str, fee_at: int, asked: int) -> None:
    layout = layout_of(HYLO, name)
    decoded = converted(HYLO, layout, u64(asked) + _NO_SLIPPAGE, fee=fee, fee_at=fee_at)
    (swap,) = decoded.swaps
    assert (swap.amount_in, swap.amount_out) == (PAID, RECEIVED)
    assert swap.fees == (Fee(kind="protocol", mint=swap.mint_in if fee == "in" else swap.mint_out, amount=FEE),)
    assert differing(decoded) == []
    less = converted(HYLO, layout, u64(PAID - 1) + _NO_SLIPPAGE, fee=fee, fee_at=fee_at)
    assert differing(less) == ["args"]


@pytest.mark.parametrize(("heights", "reason"), [(True, "transfers"), (False, "accounts")])
@pytest.mark.parametrize(
    ("name", "fee", "fee_at", "place"),
    [
        ("swap_lst", "in", 13, 5),
        ("mint_levercoin", "in", 5, 6),
        ("redeem_stablecoin_lst", "out", 4, 8),
        ("redeem_levercoin_exo", "out", 6, 8),
        ("mint_stablecoin_usdc", "in", 8, 7),
    ],
)
def test_hylos_fee_vault_in_the_place_of_a_vault_or_of_the_user_is_refused(
    name: str,
    fee: str,
    fee_at: int,
    place: int,
    heights: bool,  # noqa: FBT001 - a parameter
    reason: str,
) -> None:
    """Its fee would be all that was paid or received. With heights the account that is not listed any more tells."""
    arguments = u64(PAID + FEE) + _NO_SLIPPAGE
    decoded = converted(HYLO, layout_of(HYLO, name), arguments, fee=fee, fee_at=fee_at, instead=place, heights=heights)
    assert decoded.swaps == ()
    assert [letter.reason for letter in decoded.dead] == [reason if fee == "in" else "transfers"]


@pytest.mark.parametrize("name", ["swap_stable_to_lever", "convert_stable_to_lever_lst", "convert_stable_to_lever_exo"])
def test_a_fee_of_hylos_that_was_burned_is_no_second_payment(name: str) -> None:
    decoded = converted(HYLO, layout_of(HYLO, name), u64(PAID + FEE) + _NO_SLIPPAGE, fee="burned")
    assert decoded.swaps == ()
    assert [letter.reason for letter in decoded.dead] == ["ambiguous"]


def fixed(number: int, exponent: int = 6) -> bytes:
    """A number of Hylo's events: its digits, and where the point stands."""
    return u64(number) + bytes((256 - exponent,))


_BURNED = fixed(PAID) + fixed(FEE) + fixed(1) + fixed(RECEIVED)
_MINTED = fixed(PAID) + fixed(1) + fixed(RECEIVED) + fixed(FEE)


@pytest.mark.parametrize(
    ("name", "event", "said", "back", "doubted"),
    [
        ("mint_stablecoin", "MintStablecoinEventV2", fixed(RECEIVED), False, []),
        ("mint_stablecoin_lst", "MintStablecoinLstEvent", fixed(RECEIVED + 1), False, ["event"]),
        ("mint_levercoin_exo", "MintLevercoinExoEvent", bytes(32) + fixed(RECEIVED - 1), False, ["event"]),
        ("redeem_levercoin", "RedeemLevercoinEventV0", fixed(PAID + 1), False, ["event"]),
        ("redeem_stablecoin_exo", "RedeemStablecoinExoEvent", bytes(32) + fixed(PAID), False, []),
        ("swap_stable_to_lever", "SwapStableToLeverEventV1", _BURNED, False, []),
        ("convert_lever_to_stable_exo", "ConvertLeverToStableExoEvent", bytes(32) + _MINTED, True, []),
        # of another instruction: it says nothing here
        ("mint_stablecoin_lst", "MintLevercoinLstEvent", fixed(RECEIVED + 1), False, []),
        # dollars are stated with nine decimals, which are not the mint's
        ("swap_lst_to_usdc", "SwapLstToUsdcEvent", bytes(32) + fixed(PAID, 9) + fixed(1) + fixed(5, 9), False, []),
        ("swap_lst_to_usdc", "SwapLstToUsdcEvent", bytes(32) + fixed(PAID + 1, 9), False, ["event"]),
    ],
)
def test_hylos_event_states_its_own_coins_and_staked_tokens(
    name: str,
    event: str,
    said: bytes,
    back: bool,  # noqa: FBT001 - a parameter
    doubted: list[str],
) -> None:
    decoded = converted(
        HYLO, layout_of(HYLO, name), u64(PAID) + _NO_SLIPPAGE, back=back, event=anchor_event(event) + said
    )
    assert [(swap.amount_in, swap.amount_out) for swap in decoded.swaps] == [(PAID, RECEIVED)]
    assert differing(decoded) == doubted


def test_hylos_redeem_of_fifteen_accounts_has_the_vault_after_the_fee_vault() -> None:
    """Its third generation has four accounts less than the first."""
    (swap,) = converted(HYLO, layout_of(HYLO, "redeem_levercoin", 13), u64(PAID) + _NO_SLIPPAGE).swaps
    assert (swap.vault_in, swap.vault_out) == (address("redeem_levercoin 9"), address("redeem_levercoin 5"))
