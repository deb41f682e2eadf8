"""Where an instruction's subtree ends, who called it, and which events are its own."""

from base64 import b64encode
from dataclasses import replace
from time import process_time

from decoders.engine import text58
from decoders.engine.model import Instruction
from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from tests.decoders.layouts import cases
from tests.decoders.scene import SYSTEM, TOKEN, Scene, address, u64
from tests.decoders.toy import (
    ACCOUNTS,
    BOT,
    OTHER,
    ROUTER,
    STRANGER,
    USER_A,
    USER_B,
    USER_C,
    VAULT_A,
    VAULT_B,
    VAULT_C,
    VENUE,
    decode,
    differing,
    stage,
    swap_data,
)


def legs(scene: Scene, height: int | None, amount: int = 100) -> None:
    """The two transfers of a swap."""
    scene.transfer(USER_A, VAULT_A, amount, height=height)
    scene.transfer(VAULT_B, USER_B, amount - 10, height=height)


def test_swaps_under_a_router_under_a_bot_carry_the_nearest_label_and_their_hop() -> None:
    scene = stage()
    scene.call(BOT, [USER_A], b"")
    scene.call(ROUTER, [USER_A], b"", height=2)
    scene.call(VENUE, ACCOUNTS, swap_data(100), height=3)
    legs(scene, 4)
    scene.call(OTHER, ACCOUNTS, swap_data(50), height=3)
    legs(scene, 4, 50)
    scene.call(VENUE, ACCOUNTS, swap_data(20), height=2)
    legs(scene, 3, 20)
    scene.call(VENUE, ACCOUNTS, swap_data(30))
    legs(scene, 2, 30)
    decoded = decode(scene)
    assert [(swap.idx, swap.outer_idx, swap.route, swap.hop, swap.hops, swap.amount_in) for swap in decoded.swaps] == [
        (2, 0, "router", 0, 3, 100),
        (5, 0, "router", 1, 3, 50),
        (8, 0, "bot", 2, 3, 20),
        (11, 1, None, 0, 1, 30),
    ]
    assert decoded.dead == ()


def test_transfers_one_program_deeper_belong_to_the_swap_and_siblings_do_not() -> None:
    scene = stage()
    scene.call(ROUTER, [USER_A], b"")
    scene.call(VENUE, ACCOUNTS, swap_data(100), height=2)
    scene.call(STRANGER, [USER_A], b"", height=3)
    legs(scene, 4)
    scene.transfer(USER_A, VAULT_A, 5, height=2)
    (swap,) = decode(scene).swaps
    assert (swap.amount_in, swap.amount_out) == (100, 90)


def test_instruction_with_two_legs_numbers_them() -> None:
    scene = stage()
    accounts = [ACCOUNTS[0], VAULT_A, VAULT_B, USER_A, USER_B, VAULT_C, USER_C, ACCOUNTS[5]]
    scene.call(VENUE, accounts, b"\x02")
    legs(scene, 2)
    scene.transfer(USER_B, VAULT_B, 90)
    scene.transfer(VAULT_C, USER_C, 70)
    decoded = decode(scene)
    assert [letter.reason for letter in decoded.dead] == ["both_ways"]

    scene = stage()
    middle = scene.hold(address("middle vault"), scene.mints[VAULT_B])
    accounts = [ACCOUNTS[0], VAULT_A, middle, USER_A, VAULT_B, VAULT_C, USER_C, ACCOUNTS[5]]
    scene.call(VENUE, accounts, b"\x02")
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(middle, VAULT_B, 90)
    scene.transfer(VAULT_C, USER_C, 70)
    assert [letter.reason for letter in decode(scene).dead] == ["one_sided"]


def test_two_hops_with_one_transfer_between_the_pools_are_two_legs() -> None:
    hopping = [case for program in PROGRAMS for case in cases(program) if case.layout.name == "two_hop_swap_v2"]
    assert hopping
    for case in hopping:
        decoded = Registry(PROGRAMS, ROUTERS).decode(case.transaction)
        assert [(swap.leg, swap.hop, swap.hops, swap.amount_in, swap.amount_out) for swap in decoded.swaps] == [
            (0, 0, 2, 1_000_000, 2_000_000),
            (1, 1, 2, 2_000_000, 2_000_000),
        ]


def test_without_heights_an_inner_swap_ends_at_the_next_known_program() -> None:
    scene = stage()
    scene.call(ROUTER, [USER_A], b"")
    scene.call(VENUE, ACCOUNTS, swap_data(100), height=None)
    legs(scene, None)
    scene.call(OTHER, ACCOUNTS, swap_data(50), height=None)
    legs(scene, None, 50)
    decoded = decode(scene)
    assert [(swap.program, swap.route, swap.amount_in) for swap in decoded.swaps] == [
        ("venue", "router", 100),
        ("other", "router", 50),
    ]


def test_without_heights_two_candidates_for_a_leg_are_ambiguous() -> None:
    scene = stage()
    scene.call(STRANGER, [USER_A], b"")
    scene.call(VENUE, ACCOUNTS, swap_data(100), height=None)
    legs(scene, None)
    legs(scene, None, 20)
    assert [letter.reason for letter in decode(scene).dead] == ["ambiguous"]


def test_without_heights_below_an_outer_instruction_everything_is_its_own() -> None:
    scene = stage()
    scene.call(VENUE, ACCOUNTS, swap_data(100))
    scene.transfer(USER_A, VAULT_A, 60, height=None)
    scene.transfer(USER_A, VAULT_A, 40, height=None)
    scene.transfer(VAULT_B, USER_B, 90, height=None)
    assert [swap.amount_in for swap in decode(scene).swaps] == [100]


