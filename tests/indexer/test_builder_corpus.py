"""Built transactions look like the real ones: what a program calls, with how many accounts and bytes."""

from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import base58
import orjson
import pytest

from indexer.localnet.builder import build
from indexer.localnet.programs import VENUES

pytestmark = pytest.mark.corpus
SEEDS = 60
#: how a program marks its own log where it does not use Anchor; a number follows that differs every time
PLAIN_LOG = b"\x0f"
#: real shapes the builder does not make, by the start of the signature, and why
NOT_BUILT = {
    "2ML2h2YwBmRq": "history without stack heights",
    "2wkECde79Gon": "the buy that completes a curve",
    "2DNukAJCNAfj": "history without stack heights",
    "4126bcsQfNRR": "history without stack heights",
    "jFETiCHAj3E8": "history without stack heights",
    "4Q7KQXEzb9Wr": "history without stack heights",
    "5pWwLpyGsboT": "history without stack heights",
    "4QC92vhN44MD": "history without stack heights",
    "4pCgZ28WbXfp": "an event of the few weeks between two versions",
    "5bvyp1nob51M": "quote token of Token-2022",
    "5pcpYhqJyyHH": "the memo stands between the two transfers",
    "5LzhiGZB462s": "makes the creator's fee account on the way",
}
#: swaps although the record does not settle their amounts
CURVES = {"boop", "moonit"}


class Shape(NamedTuple):
    """One call: bytes of data, and what it calls in turn: height below it, program, tag, accounts, bytes."""

    size: int
    children: tuple[tuple[int, str, str, int, int], ...]


class Step(NamedTuple):
    """One call of a trace."""

    outer: int
    height: int
    program: str
    accounts: int
    data: bytes


def trace(transaction: dict[str, Any]) -> list[Step]:
    """The calls in depth-first order."""
    message, meta = transaction["transaction"]["message"], transaction["meta"]
    loaded = meta.get("loadedAddresses") or {"writable": [], "readonly": []}
    keys = [*message["accountKeys"], *loaded["writable"], *loaded["readonly"]]
    inner = {group["index"]: group["instructions"] for group in meta["innerInstructions"] or []}

    def step(outer: int, height: int, call: dict[str, Any]) -> Step:
        program = keys[call["programIdIndex"]]
        return Step(outer, height, program, len(call["accounts"]), base58.b58decode(call["data"]))

    steps: list[Step] = []
    for outer, call in enumerate(message["instructions"]):
        steps.append(step(outer, 1, call))
        steps += [step(outer, below.get("stackHeight") or 2, below) for below in inner.get(outer, [])]
    return steps


def shape(steps: list[Step], at: int) -> Shape:
    """The form of the call at a position, whatever its amounts and addresses."""
    own, children = steps[at], []
    for step in steps[at + 1 :]:
        if step.outer != own.outer or step.height <= own.height:
            break
        tag = step.data[:1].hex() if step.program.startswith(("Token", "1111")) else step.data[:16].hex()[:32]
        if not step.program.startswith(("Token", "1111")) and step.program != own.program:
            tag = tag[:16]
        elif step.data[:1] == PLAIN_LOG:
            tag = tag[:6]
        program = "itself" if step.program == own.program else step.program
        children.append((step.height - own.height, program, tag, step.accounts, len(step.data)))
    return Shape(len(own.data), tuple(children))


@pytest.fixture(scope="module")
def built() -> dict[tuple[str, str], set[Shape]]:
    """Every shape the builder makes of each instruction."""
    shapes: dict[tuple[str, str], set[Shape]] = defaultdict(set)
    for slug, venue in VENUES.items():
        for kind in venue.kinds:
            for seed in range(SEEDS):
                transaction = build(program=slug, instruction=kind.name, seed=seed)
                steps = trace(transaction.transaction)
                shapes[slug, kind.name] |= {shape(steps, swap.idx) for swap in transaction.truth}
    return shapes


def real_swaps(corpus: Path) -> Iterable[tuple[str, str, str, Shape]]:
    """(signature, program, instruction, shape) of the corpus' settled swaps of our programs."""
    for line in (corpus / "expected.jsonl").read_bytes().splitlines():
        row = orjson.loads(line)
        wanted = [
            swap
            for swap in row["swaps"]
            if swap["program"].replace("-", "_") in VENUES and ("note" not in swap or swap["program"] in CURVES)
        ]
        if not wanted:
            continue
        steps = trace(orjson.loads((corpus / "transactions" / f"{row['signature']}.json").read_bytes()))
        for swap in wanted:
            yield row["signature"], swap["program"].replace("-", "_"), swap["instruction"], shape(steps, swap["idx"])


def test_every_real_shape_is_built(corpus: Path, built: dict[tuple[str, str], set[Shape]]) -> None:
    """Whatever calls what on chain, with the same tags, account counts and lengths, is made here too."""
    missing, seen = {}, 0
    for signature, program, instruction, real in real_swaps(corpus):
        seen += 1
        if real.children not in {made.children for made in built[program, instruction]}:
            missing[signature[:12]] = (program, instruction, real)
    assert seen > 300
    unexplained = {key: value for key, value in missing.items() if key not in NOT_BUILT}
    assert not unexplained
