"""The judge finds what it is there for: each fault put into a right stream is named."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest

from tests.chaos.audit import Stored, audit

VALUES = {
    "program": "p", "instruction": "i", "pool": "o", "user": "u", "mint_in": "a", "mint_out": "b", "amount_in": 1,
    "amount_out": 2, "decimals_in": 6, "decimals_out": 9, "route": None, "hop": 0, "hops": 1, "fee_payer": "f",
    "block_time": 7,
}  # fmt: skip
Fault = Callable[[list[Stored]], None]


def stored(subject: str, body: dict[str, Any], *, mode: str | None = None) -> Stored:
    return Stored(
        sequence=0,
        subject=subject,
        mode=mode,
        message_id=body.get("id", f"501:{body['slot']}:complete"),
        body=body,
        raw=orjson.dumps(body),
        stored_at=datetime.now(UTC),
    )


def swap(slot: int, tx_index: int) -> dict[str, Any]:
    return VALUES | {"id": f"501:{slot}:s{tx_index}:0", "slot": slot, "tx_index": tx_index, "idx": 0, "leg": 0}


def marker(slot: int, swaps: int) -> dict[str, Any]:
    return {"slot": slot, "parent_slot": slot - 1, "status": "complete", "swaps": swaps}


def stream() -> list[Stored]:
    rows = []
    for slot in (1, 2, 3):
        rows += [stored("dex.sol.swaps", swap(slot, at)) for at in range(2)]
        rows.append(stored("dex.sol.slots", marker(slot, 2)))
    return rows


TRUTH = {one["id"]: one for slot in (1, 2, 3) for one in (swap(slot, 0), swap(slot, 1))}


def lose(rows: list[Stored]) -> None:
    del rows[3]


def double(rows: list[Stored]) -> None:
    rows.insert(4, rows[3])


def swap_places(rows: list[Stored]) -> None:
    rows[3], rows[4] = rows[4], rows[3]


def lose_marker(rows: list[Stored]) -> None:
    del rows[5]


def marker_first(rows: list[Stored]) -> None:
    rows[4], rows[5] = rows[5], rows[4]


def falsify(rows: list[Stored]) -> None:
    rows[0].body["amount_in"] = 5


def invent(rows: list[Stored]) -> None:
    rows.insert(0, stored("dex.sol.swaps", swap(1, -1)))


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (lose, "1 swaps lost"),
        (double, "1 swaps twice"),
        (swap_places, "after"),
        (lose_marker, "marker 3"),
        (marker_first, "marker 2 says 2 swaps"),
        (falsify, "1 wrong values"),
        (invent, "1 swaps not in the truth"),
    ],
)
def test_each_fault_is_found(fault: Fault, words: str) -> None:
    rows = stream()
    assert audit(rows, TRUTH, first_slot=1, last_slot=3).problems == []
    fault(rows)
    assert any(words in problem for problem in audit(rows, TRUTH, first_slot=1, last_slot=3).problems)


def test_foreign_messages_are_counted_and_left_aside() -> None:
    alien = Stored(
        sequence=0, subject="dex.sol.swaps", mode=None, message_id=None, body={}, raw=b"", stored_at=datetime.now(UTC)
    )
    findings = audit([*stream(), alien], TRUTH, first_slot=1, last_slot=3)
    assert (findings.foreign, findings.problems) == (1, [])
