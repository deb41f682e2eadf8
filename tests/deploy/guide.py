"""The operations guide as blocks: what it runs, what it only shows and why, and the output it promises.

A block is ```` ```sh run ```` or ```` ```sh show ````; behind every one that runs stands its output, ```` ```text ````.
There `…` stands for anything within a line, and alone in a line for any number of lines.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

GUIDE = Path(__file__).resolve().parents[2] / "deploy" / "jetstream" / "README.md"
SHOWN = "Shown, not run: "
_FENCE = re.compile(r"^```(.*?)\n(.*?)^```\n", re.MULTILINE | re.DOTALL)
#: what differs from run to run, and nothing an operator would act on
_VARYING = (
    (r"\b127\.0\.0\.1:\d+", "ADDRESS"),
    (r"\b\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?( \+0000 UTC|Z)?", "TIME"),
    (r"\b\d\d:\d\d:\d\d\b", "TIME"),
    (r"\b\d{8}T\d{6}Z\b", "TIME"),
    (r"\bN[A-Z2-7]{55}\b", "SERVER"),
    (r"\b[0-9a-f]{16}-\d+\b", "BATCH"),
    (r"\([\d.hms]+\)", "(SPAN)"),
    (r"\b[\d,]+ msgs/sec", "RATE"),
    (r"\b[\d.]+(ns|µs|us|ms)\b", "SPAN"),
    (r"\b[\d,.]+ (B|bytes|[KMG]iB|[kMG]B)\b", r"SIZE"),
    (r"[─ ]+", " "),  # as wide as what stands in the column
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A fenced block: its tag, its text, its line, the line before it, and the output it promises, if any."""

    tag: str
    text: str
    line: int
    before: str
    output: str | None
    output_span: tuple[int, int]


def blocks(text: str) -> Iterator[Block]:
    """Every block of the guide that is not an output."""
    found = list(_FENCE.finditer(text))
    for index, one in enumerate(found):
        if one[1] == "text":
            continue
        after = found[index + 1] if index + 1 < len(found) else None
        promised = after if after and after[1] == "text" and not text[one.end() : after.start()].strip() else None
        yield Block(
            tag=one[1],
            text=one[2],
            line=text[: one.start()].count("\n") + 1,
            before=text[: one.start()].rstrip().rsplit("\n", 1)[-1],
            output=promised[2] if promised else None,
            output_span=promised.span(2) if promised else (0, 0),
        )


def counts(output: str) -> dict[str, str]:
    """What the guide's chain holds, by the line that published it: a new decoder changes the numbers alone."""
    found = re.search(r"published ([\d,]+) swaps in (\d+) slots", output)
    if found is None:
        return {}
    swaps = int(found[1].replace(",", ""))
    return {f"{swaps}": "SWAPS", f"{swaps + int(found[2])}": "MESSAGES"}


def steady(output: str, counted: Mapping[str, str] = MappingProxyType({})) -> list[str]:
    """The lines of an output without what differs from run to run, and with names for what was ``counted``."""
    for pattern, word in _VARYING:
        output = re.sub(pattern, word, output)
    for number, word in counted.items():
        output = re.sub(rf"(?<!\w)(?<!\d[,.]){number}(?!\w|[,.]\d)", word, output)
    return [line.strip() for line in output.splitlines() if line.strip()]


def matches(promised: list[str], came: list[str]) -> bool:
    """Whether the output is the one promised; both steady."""
    wanted = ""
    for line in promised:
        wanted += r"(.*\n)*?" if line == "…" else ".*".join(map(re.escape, line.split("…"))) + r"\n"
    return re.fullmatch(wanted, "".join(f"{line}\n" for line in came)) is not None
