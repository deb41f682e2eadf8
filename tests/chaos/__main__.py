"""`make chaos`: the long exactly-once campaigns, one line of figures each. Exit code 5 when a stream is wrong."""

import argparse
import asyncio
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

from tests.chaos import consumers
from tests.chaos.campaign import Plan, Result, run

_PLANS = (
    Plan(name="kills, cuts, losses and lies at once"),
    Plan(name="the same with a duplicate window of 1 s", window_seconds=1.0),
    Plan(name="two daemons, one asleep longer than the window", daemons=2, window_seconds=1.0, pauses=6, foreign=True),
    Plan(name="three nodes, their leader killed; two daemons", nodes=3, daemons=2, daemon_kills=4, server_kills=6),
)
_CONSUMERS = consumers.Plan(name="candles, sink and server killed under load")


def main() -> int:
    """Run every campaign with one seed."""
    parser = argparse.ArgumentParser(prog="make chaos", description=__doc__)
    parser.add_argument("--only", choices=("daemon", "consumers"), help="half of the campaigns")
    parser.add_argument("--seed", type=int, default=1, help="another seed is another order of blows (%(default)s)")
    args = parser.parse_args()
    return asyncio.run(_all(args.seed, args.only))


async def _all(seed: int, only: str | None) -> int:
    wrong = 0
    for plan in _PLANS if only != "consumers" else ():
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            seeded = Plan(**{name: getattr(plan, name) for name in plan.__slots__} | {"seed": seed})
            result = await run(seeded, Path(folder))
        sys.stdout.write(_line(result))
        wrong += bool(result.findings.problems)
    if only != "daemon":
        with tempfile.TemporaryDirectory(prefix="chaos-") as folder:
            told = await consumers.run(replace(_CONSUMERS, seed=seed), Path(folder))
        sys.stdout.write(_consumers_line(told))
        wrong += bool(told.problems)
    return 5 if wrong else 0


def _line(result: Result) -> str:
    found = result.findings
    verdict = "exactly once, in order" if not found.problems else "WRONG: " + "; ".join(found.problems)
    return (
        f"{result.plan.name} (seed {result.plan.seed}): {verdict}\n"
        f"  {found.swaps:,} swaps, {found.markers:,} markers over {result.slots:,} slots in {result.seconds:.0f} s; "
        f"{result.kills} daemon kills, {result.server_kills} server kills, {result.pauses} pauses, "
        f"{found.foreign} foreign messages, {found.missing_slots} missing, {found.repaired} repaired"
        f"; {sum(result.overtaken)} slots overtaken by the other daemon\n"
    )


def _consumers_line(told: consumers.Result) -> str:
    verdict = "each once and right" if not told.problems else "WRONG: " + "; ".join(told.problems[:5])
    kills = ", ".join(f"{count} of {victim}" for victim, count in sorted(told.kills.items()))
    return (
        f"{told.plan.name} (seed {told.plan.seed}): {verdict}\n"
        f"  {told.swaps:,} swaps and {told.revisions:,} revisions of {told.candles:,} candles in ClickHouse, "
        f"of {told.slots:,} slots in {told.seconds:.0f} s; {told.missing} slots missing, {told.repaired} repaired: "
        f"{told.mended} candles made whole by revisions, {told.incomplete} incomplete; SIGKILLs: {kills}\n"
    )


if __name__ == "__main__":
    sys.exit(main())
