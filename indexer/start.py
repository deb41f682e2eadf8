"""Where a run begins: decided from what the stream holds, what the nodes have and what was asked. Pure."""

from dataclasses import dataclass

from indexer.coverage import Range
from indexer.errors import DataError, UsageError
from indexer.plan import Cursor


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the nodes offer: the oldest block they have and the tip."""

    first_available: int
    tip: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """``cursor`` of the main loop; ``skipped`` is a range left out on purpose, to be marked missing before it."""

    cursor: Cursor
    skipped: Range | None = None
    note: str = ""


def parse_slot(flag: str, text: str | None) -> int | None:
    """A slot given by a person. Raises UsageError."""
    if text is None:
        return None
    digits = _digits(text)
    if not digits.isdecimal():
        raise UsageError(f"{flag} takes a slot number, not {text!r}", hint=f"for example {flag} 370000000")
    return int(digits)


def check_start(asked: str) -> None:
    """Refuse a ``--start`` that nothing can be made of. Raises UsageError."""
    if asked not in ("resume", "latest") and not _digits(asked).isdecimal():
        raise UsageError(f"--start takes resume, latest or a slot, not {asked!r}", hint="for example --start 370000000")


def check_end(to_slot: int, start: Start, last: Cursor | None) -> str:
    """What to say of a ``--to-slot`` the stream has passed already; empty when it lies ahead.

    Raises UsageError for one before the first slot that would be published.
    """
    if to_slot > start.cursor.slot:
        return ""
    if last is not None and to_slot <= last.slot:
        return f"nothing to do: the stream is at slot {last.slot}, --to-slot was {to_slot}"
    raise UsageError(
        f"--to-slot {to_slot} is before slot {start.cursor.slot + 1}, where this run would begin",
        hint=f"--replay-from-slot SLOT --to-slot {to_slot} publishes older slots",
    )


def check_slot(flag: str, slot: int, ledger: Ledger) -> None:
    """Refuse a slot that the nodes cannot give. Raises DataError that names what is possible."""
    possible = f"possible now: {ledger.first_available} to {ledger.tip}"
    if slot > ledger.tip:
        raise DataError(f"{flag} {slot} is in the future: the tip is slot {ledger.tip}", hint=possible)
    if slot < ledger.first_available:
        raise DataError(
            f"{flag} {slot} is older than the endpoints' history, which begins at slot {ledger.first_available}",
            hint=f"{possible}; an archive endpoint in SOLANA_RPC_URL reaches further back",
        )


def begin(asked: str, last: Cursor | None, ledger: Ledger) -> Start:
    """Where ``--start`` begins: ``asked`` is resume, latest or a slot; ``last`` is the stream's last marker."""
    if asked == "resume" or (asked == "latest" and last is None):
        if last is not None:
            return Start(cursor=last, note=f"resuming after slot {last.slot}")
        return Start(cursor=Cursor(slot=ledger.tip - 1), note=f"empty stream: starting at the tip, slot {ledger.tip}")
    slot = ledger.tip if asked == "latest" else parse_slot("--start", asked)
    if slot is None:
        raise UsageError("--start takes resume, latest or a slot")
    if last is not None and slot <= last.slot + 1:
        return Start(cursor=last, note=f"the stream is at slot {last.slot} already: resuming after it")
    if asked != "latest":
        check_slot("--start", slot, ledger)
    if last is None:
        return Start(cursor=Cursor(slot=slot - 1), note=f"empty stream: starting at slot {slot}")
    skipped = Range(last.slot + 1, slot - 1)
    return Start(
        cursor=Cursor(slot=slot - 1, block=last.block),
        skipped=skipped,
        note=f"leaving out {len(skipped)} slots on purpose ({skipped.first} to {skipped.last}), marked missing",
    )


def _digits(text: str) -> str:
    return text.replace("_", "").replace(",", "")
