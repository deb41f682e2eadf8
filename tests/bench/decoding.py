"""How long it takes from JSON text to swaps, on recorded transactions and whole blocks, in one thread."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import orjson
import zstandard

from decoders.engine.model import Transaction
from decoders.engine.registry import Registry
from decoders.programs import PROGRAMS, ROUTERS
from indexer.prepare import prepare
from indexer.transaction import Block, parse_block, parse_transaction

_ROUNDS = 9
#: this thread's own time, so that what else the machine does counts for little
_clock = time.thread_time
Parsed = TypeVar("Parsed")


def transactions(corpus: Path) -> dict[str, float]:
    """Microseconds per recorded transaction that names a known program: median and mean of the best of some rounds."""
    registry = Registry(PROGRAMS, ROUTERS)
    texts = list(map(Path.read_bytes, sorted((corpus / "transactions").glob("*.json"))))
    known = [address.encode() for address in registry.venues]
    texts = [text for text in texts if any(address in text for address in known)]

    def decode(text: bytes) -> int:
        parsed = parse_transaction(text, allow_missing_inner=True)
        return 0 if parsed is None else len(registry.decode(parsed).swaps)

    swaps = sum(map(decode, texts))
    best = [_best(lambda text=text: decode(text)) for text in texts]  # type: ignore[misc]
    return {
        "transactions": len(texts),
        "swaps": swaps,
        "median_us": 1e6 * statistics.median(best),
        "mean_us": 1e6 * statistics.fmean(best),
    }


def by_program(corpus: Path, goldens: Path) -> list[dict[str, Any]]:
    """Microseconds per transaction of each program, JSON text to call trace and from there to swaps; medians.

    Recorded transactions whose first swap is the program's, else those of its goldens. A transaction holds what it
    holds: routes of several swaps, and dozens of accounts or few. The last row is the mean of all recorded ones. The
    last columns say how many times as long decoding takes as our parsing, and as ``json`` and ``orjson`` take to make
    dictionaries of the same text.
    """
    registry = Registry(PROGRAMS, ROUTERS)
    texts: dict[str, list[bytes]] = {}
    for path in sorted((corpus / "transactions").glob("*.json")):
        text = path.read_bytes()
        if (parsed := parse_transaction(text, allow_missing_inner=True)) and (swaps := registry.decode(parsed).swaps):
            texts.setdefault(swaps[0].program, []).append(text)
    recorded = [text for some in texts.values() for text in some]
    rows: list[dict[str, Any]] = []
    for program in registry.names:
        some = texts.get(program) or list(_golden(goldens / f"{program}.json"))
        if some:
            rows.append({"program": program, "source": "recorded" if program in texts else "built"})
            rows[-1] |= _split(registry, some)
    if recorded:
        rows.append({"program": "all, mean", "source": "recorded"} | _split(registry, recorded, statistics.fmean))
    return rows


def _golden(path: Path) -> Iterator[bytes]:
    if path.is_file():
        for row in orjson.loads(path.read_bytes())["goldens"]:
            yield orjson.dumps(row["transaction"])


def _split(
    registry: Registry, texts: list[bytes], average: Callable[[list[float]], float] = statistics.median
) -> dict[str, float]:
    swaps = 0
    times: dict[str, list[float]] = {"parse": [], "decode": [], "json": [], "orjson": []}
    for text in texts:
        swaps += len(registry.decode(_parsed(text)).swaps)
        times["parse"].append(_best(lambda text=text: _parsed(text)))  # type: ignore[misc]
        times["decode"].append(_best_fresh(lambda text=text: _parsed(text), registry.decode))  # type: ignore[misc]
        times["json"].append(_best(lambda text=text: json.loads(text)))  # type: ignore[misc]
        times["orjson"].append(_best(lambda text=text: orjson.loads(text)))  # type: ignore[misc]
    us = {name: 1e6 * average(some) for name, some in times.items()}
    return {
        "count": len(texts),
        "swaps": swaps,
        "parse_us": us["parse"],
        "decode_us": us["decode"],
        "to parse": us["decode"] / us["parse"],
        "to json": us["decode"] / us["json"],
        "to orjson": us["decode"] / us["orjson"],
    }


def _parsed(text: bytes) -> Transaction:
    transaction = parse_transaction(text, allow_missing_inner=True)
    assert transaction is not None
    return transaction


def blocks(corpus: Path) -> list[dict[str, Any]]:
    """Milliseconds per recorded block: parse, decode, and the whole way to messages; best of some rounds.

    The last row is the sum of all.
    """
    registry = Registry(PROGRAMS, ROUTERS)
    rows: list[dict[str, Any]] = []
    for path in sorted((corpus / "blocks").glob("*.zst")):
        body, slot = zstandard.decompress(path.read_bytes()), int(path.name.split(".")[0])

        def parse(body: bytes = body, slot: int = slot) -> Block:
            return parse_block(body, slot=slot, known=registry.venues, allow_missing_inner=True)

        def whole(parse: Callable[[], Block] = parse) -> int:
            return len(prepare(parse(), registry, registry.names, status="complete", repair=False).messages)

        def decode(block: Block) -> None:
            for transaction in block.transactions:
                registry.decode(transaction)

        rows.append(
            {
                "slot": slot,
                "megabytes": len(body) / 1e6,
                "swaps": whole(),
                "parse_ms": 1e3 * _best(parse),
                "decode_ms": 1e3 * _best_fresh(parse, decode),
                "whole_ms": 1e3 * _best(whole),
            }
        )
    names = [name for name in rows[0] if name != "slot"]
    rows.append({"slot": "all"} | {name: sum(row[name] for row in rows) for name in names})
    for row in rows:
        row["decode to parse"] = row["decode_ms"] / row["parse_ms"]
    return rows


def _best_fresh(parse: Callable[[], Parsed], work: Callable[[Parsed], object]) -> float:
    """Seconds that work takes on what nobody has looked at: instruction data is read from base58 on first use."""
    best = float("inf")
    for _ in range(_ROUNDS):
        parsed = parse()
        started = _clock()
        work(parsed)
        best = min(best, _clock() - started)
    return best


def _best(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        started = _clock()
        work()
        best = min(best, _clock() - started)
    return best
