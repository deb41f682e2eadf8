"""How long it takes from JSON text to swaps, on recorded transactions and whole blocks, in one thread."""

import statistics
import time
from collections.abc import Callable
from pathlib import Path

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
