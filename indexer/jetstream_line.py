"""One line of `indexer jetstream check` and of `indexer doctor`, and its figures for people. Pure."""

from dataclasses import dataclass
from typing import Literal

DAY = 86_400.0
HOUR = 3600.0
_WARN_TIMES = 3  # of a time that fails
#: `unseen` is the doctor's: what we may not or cannot look at
Verdict = Literal["ok", "warn", "fail", "unseen"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One check of one thing; ``value`` is the figure as a number, in the unit the figure names."""

    check: str
    name: str
    figure: str
    verdict: Verdict
    advice: str = ""
    value: float | None = None


def as_line(check: str, name: str, figure: str, verdict: Verdict, advice: str, value: float | None) -> Line:
    """Advice stands only beside what is not fine."""
    return Line(
        check=check, name=name, figure=figure, verdict=verdict, advice="" if verdict == "ok" else advice, value=value
    )


def short(left: float | None, limit: float) -> Verdict:
    """What little is left fails under ``limit``; None is for ever."""
    if left is None or left >= limit * _WARN_TIMES:
        return "ok"
    return "fail" if left < limit else "warn"


def span(seconds: float | None) -> str:
    """A time, in its largest unit that fits twice."""
    if seconds is None:
        return "never"
    for size, unit in ((DAY, "days"), (HOUR, "h"), (60, "min")):
        if seconds >= 2 * size:
            return f"{seconds / size:,.0f} {unit}"
    return f"{seconds:,.0f} s"


def size_of(count: float) -> str:
    """Bytes."""
    for size, unit in ((10**12, "TB"), (10**9, "GB"), (10**6, "MB"), (10**3, "kB")):
        if count >= size:
            return f"{count / size:,.1f} {unit}"
    return f"{count:,.0f} B"
