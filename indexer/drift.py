"""The drift alarm's log: a sample of each way in which a program stopped looking as it is described, by program.

A program that was upgraded shows in three ways: instructions no layout lists, listed ones that do not fit (dead
letters), and swaps that a witness disagrees with. The counters count every one; a line of the log is the sample to
look at. Alert rules: ``deploy/prometheus/rules.yml``.
"""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

import structlog

from indexer.prepare import Prepared

log = structlog.get_logger()

UNKNOWN = "an instruction that no layout lists"
DEAD = "a swap instruction set aside"
DIFFER = "a witness disagrees with a published swap"


class Misfit(NamedTuple):
    """One thing that was not as described: ``what`` is one of three sentences, ``facts`` say where it was and why."""

    what: str
    program: str
    facts: dict[str, object]


@dataclass(slots=True, kw_only=True)
class Drift:
    """Logs one misfit of each kind per program in ``seconds`` and passes over the rest. ``clock`` is monotonic."""

    seconds: float
    clock: Callable[[], float] = time.monotonic
    _logged: dict[tuple[str, str], float] = field(default_factory=dict)

    def report(self, prepared: Prepared) -> None:
        """Look at a settled slot. The tag and reason are no part of the limit: a caller may choose them."""
        now = self.clock()
        for misfit in misfits(prepared):
            key = misfit.what, misfit.program
            if key not in self._logged or now - self._logged[key] >= self.seconds:
                self._logged[key] = now
                log.warning(misfit.what, program=misfit.program, slot=prepared.block.slot, **misfit.facts)


def misfits(prepared: Prepared) -> Iterator[Misfit]:
    """Everything of a slot that was not as described."""
    for signature, program, tag in prepared.unknown:
        yield Misfit(UNKNOWN, program, {"signature": signature, "tag": tag})
    for signature, letter in prepared.dead:
        facts = {"instruction": letter.instruction, "reason": letter.reason, "detail": letter.detail}
        yield Misfit(DEAD, letter.program, {"signature": signature, "idx": letter.idx, **facts})
    for signature, check in prepared.checks:
        if check.result == "differ":
            facts = {"check": check.check, "detail": check.detail}
            yield Misfit(DIFFER, check.program, {"signature": signature, "idx": check.idx, **facts})
