"""One campaign: faults all at once, kills at random moments, then the audit of what is in the stream. Seeded."""

import asyncio
import random
import re
import signal
import time
from dataclasses import dataclass, field
from pathlib import Path

import nats
from nats.errors import Error as NatsError

from tests.chaos.arena import Arena, Daemon, arena
from tests.chaos.audit import Findings, audit, read_stream, read_truth
from tests.chaos.cluster import leader, replicas_agree

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is done to the parts; ``pause_seconds`` is how long a stopped daemon sleeps.

    Of a cluster of ``nodes`` the one that leads ``dex-swaps`` is killed, and comes back before the next.
    """

    name: str
    seed: int = 1
    nodes: int = 1
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
    """Figures of one campaign.

    ``published`` are the swaps each daemon says it published since its last start, ``overtaken`` the slots it was about
    to publish when the other one had.
    """

    plan: Plan
    seconds: float = 0
    slots: int = 0
    kills: int = 0
    server_kills: int = 0
    pauses: int = 0
    published: tuple[int, ...] = ()
    overtaken: tuple[int, ...] = ()
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
    async with arena(folder, *flags, window_seconds=plan.window_seconds, nodes=plan.nodes, env=settings) as place:
        for node in range(2):
            await place.net.control("/faults", _FAULTS, node=node)
        first = place.net.first_slot
        daemons = [place.daemon("--start", str(first), name=f"daemon-{n}") for n in range(plan.daemons)]
        for daemon in daemons:
            daemon.start()
        await place.wait_settled(first, seconds=_SETTLE_SECONDS)
        await _all_began(daemons)
        await _hurt(place, daemons, plan, dice, result)
        for node in range(2):
            await place.net.control("/faults", dict.fromkeys(_FAULTS, 0), node=node)
        await place.net.control("/pause", {})
        tip = await place.net.tip()
        await place.wait_settled(tip, seconds=_SETTLE_SECONDS)
        await _all_serve(daemons)
        codes = [await daemon.end(signal.SIGTERM) for daemon in daemons]
        stored = await read_stream(place.nats_url)
        await _replicas_agree(place)
    result.published = tuple(_said(daemon, "published ([0-9,]+) swaps") for daemon in daemons)
    result.overtaken = tuple(_said(daemon, "([0-9,]+) slots another writer published first") for daemon in daemons)
    result.findings = audit(stored, read_truth(truth), first_slot=first, last_slot=tip)
    result.findings.problems += [f"exit code {code} after SIGTERM" for code in codes if code != 0]
    result.slots, result.seconds = tip - first + 1, time.monotonic() - started
    return result


async def _all_began(daemons: list[Daemon]) -> None:
    """Until each has said where it begins; one that finds no server at its start ends, as it should."""
    async with asyncio.timeout(_SETTLE_SECONDS):
        while not all(re.search("starting at|resuming|the stream is at", one.log.read_text()) for one in daemons):
            await asyncio.sleep(0.1)


async def _all_serve(daemons: list[Daemon]) -> None:
    """Until each can be stopped: one that was started again a moment ago has no signal handler yet."""
    async with asyncio.timeout(_SETTLE_SECONDS):
        while not all(one.serves or not one.running for one in daemons):
            await asyncio.sleep(0.05)


async def _hurt(place: Arena, daemons: list[Daemon], plan: Plan, dice: random.Random, result: Result) -> None:
    """Every blow of the plan, in random order at random moments."""
    blows = ["kill"] * plan.daemon_kills + ["server"] * plan.server_kills + ["pause"] * plan.pauses
    dice.shuffle(blows)
    for blow in blows:
        await asyncio.sleep(dice.uniform(*plan.gap_seconds))
        if plan.foreign:
            await _publish_foreign(place.nats_url)
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
            await _kill_server(place, seconds=dice.uniform(0, plan.gap_seconds[1]))
            result.server_kills += 1
        for one in daemons:
            if not one.running:
                await asyncio.sleep(dice.uniform(0, 2 * (plan.window_seconds or 0)))
                one.start()


async def _kill_server(place: Arena, *, seconds: float) -> None:
    """SIGKILL the only server, or a cluster's leader once its replicas agree, and start it ``seconds`` later."""
    victim = place.server
    if len(place.servers) > 1:
        await _replicas_agree(place)
        victim = await leader(place.servers) or victim
    await victim.kill()
    await asyncio.sleep(seconds)
    await victim.start()


async def _replicas_agree(place: Arena) -> None:
    """Until a node that came back has caught up. Raises TimeoutError."""
    async with asyncio.timeout(_SETTLE_SECONDS):
        while len(place.servers) > 1 and not await replicas_agree(place.servers):
            await asyncio.sleep(0.2)


def _said(daemon: Daemon, pattern: str) -> int:
    """A number of its last words; 0 when they have none."""
    last = daemon.log.read_text(errors="replace").splitlines()[-1:]
    found = re.search(pattern, "".join(last))
    return int(found[1].replace(",", "")) if found else 0


async def _publish_foreign(url: str) -> None:
    """A publisher that knows nothing of the fence moves the stream's sequence."""
    try:
        client = await nats.connect(url.split(","), connect_timeout=2, allow_reconnect=False)
    except (OSError, TimeoutError, NatsError):
        return
    try:
        await client.jetstream().publish("dex.sol.swaps", b"not ours", timeout=2)
    except (TimeoutError, NatsError):
        return
    finally:
        await client.close()
