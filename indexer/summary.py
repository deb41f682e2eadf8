"""The last words of a run: one line of what was done, and the command that goes on where it stopped early."""

import shlex
from collections.abc import Mapping, Sequence

from indexer.daemon import Done, Task
from indexer.endpoints import redact
from indexer.progress import duration

_SECRET_URLS = {"--solana-rpc-url": "$SOLANA_RPC_URL", "--solana-ws-url": "$SOLANA_WS_URL", "--nats-url": "$NATS_URL"}
_SECRETS = {"--nats-password": "$NATS_PASSWORD", "--nats-token": "$NATS_TOKEN"}


def summary(done: Done, task: Task, seconds: float) -> str:
    """What was published, what was there before, and what is wrong, in one line."""
    main, repaired = done.main, done.repaired
    swaps, slots = main.swaps + repaired.swaps, main.slots + repaired.slots
    parts = [f"published {swaps:,} swaps in {slots:,} slots" if slots else "published nothing"]
    if main.first_slot is not None:
        parts.append(f"slots {main.first_slot} to {main.last_slot}")
    if repaired.slots:
        parts.append(f"{repaired.slots:,} of the slots in repair mode")
    if task.replay_from_slot is not None and not task.republish:
        parts.append(f"{done.already_there:,} slots were already there")
    for count, name in (
        (main.missing + repaired.missing, "slots missing"),
        (main.dead + repaired.dead, "dead letters"),
        (main.overtaken, "slots another writer published first"),
    ):
        if count:
            parts.append(f"{count:,} {name}")
    return f"{'; '.join([*parts, *made_beside(done.beside)])}; {duration(seconds)}"


def made_beside(counts: Mapping[str, int]) -> list[str]:
    """What the candle builder and the sink of `indexer up` did, in words."""
    words = {"candles": "candles", "clickhouse": "rows in ClickHouse"}
    return [f"{counts[name]:,} {word}" for name, word in words.items() if name in counts]


def resume_command(argv: Sequence[str], done: Done, task: Task) -> str | None:
    """The command that does the rest of a replay, ready to be pasted; None when there is nothing left of one.

    ``argv`` is what the process was started with. Values that may be keys stand as shell variables.
    """
    if task.replay_from_slot is None or done.finished:
        return None
    words, values = [], iter(argv)
    for word in values:
        flag, equals, value = word.partition("=")
        if flag == "--for":
            if not equals:
                next(values, None)
            continue
        if flag == "--replay-from-slot" or flag in _SECRET_URLS or flag in _SECRETS:
            value = value if equals else next(values, "")
            words += [flag, _value(flag, value, done, task)]
        else:
            words.append(shlex.quote(word))
    return " ".join(["indexer", *words])


def _value(flag: str, value: str, done: Done, task: Task) -> str:
    if flag in _SECRETS:
        return f'"{_SECRETS[flag]}"'
    if flag in _SECRET_URLS:
        secret = any(_holds_key(url.strip()) for url in value.split(","))
        return f'"{_SECRET_URLS[flag]}"' if secret else shlex.quote(value)
    # what is settled is skipped, so the same slot is right; but a republish skips nothing
    reached = done.repaired.last_slot
    return str(reached + 1) if task.republish and reached is not None else str(task.replay_from_slot)


def _holds_key(url: str) -> bool:
    return "@" in url or (url.startswith(("http", "ws")) and redact(url) != url.rstrip("/"))
