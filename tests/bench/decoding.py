"""How long it takes from JSON text to swaps, on recorded transactions and whole blocks, in one thread."""

import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import zstandard

from decoders import PROGRAMS, ROUTERS
from decoders.engine.registry import Registry
from indexer.prepare import prepare
from indexer.transaction import parse_block, parse_transaction

_ROUNDS = 5


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
    holds: routes of several swaps, and dozens of accounts or few. The last row is all recorded ones together.
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
        rows.append({"program": "all", "source": "recorded"} | _split(registry, recorded))
    return rows


def _golden(path: Path) -> Iterator[bytes]:
    if path.is_file():
        for row in orjson.loads(path.read_bytes())["goldens"]:
            yield orjson.dumps(row["transaction"])


def _split(registry: Registry, texts: list[bytes]) -> dict[str, float]:
    parse, decode, swaps = [], [], 0
    for text in texts:
        transaction = parse_transaction(text, allow_missing_inner=True)
        assert transaction is not None
        swaps += len(registry.decode(transaction).swaps)
        parse.append(_best(lambda text=text: parse_transaction(text, allow_missing_inner=True)))  # type: ignore[misc]
        decode.append(min(_fresh(registry, text) for _ in range(_ROUNDS)))
    parse_us, decode_us = 1e6 * statistics.median(parse), 1e6 * statistics.median(decode)
    return {
        "count": len(texts),
        "swaps": swaps,
        "parse_us": parse_us,
        "decode_us": decode_us,
        "ratio": decode_us / parse_us,
    }


def _fresh(registry: Registry, text: bytes) -> float:
    """One decoding of a transaction nobody has looked at: instruction data is read from base58 on first use."""
    transaction = parse_transaction(text, allow_missing_inner=True)
    assert transaction is not None
    started = time.perf_counter()
    registry.decode(transaction)
    return time.perf_counter() - started


def blocks(corpus: Path) -> list[dict[str, float]]:
    """Milliseconds per recorded block: parse, decode, encode; best of some rounds."""
    registry = Registry(PROGRAMS, ROUTERS)
    rows = []
    for path in sorted((corpus / "blocks").glob("*.zst")):
        body, slot = zstandard.decompress(path.read_bytes()), int(path.name.split(".")[0])

        def whole(body: bytes = body, slot: int = slot) -> int:
            block = parse_block(body, slot=slot, known=registry.venues, allow_missing_inner=True)
            return len(prepare(block, registry, registry.names, status="complete", repair=False).messages)

        parse = _best(
            lambda body=body, slot=slot: parse_block(  # type: ignore[misc]
                body, slot=slot, known=registry.venues, allow_missing_inner=True
            )
        )
        rows.append(
            {
                "slot": slot,
                "megabytes": len(body) / 1e6,
                "swaps": whole(),
                "parse_ms": 1e3 * parse,
                "whole_ms": 1e3 * _best(whole),
            }
        )
    return rows


def _best(work: Callable[[], object]) -> float:
    best = float("inf")
    for _ in range(_ROUNDS):
        started = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - started)
    return best
