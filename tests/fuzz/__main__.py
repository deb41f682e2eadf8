"""`make fuzz`: a million broken transactions; none may raise, none may give another swap that no witness doubts."""

import argparse
import multiprocessing
import os
import platform
import sys
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.fuzz.campaign import Tally, rounds
from tests.fuzz.seedlings import Seedling, grow

_ROOT = Path(__file__).resolve().parents[2]
_PART = 2_000
_FAILED = 5
_seedlings: list[Seedling] = []


def main() -> int:
    """Run the campaign and say what happened; 5 when a promise was broken."""
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__, epilog="make fuzz ARGS='--count 20000'")
    parser.add_argument("--count", type=int, default=1_000_000, help="how many transactions are broken (%(default)s)")
    parser.add_argument("--first", type=int, default=0, help="number of the first round (%(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="every round follows from seed and number (%(default)s)")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (%(default)s)")
    args = parser.parse_args()
    console = Console()
    started = time.monotonic()
    _seedlings.extend(grow(_corpus()))
    console.print(f"{len(_seedlings):,} whole transactions; {args.count:,} rounds, seed {args.seed}")
    tally = Tally()
    parts = [(at, min(_PART, args.first + args.count - at)) for at in range(args.first, args.first + args.count, _PART)]
    columns = (TextColumn("broken"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=console) as progress:
        task = progress.add_task("", total=args.count)
        for done in _answers(parts, args.seed, args.workers):
            tally.add(done)
            progress.update(task, completed=sum(tally.outcomes.values()) + tally.failed)
    _say(console, tally, args, time.monotonic() - started)
    return _FAILED if tally.failed else 0


def _corpus() -> Path | None:
    path = (_ROOT / os.environ.get("INDEXER_CORPUS", "../shared/corpus")).resolve()
    return path if path.is_dir() else None


def _answers(parts: list[tuple[int, int]], seed: int, workers: int) -> Iterator[Tally]:
    """Forked, so that the workers share what has been read."""
    with multiprocessing.get_context("fork").Pool(workers) as pool:
        yield from pool.imap_unordered(partial(_part, seed), parts)


def _part(seed: int, part: tuple[int, int]) -> Tally:
    return rounds(_seedlings, seed=seed, first=part[0], count=part[1])


def _say(console: Console, tally: Tally, args: argparse.Namespace, seconds: float) -> None:
    for title, counts in (("outcome", tally.outcomes), ("reason of dead letters", tally.reasons)):
        for name, count in counts.most_common():
            console.print(f"{title:24} {name:32} {count:>10,}")
    mean = 1e6 * tally.seconds / max(1, sum(tally.outcomes.values()))
    console.print(
        f"{args.count:,} transactions in {seconds:,.0f} s, {args.workers} processes, {platform.machine()}, "
        f"Python {platform.python_version()}; decoding {mean:,.0f} µs on average, {1e3 * tally.slowest:,.1f} ms at most"
    )
    for number, what in tally.failures:
        console.print(f"\nround {number}: {what}", style="red", markup=False)
        console.print(f"repeat: python -m tests.fuzz --seed {args.seed} --first {number} --count 1 --workers 1")
    verdict = f"[red]{tally.failed:,} rounds broke a promise" if tally.failed else "[green]no promise was broken"
    console.print(verdict)


if __name__ == "__main__":
    sys.exit(main())