def test_inner_swap_that_failed_and_was_caught_is_idle() -> None:
    scene = stage()
    scene.call(ROUTER, [USER_A], b"")
    scene.call(VENUE, ACCOUNTS, swap_data(100), height=2)
    scene.call(VENUE, ACCOUNTS, swap_data(50), height=2)
    legs(scene, 3, 50)
    decoded = decode(scene)
    assert (decoded.idle, [swap.idx for swap in decoded.swaps], decoded.dead) == (("venue",), [2], ())


def test_quote_updates_are_idle_and_unknown_instructions_are_counted_by_tag() -> None:
    scene = stage()
    scene.call(OTHER, ACCOUNTS[:2], b"\x77" + bytes(40))
    scene.call(OTHER, ACCOUNTS, swap_data(5))
    scene.call(VENUE, ACCOUNTS[:2], b"\x77" + bytes(40))
    scene.call(VENUE, ACCOUNTS[:2], b"\x09")
    scene.call(OTHER, ACCOUNTS[:2], b"\x78")
    scene.transfer(USER_A, VAULT_A, 5)
    scene.call(VENUE, ACCOUNTS[:2], b"")
    decoded = decode(scene)
    assert decoded.idle == ("other", "other")
    assert decoded.unknown == (("venue", "77"), ("other", "78"), ("venue", ""))
    assert (decoded.swaps, decoded.dead) == ((), ())


def test_known_tag_that_does_not_fit_is_a_dead_letter_only_if_tokens_moved() -> None:
    for accounts, data, reason in ((ACCOUNTS[:4], swap_data(100), "accounts"), (ACCOUNTS, b"\x01abc", "data")):
        scene = stage()
        scene.call(VENUE, accounts, data)
        assert decode(scene).idle == ("venue",)
        legs(scene, 2)
        decoded = decode(scene)
        assert [(letter.reason, letter.data, letter.accounts) for letter in decoded.dead] == [
            (reason, data, tuple(accounts))
        ]


def test_text_that_is_not_base58_is_a_dead_letter() -> None:
    scene = stage()
    one = scene.call(VENUE, ACCOUNTS, swap_data(100))
    scene.trace[0] = Instruction(position=0, outer=0, height=1, program=VENUE, accounts=one.accounts, text="0OIl")
    legs(scene, 2)
    (letter,) = decode(scene).dead
    assert (letter.reason, letter.instruction, letter.data) == ("data", "", b"0OIl")


def test_sixty_four_inner_instructions_and_then_some_take_linear_time() -> None:
    scene = stage()
    scene.call(ROUTER, [USER_A], b"")
    for _ in range(21):
        scene.call(VENUE, ACCOUNTS, swap_data(100), height=2)
        legs(scene, 3)
    decoded = decode(scene)
    assert len(decoded.swaps) == decoded.swaps[0].hops == 21
    assert differing(decoded) == []

    def seconds(swaps: int) -> float:
        scene = stage()
        scene.call(ROUTER, [USER_A], b"")
        for _ in range(swaps):
            scene.call(VENUE, ACCOUNTS, swap_data(100), height=2)
            legs(scene, 3)
        transaction = scene.transaction()
        start = process_time()
        decode(transaction)
        return process_time() - start

    pairs = [(seconds(200), seconds(1600)) for _ in range(5)]
    assert min(large for _, large in pairs) < max(small for small, _ in pairs) * 8 * 3  # eight times squared is 64


def test_deep_nesting_is_followed() -> None:
    scene = stage()
    scene.call(STRANGER, [USER_A], b"")
    for height in range(2, 60):
        scene.call(STRANGER, [USER_A], b"", height=height)
    scene.call(VENUE, ACCOUNTS, swap_data(100), height=60)
    legs(scene, 61)
    assert len(decode(scene).swaps) == 1


def test_event_in_the_log_is_only_believed_of_the_program_that_wrote_it() -> None:
    (case,) = (case for program in PROGRAMS for case in cases(program) if str(case).startswith("orca_whirlpool-swap-"))
    layout = case.layout
    pool = case.transaction.trace[case.idx].accounts[2]
    traded = bytes.fromhex("e1ca49af932ba096") + text58.decode(pool) + b"\1" + bytes(32)
    real = traded + u64(1_000_000, 2_000_000, 0, 0, 300, 40)
    forged = traded + u64(1_000_000, 2_000_001, 0, 0, 9, 9)
    program = case.program.address
    lines = [
        f"Program {SYSTEM} invoke [1]",
        f"Program {SYSTEM} success",
        f"Program {program} invoke [1]",
        "Program log: Program data: " + b64encode(forged).decode(),
        f"Program {TOKEN} invoke [2]",
        "Program data: " + b64encode(forged).decode(),
        f"Program {TOKEN} success",
        "Program data: " + b64encode(real).decode(),
        f"Program {program} success",
    ]
    decoded = Registry((case.program,)).decode(replace(case.transaction, logs=tuple(lines)))
    assert [(fee.kind, fee.amount) for fee in decoded.swaps[0].fees] == [("lp", 300), ("protocol", 40)]
    assert {check.check: check.result for check in decoded.checks}["event"] == "agree"
    assert layout.name == "swap"

    lines[7] = "Program data: " + b64encode(forged).decode()
    decoded = Registry((case.program,)).decode(replace(case.transaction, logs=tuple(lines)))
    assert differing(decoded) == ["event"]

    decoded = Registry((case.program,)).decode(replace(case.transaction, logs=(*lines[:6], "Log truncated")))
    assert "event" not in {check.check for check in decoded.checks}
    assert decoded.swaps[0].fees == ()
