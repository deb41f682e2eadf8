"""Breaks transactions by count and by seed: a round is a function of its number and can be repeated."""

import time
import traceback
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

from decoders.engine.model import Decoded, Transaction
from indexer.transaction import BlockError, parse_transaction
from tests.decoders.mutations import MUTATIONS, swap_calls
from tests.decoders.promises import check_sums, cores, unsaid
from tests.fuzz.seedlings import REGISTRY, Seedling

#: of ten rounds: in how many the JSON text is spoilt, and in how many the transaction has a single fault
_TEXT, _SINGLE = 1, 5
_MOST_FAULTS = 8
#: a transaction of the chain's largest size decodes in a fraction of it
LIMIT_SECONDS = 0.02
#: a slower round is measured again: caches are cold at first, and busy neighbours cool them
_REMEASURE_SECONDS = 0.002
_REMEASURED = 5
_KEPT_FAILURES = 20


@dataclass(slots=True, kw_only=True)
class Tally:
    """What happened, by name; ``failures`` are (round, what), ``slowest`` the longest decoding in CPU seconds."""

    outcomes: Counter[str] = field(default_factory=Counter)
    reasons: Counter[str] = field(default_factory=Counter)
    failures: list[tuple[int, str]] = field(default_factory=list)
    failed: int = 0
    seconds: float = 0.0
    slowest: float = 0.0

    def add(self, other: "Tally") -> None:
        """Take in what another part of the campaign saw."""
        self.outcomes += other.outcomes
        self.reasons += other.reasons
        self.failures = (self.failures + other.failures)[:_KEPT_FAILURES]
        self.failed += other.failed
        self.seconds += other.seconds
        self.slowest = max(self.slowest, other.slowest)


def rounds(seedlings: Sequence[Seedling], *, seed: int, first: int, count: int) -> Tally:
    """Rounds ``first`` to ``first + count``; never raises for what a round does."""
    tally = Tally()
    for number in range(first, first + count):
        random = Random((seed << 40) | number)
        seedling = random.choice(seedlings)
        try:
            outcome, decoded = _round(seedling, number, random, tally)
        except Exception:  # noqa: BLE001 - any exception is what is looked for
            tally.failed += 1
            if len(tally.failures) < _KEPT_FAILURES:
                tally.failures.append((number, f"{seedling.name}\n{traceback.format_exc(limit=-3)}"))
            continue
        tally.outcomes[outcome] += 1
        tally.reasons.update(letter.reason for letter in decoded.dead)
    return tally


def _round(seedling: Seedling, number: int, random: Random, tally: Tally) -> tuple[str, Decoded]:
    share = number % 10
    if share < _TEXT and seedling.text:
        return _text(seedling, random, tally)
    broken = seedling.transaction
    single = share < _TEXT + _SINGLE
    mutations = [random.choice(MUTATIONS) for _ in range(1 if single else random.randint(2, _MOST_FAULTS))]
    if len(seedling.before) > 1 and swap_calls in mutations:
        single = False  # an event and a transfer of two swaps change places: a whole transaction again, another one
    for mutation in mutations:
        broken = mutation(broken, random) if broken.trace else broken
    decoded = _timed(broken, tally)
    check_sums(REGISTRY, broken, decoded)
    others = unsaid(seedling.before, decoded)
    assert not (single and others), (
        f"{[mutation.__name__ for mutation in mutations]}: another swap and no witness against it: {others}"
    )
    return _outcome(seedling, decoded), decoded


def _text(seedling: Seedling, random: Random, tally: Tally) -> tuple[str, Decoded]:
    """What a node sends is cut or has some other bytes in it."""
    text = bytearray(seedling.text)
    for _ in range(random.randint(1, 4)):
        at = random.randrange(len(text))
        if random.random() < 0.2:
            del text[at : at + random.randint(1, 200)]
        else:
            text[at] = random.choice(b'0123456789"[]{},:nullA-.e\x00\xff')
        if not text:
            break
    try:
        transaction = parse_transaction(bytes(text), allow_missing_inner=True)
    except BlockError:
        return "not a transaction any more", Decoded()
    if transaction is None:
        return "failed on chain now", Decoded()
    decoded = _timed(transaction, tally)
    check_sums(REGISTRY, transaction, decoded)
    return _outcome(seedling, decoded), decoded


def _timed(transaction: Transaction, tally: Tally) -> Decoded:
    started = time.thread_time()
    decoded = REGISTRY.decode(transaction)
    taken = time.thread_time() - started
    tally.seconds += taken
    for _ in range(_REMEASURED if taken > _REMEASURE_SECONDS else 0):
        started = time.thread_time()
        REGISTRY.decode(transaction)
        taken = min(taken, time.thread_time() - started)
    tally.slowest = max(tally.slowest, taken)
    assert taken <= LIMIT_SECONDS, f"decoding took {taken:.3f} s"
    return decoded


def _outcome(seedling: Seedling, decoded: Decoded) -> str:
    now = cores(decoded.swaps)
    if any(check.result == "differ" for check in decoded.checks):
        return "a witness disagrees"
    if decoded.dead:
        return "dead letter"
    return "the same swaps" if now == seedling.before else "other swaps" if now - seedling.before else "fewer swaps"
