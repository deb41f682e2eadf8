"""The drift alarm's log lines: each kind of misfit with its sample, one per program in a time, whatever the tag."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest
from structlog.testing import capture_logs

from decoders.engine.model import Transaction
from indexer.drift import DEAD, DIFFER, UNKNOWN, Drift, misfits
from indexer.prepare import Prepared, prepare
from indexer.transaction import Block
from tests.decoders.scene import Scene
from tests.decoders.toy import ACCOUNTS, OTHER, REGISTRY, USER_A, USER_B, VAULT_A, VAULT_B, VENUE, stage, swap_data

LINE = {"log_level": "warning", "slot": 370, "program": "venue"}


def unknown(tag: bytes = b"\x77", program: str = VENUE) -> Transaction:
    scene = stage()
    scene.call(program, ACCOUNTS, tag)
    scene.transfer(USER_A, VAULT_A, 5)
    return signed(scene, f"unknown {tag.hex()}")


def dead() -> Transaction:
    scene = stage()
    scene.call(VENUE, ACCOUNTS[:4], swap_data(100))
    return signed(both_legs(scene), "dead")


def differing() -> Transaction:
    scene = stage()
    scene.call(VENUE, ACCOUNTS, swap_data(99))
    return signed(both_legs(scene), "differing")


def fine() -> Transaction:
    scene = stage()
    scene.call(VENUE, ACCOUNTS, swap_data(100))
    return signed(both_legs(scene), "fine")


def both_legs(scene: Scene) -> Scene:
    scene.transfer(USER_A, VAULT_A, 100)
    scene.transfer(VAULT_B, USER_B, 90)
    return scene


def signed(scene: Scene, signature: str) -> Transaction:
    return replace(scene.transaction(), signature=signature)


def slot(*transactions: Transaction, wanted: tuple[str, ...] = ("venue", "other")) -> Prepared:
    block = Block(
        slot=370,
        parent_slot=369,
        blockhash="hash",
        block_time=1_790_000_000,
        signatures=tuple(one.signature for one in transactions),
        failed=0,
        transactions=transactions,
    )
    return prepare(block, REGISTRY, wanted, status="complete", repair=False)


class Clock:
    """A monotonic clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 5.0  # a machine that has just been started: nothing was logged "long ago"
        self.drift = Drift(seconds=60, clock=lambda: self.now)

    def report(self, *transactions: Transaction) -> Sequence[Mapping[str, Any]]:
        with capture_logs() as lines:
            self.drift.report(slot(*transactions))
        return lines


@pytest.mark.parametrize(
    ("transaction", "line"),
    [
        (unknown, {"event": UNKNOWN, "signature": "unknown 77", "tag": "77"}),
        (
            dead,
            {"event": DEAD, "signature": "dead", "idx": 0, "instruction": "swap", "reason": "accounts"}
            | {"detail": "4 accounts, 6 needed"},
        ),
        (
            differing,
            {
                "event": DIFFER,
                "signature": "differing",
                "idx": 0,
                "check": "args",
                "detail": "in 100 exact amount_in 99",
            },
        ),
    ],
    ids=["unknown", "dead", "differing"],
)
def test_each_misfit_gives_a_line_with_all_it_takes_to_look_at_it(transaction: Any, line: dict[str, Any]) -> None:
    (found,) = Clock().report(fine(), transaction())
    assert found == LINE | line


def test_a_slot_as_described_gives_none_and_neither_does_a_program_that_is_not_published() -> None:
    assert Clock().report(fine()) == []
    assert list(misfits(slot(unknown(), dead(), differing(), wanted=("other",)))) == []


def test_one_line_per_program_and_kind_until_the_time_is_over_to_the_edge() -> None:
    clock = Clock()
    assert [line["event"] for line in clock.report(unknown(), dead(), differing())] == [UNKNOWN, DEAD, DIFFER]
    clock.now += 59.999
    assert clock.report(unknown(), dead(), differing()) == []
    clock.now = 65.0
    assert [line["event"] for line in clock.report(differing(), dead())] == [DEAD, DIFFER]
    clock.now += 59.999
    assert [line["event"] for line in clock.report(unknown(), dead(), differing())] == [UNKNOWN]


def test_other_tags_are_no_way_around_the_limit_and_other_programs_have_their_own() -> None:
    tags = [unknown(bytes([tag])) for tag in range(0x10, 0x40)]
    lines = Clock().report(*tags, unknown(program=OTHER), *tags)
    assert [(line["program"], line["tag"]) for line in lines] == [("venue", "10"), ("other", "77")]
