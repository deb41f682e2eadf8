"""The judge: reads a whole stream from outside and says what is lost, twice, out of order or false."""

import asyncio
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import nats
import orjson
from nats.aio.msg import Msg
from nats.errors import TimeoutError as NatsTimeoutError
from nats.js import JetStreamContext
from nats.js.api import AckPolicy, ConsumerConfig, DeliverPolicy
from nats.js.errors import ServiceUnavailableError

_READ_TRIES = 10
_FETCH_MESSAGES = 1000
_FETCH_TRIES = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A message as the stream holds it."""

    sequence: int
    subject: str
    mode: str | None
    message_id: str | None
    body: dict[str, Any]
    raw: bytes
    stored_at: datetime


@dataclass(slots=True)
class Findings:
    """``problems`` is empty when the stream is right."""

    swaps: int = 0
    markers: int = 0
    missing_slots: int = 0
    repaired: int = 0
    foreign: int = 0
    problems: list[str] = field(default_factory=list)


async def read_stream(url: str, stream: str = "dex-swaps", **options: Any) -> list[Stored]:
    """Every message of a stream in order; ``url`` may name several servers, ``options`` say who we are.

    What a cluster without a leader is asked is never answered: it is asked again.
    """
    for _ in range(_READ_TRIES - 1):
        try:
            return await _read(url, stream, options)
        except (ServiceUnavailableError, NatsTimeoutError):
            await asyncio.sleep(0.5)
    return await _read(url, stream, options)


async def _read(url: str, stream: str, options: dict[str, Any]) -> list[Stored]:
    client = await nats.connect(url.split(","), **options)
    try:
        js = client.jetstream(timeout=10)
        state = (await js.stream_info(stream)).state
        config = ConsumerConfig(
            deliver_policy=DeliverPolicy.ALL, ack_policy=AckPolicy.NONE, inactive_threshold=60, mem_storage=True
        )
        subscription = await js.pull_subscribe("", stream=stream, config=config)
        stored: list[Stored] = []
        while len(stored) < state.messages:
            want = min(_FETCH_MESSAGES, state.messages - len(stored))
            stored += [_stored(message) for message in await _fetched(subscription, want)]
        return stored
    finally:
        await client.close()


async def _fetched(subscription: JetStreamContext.PullSubscription, want: int) -> list[Msg]:
    """A consumer made a moment ago on a cluster may have no leader yet: nothing was delivered, so it is asked again."""
    for _ in range(_FETCH_TRIES - 1):
        try:
            return await subscription.fetch(want, timeout=5)
        except (ServiceUnavailableError, NatsTimeoutError):
            await asyncio.sleep(0.5)
    return await subscription.fetch(want, timeout=5)


def audit(stored: Iterable[Stored], truth: dict[str, dict[str, Any]], *, first_slot: int, last_slot: int) -> Findings:
    """Compare with the generator's own list of swaps between two slots, both included."""
    findings = Findings()
    messages = [message for message in stored if _ours(message, findings)]
    expected = {name: swap for name, swap in truth.items() if first_slot <= swap["slot"] <= last_slot}
    swaps = [message for message in messages if message.subject == "dex.sol.swaps"]
    findings.swaps = len(swaps)
    _exactly_once(swaps, expected, findings)
    _values(swaps, expected, findings)
    _order([message for message in messages if message.mode is None], findings)
    _markers([message for message in messages if message.subject == "dex.sol.slots"], findings)
    repaired = [message for message in messages if message.subject == "dex.sol.slots.repair"]
    findings.repaired = len(repaired)
    return findings


def read_truth(path: Path) -> dict[str, dict[str, Any]]:
    """The generator's swaps by id."""
    lines = path.read_bytes().splitlines()
    return {swap["id"]: swap for swap in map(orjson.loads, lines)}


def _stored(message: Any) -> Stored:
    headers = message.headers or {}
    return Stored(
        sequence=message.metadata.sequence.stream,
        subject=message.subject,
        mode=headers.get("Dex-Mode"),
        message_id=headers.get("Nats-Msg-Id"),
        body=_json(message.data),
        raw=message.data,
        stored_at=message.metadata.timestamp,
    )


def _json(data: bytes) -> dict[str, Any]:
    try:
        body = orjson.loads(data)
    except orjson.JSONDecodeError:
        return {}
    return body if isinstance(body, dict) else {}


def _ours(message: Stored, findings: Findings) -> bool:
    ours = message.message_id is not None and message.message_id.startswith("501:")
    findings.foreign += not ours
    return ours


def _exactly_once(swaps: list[Stored], expected: dict[str, dict[str, Any]], findings: Findings) -> None:
    counts = Counter(swap.body["id"] for swap in swaps)
    twice = [name for name, count in counts.items() if count > 1]
    lost = [name for name in expected if name not in counts]
    strange = [name for name in counts if name not in expected]
    for what, names in (("lost", lost), ("twice", twice), ("not in the truth", strange)):
        if names:
            findings.problems.append(f"{len(names)} swaps {what}, first: {names[0]}")


def _values(swaps: list[Stored], expected: dict[str, dict[str, Any]], findings: Findings) -> None:
    checked = ("program", "instruction", "pool", "user", "mint_in", "mint_out", "amount_in", "amount_out", "tx_index",
               "decimals_in", "decimals_out", "route", "hop", "hops", "fee_payer", "block_time")  # fmt: skip
    wrong = [
        (swap.body["id"], name, swap.body[name], expected[swap.body["id"]][name])
        for swap in swaps
        if swap.body["id"] in expected
        for name in checked
        if swap.body[name] != expected[swap.body["id"]][name]
    ]
    if wrong:
        findings.problems.append(f"{len(wrong)} wrong values, first: {wrong[0]}")


def _order(messages: list[Stored], findings: Findings) -> None:
    """Swaps ascend, and each slot's marker comes right behind them with their count."""
    last: tuple[int, ...] = ()
    waiting: list[int] = []
    for message in messages:
        body = message.body
        if message.subject == "dex.sol.swaps":
            place = (body["slot"], body["tx_index"], body["idx"], body["leg"])
            if place <= last:
                findings.problems.append(f"sequence {message.sequence}: {place} after {last}")
            last = place
            waiting.append(body["slot"])
            continue
        if set(waiting) - {body["slot"]} or len(waiting) != body["swaps"]:
            findings.problems.append(f"marker {body['slot']} says {body['swaps']} swaps, before it {Counter(waiting)}")
        waiting.clear()
    if waiting:
        findings.problems.append(f"{len(waiting)} swaps without their marker")


def _markers(markers: list[Stored], findings: Findings) -> None:
    """Main markers ascend and link up, so that no slot is unaccounted for."""
    findings.markers = len(markers)
    before: dict[str, Any] | None = None
    for marker in markers:
        body = marker.body
        if body["status"] == "missing":
            findings.missing_slots += body.get("to_slot", body["slot"]) - body["slot"] + 1
        if before is not None:
            end = before.get("to_slot", before["slot"])
            linked = body["status"] == "missing" or before["status"] == "missing" or body["parent_slot"] == end
            if body["slot"] <= end or not linked:
                findings.problems.append(f"marker {body['slot']} (parent {body['parent_slot']}) after {end}")
        before = body
