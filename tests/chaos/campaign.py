"""One campaign: faults all at once, kills at random moments, then the audit of what is in the stream. Seeded."""

import asyncio
import random
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import nats
from nats.errors import Error as NatsError

from tests.chaos.arena import Arena, Daemon, arena
from tests.chaos.audit import Findings, audit, read_stream, read_truth

_FAULTS = {
    "lost_notifications": 0.3,
    "too_many_requests": 0.1,
    "retry_after_seconds": 0.05,
    "server_error": 0.05,
    "truncated_body": 0.05,
    "null_block": 0.05,
    "false_not_available": 0.05,
    "false_skipped": 0.05,
    "false_long_term_skipped": 0.05,
    "false_not_yet": 0.05,
    "listing_holes": 0.2,
    "close_every_messages": 400,
}
_SETTLE_SECONDS = 120
_STARTING_SECONDS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done to the parts; ``pause_seconds`` is how long a stopped daemon sleeps."""

    name: str
    seed: int = 1
    daemons: int = 1
    daemon_kills: int = 20
    server_kills: int = 3
    pauses: int = 0
    pause_seconds: float = 3.0
    window_seconds: float | None = None
    foreign: bool = False
    slot_milliseconds: int = 100
    gap_seconds: tuple[float, float] = (0.3, 2.0)
    skip_share: float = 0.1
    transactions: int = 40


@dataclass(slots=True, kw_only=True)
class Result:
    """Figures of one campaign."""

    plan: Plan
    seconds: float = 0
    slots: int = 0
    kills: int = 0
    server_kills: int = 0
    pauses: int = 0
    findings: Findings = field(default_factory=Findings)


async def run(plan: Plan, folder: Path) -> Result:
    """Run a campaign in ``folder``. The result's findings say whether the stream is right."""
    dice, truth, started = random.Random(plan.seed), folder / "truth.jsonl", time.monotonic()
    flags = [
        "--generate", "--seed", str(plan.seed), "--slot-milliseconds", str(plan.slot_milliseconds), "--nodes", "2",
        "--transactions", str(plan.transactions), "--skip-share", str(plan.skip_share), "--truth", str(truth),
    ]  # fmt: skip
    settings = {"INDEXER_BLOCK_WAIT_SECONDS": "600", "INDEXER_ACK_SECONDS": "3"}
    result = Result(plan=plan)
    async with arena(folder, *flags, window_seconds=plan.window_seconds, env=settings) as place:
        for node in range(2):
            await place.net.control("/faults", _FAULTS, node=node)
        first = place.net.first_slot
        daemons = [place.daemon("--start", str(first), name=f"daemon-{n}") for n in range(plan.daemons)]
        for daemon in daemons:
            daemon.start()
        await place.wait_settled(first, seconds=_SETTLE_SECONDS)
        await _hurt(place, daemons, plan, dice, result)
        for node in range(2):
            await place.net.control("/faults", dict.fromkeys(_FAULTS, 0), node=node)
        await place.net.control("/pause", {})
        tip = await place.net.tip()
        await place.wait_settled(tip, seconds=_SETTLE_SECONDS)
        await asyncio.sleep(_STARTING_SECONDS)  # a daemon started again a moment ago has no signal handler yet
        codes = [await daemon.end(signal.SIGTERM) for daemon in daemons]
        stored = await read_stream(place.server.url)
    result.findings = audit(stored, read_truth(truth), first_slot=first, last_slot=tip)
    result.findings.problems += [f"exit code {code} after SIGTERM" for code in codes if code != 0]
    result.slots, result.seconds = tip - first + 1, time.monotonic() - started
    return result


async def _hurt(place: Arena, daemons: list[Daemon], plan: Plan, dice: random.Random, result: Result) -> None:
    """Every blow of the plan, in random order at random moments."""
    blows = ["kill"] * plan.daemon_kills + ["server"] * plan.server_kills + ["pause"] * plan.pauses
    dice.shuffle(blows)
    for blow in blows:
        await asyncio.sleep(dice.uniform(*plan.gap_seconds))
        if plan.foreign:
            await _publish_foreign(place.server.url)
        daemon = dice.choice(daemons)
        if blow == "kill":
            await daemon.end(signal.SIGKILL)
            result.kills += 1
        elif blow == "pause":
            daemon.send(signal.SIGSTOP)
            await asyncio.sleep(plan.pause_seconds)
            daemon.send(signal.SIGCONT)
            result.pauses += 1
        else:
            await place.server.kill()
            await asyncio.sleep(dice.uniform(0, plan.gap_seconds[1]))
            await place.server.start()
            result.server_kills += 1
        for one in daemons:
            if not one.running:
                await asyncio.sleep(dice.uniform(0, 2 * (plan.window_seconds or 0)))
                one.start()


async def _publish_foreign(url: str) -> None:
    """A publisher that knows nothing of the fence moves the stream's sequence."""
    try:
        client = await nats.connect(url, connect_timeout=2, allow_reconnect=False)
    except (OSError, TimeoutError, NatsError):
        return
    try:
        await client.jetstream().publish("dex.sol.swaps", b"not ours", timeout=2)
    except (TimeoutError, NatsError):
        return
    finally:
        await client.close()
