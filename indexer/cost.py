"""What following the chain will cost at these endpoints: calls and bytes a day, measured on the tip, said at start."""

from dataclasses import dataclass

import msgspec
import structlog

from indexer.errors import TransientError
from indexer.rpc import Rpc
from indexer.start import Ledger

log = structlog.get_logger()

_DAY_SECONDS = 86_400
_BACK_SLOTS = 2_000  # far enough that whole-second block times give a slot time within a percent
_TRIES = 8  # slots below the tip that may have been skipped


class _Time(msgspec.Struct, rename="camel"):
    block_time: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Per day; ``slot_seconds`` is the chain's pace as measured."""

    slot_seconds: float
    calls: int
    gigabytes: float


def estimate(*, newer: tuple[int, int], older: tuple[int, int], block_bytes: int, calls_a_slot: float = 1.0) -> Cost:
    """From two blocks as (slot, block time) and the size of one. Raises ValueError when they show no pace."""
    slots, seconds = newer[0] - older[0], newer[1] - older[1]
    if slots <= 0 or seconds <= 0:
        raise ValueError("two blocks at the same time show no pace")
    slots_a_day = _DAY_SECONDS * slots / seconds
    return Cost(
        slot_seconds=seconds / slots,
        calls=round(slots_a_day * calls_a_slot),
        gigabytes=slots_a_day * block_bytes / 1e9,
    )


async def say_cost(rpc: Rpc, ledger: Ledger) -> str:
    """Log the estimate, and give it in words; a chain too short or too quiet to measure is said to be so."""
    try:
        newer = await _near(rpc, ledger.tip, ledger.first_available)
        older = await _near(rpc, max(ledger.first_available, ledger.tip - _BACK_SLOTS), ledger.first_available)
        cost = estimate(newer=newer[:2], older=older[:2], block_bytes=newer[2])
    except (TransientError, ValueError):
        log.info("cost not estimated: the endpoints' history is too short to measure the slot time")
        return ""
    log.info(
        "estimated cost a day, one getBlock a slot",
        calls=f"{cost.calls:,}",
        gigabytes_unpacked=round(cost.gigabytes, 1),
        slot_seconds=round(cost.slot_seconds, 3),
    )
    return f"about {cost.calls:,} calls and {cost.gigabytes:,.0f} GB a day"


async def _near(rpc: Rpc, slot: int, first: int) -> tuple[int, int, int]:
    """Slot, time and size of the block at ``slot`` or shortly before it."""
    found = await rpc.blocks(max(first, slot - _TRIES), slot)
    if not found:
        raise ValueError("no block near that slot")
    body = await rpc.block(found[-1])
    block_time = msgspec.json.decode(body, type=_Time).block_time
    if block_time is None:
        raise ValueError("a block without a time")
    return found[-1], block_time, len(body)
