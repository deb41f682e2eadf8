"""Topologies that are refused before anything is asked of a server: it would refuse them too, or they lose data. Pure.

Each rule yields sentences that say what is wrong and what would be right.
"""

import difflib
from collections.abc import Iterator
from itertools import combinations
from typing import Any

from indexer import topology_fields as fields
from indexer.errors import UsageError
from indexer.message import STREAM
from indexer.topology import Wanted

_MOST_REPLICAS = 5
#: a duration below it was meant in another unit
_SHORTEST = fields.SECOND
_KINDS = {bool: "true or false", int: "a number", str: "a text", list: "a list", dict: "an object"}


def require_sound(wanted: list[Wanted]) -> None:
    """Raise UsageError with every reason against this topology, one a line."""
    found = [f"{item.file}: {reason}" for item in wanted for reason in _alone(item)]
    if not found:  # how files fit together is read only from files that are right in themselves
        found = [*_names(wanted), *_streams(wanted), *_consumers(wanted)]
    if found:
        raise UsageError("\n".join(found), hint="nothing was asked of NATS; correct the files and run it again")


def overlap(one: str, other: str) -> bool:
    """Whether some subject matches both patterns."""
    ours, theirs = one.split("."), other.split(".")
    for mine, yours in zip(ours, theirs, strict=False):
        if ">" in (mine, yours):
            return True
        if mine != yours and "*" not in (mine, yours):
            return False
    return len(ours) == len(theirs)


def _alone(item: Wanted) -> Iterator[str]:
    """What is wrong within one file."""
    known = fields.STREAM if item.consumer is None else fields.CONSUMER
    right = True
    for key, value in item.config.items():
        for reason in _unfit(key, value, known):
            right = False
            yield reason
    if right:
        yield from _stream(item) if item.consumer is None else _consumer(item)


def _unfit(key: str, value: Any, known: Any) -> Iterator[str]:
    if key not in known:
        near = difflib.get_close_matches(key, known, n=1)
        yield f"unknown key {key!r}" + (f"; did you mean {near[0]!r}?" if near else "")
    elif key in fields.DURATIONS:
        yield from _unfit_duration(key, value)
    elif key == "backoff" and isinstance(value, list):
        for one in value:
            yield from _unfit_duration(key, one)
    elif key in fields.WORDS and value not in fields.WORDS[key]:
        yield f"{key} {value!r} is none of {', '.join(fields.WORDS[key])}"
    elif known[key] is not None and type(value) is not type(known[key]):
        yield f"{key} must be {_KINDS[type(known[key])]}, not {value!r}"
    elif key in ("subjects", "filter_subjects"):
        yield from (f"{key}: {one!r} is no subject" for one in value if not _is_subject(one))
    elif key == "filter_subject" and value and not _is_subject(value):
        yield f"{key}: {value!r} is no subject"


def _unfit_duration(key: str, value: Any) -> Iterator[str]:
    example = "nanoseconds are wanted: 30 s is 30000000000, 168 h is 604800000000000"
    if type(value) is not int:
        yield f"{key} {value!r} is no number; {example}"
    elif value < 0:
        yield f"{key} {value} is negative; 0 means none"
    elif 0 < value < _SHORTEST:
        yield f"{key} {value} is {fields.duration(value)}: seconds or milliseconds? {example}"


def _is_subject(text: Any) -> bool:
    if not isinstance(text, str) or any(sign.isspace() for sign in text):
        return False
    *first, _ = tokens = text.split(".")
    return all(tokens) and ">" not in first


def _stream(item: Wanted) -> Iterator[str]:
    config = item.config
    age, window = config.get("max_age", 0), config.get("duplicate_window", 0)
    if 0 < age < window:
        yield (
            f"duplicate_window {fields.duration(window)} is longer than max_age {fields.duration(age)}: no id is "
            "remembered longer than its message lives; shorten the window"
        )
    if not config.get("subjects") and not config.get("mirror") and not config.get("sources"):
        yield "no subjects: nothing could ever be published into it"
    yield from _replicas("num_replicas", config.get("num_replicas", 1))
    for one, other in combinations(config.get("subjects", ()), 2):
        if overlap(one, other):
            yield f"its subjects {one} and {other} overlap"
    lacking = [key for key in ("allow_atomic", "allow_direct") if not config.get(key)]
    if item.stream == STREAM and lacking:
        yield f"{' and '.join(lacking)} must be true: a slot's swaps and its marker are one atomic batch"


def _replicas(key: str, count: int) -> Iterator[str]:
    if not 1 <= count <= _MOST_REPLICAS:
        yield f"{key} {count}: the server takes 1 to {_MOST_REPLICAS}"
    elif count % 2 == 0:
        yield f"{key} {count}: an even number survives no more lost servers than {count - 1}; use 1, 3 or 5"


def _consumer(item: Wanted) -> Iterator[str]:
    config = item.config
    if config.get("filter_subject") and config.get("filter_subjects"):
        yield "filter_subject and filter_subjects exclude each other; put all into filter_subjects"
    for one, other in combinations(config.get("filter_subjects", ()), 2):
        if overlap(one, other):
            yield f"its filters {one} and {other} overlap"
    if config.get("num_replicas"):
        yield from _replicas("num_replicas", config["num_replicas"])
    if config.get("inactive_threshold"):
        yield "inactive_threshold deletes a consumer that is away for so long, and its position with it; leave it out"


def _names(wanted: list[Wanted]) -> Iterator[str]:
    """Each file is named after what is in it, and nothing stands in two files."""
    for item in wanted:
        key, value = ("name", item.stream) if item.consumer is None else ("durable_name", item.consumer)
        due = f"stream-{value}.json" if item.consumer is None else f"consumer-{item.stream}-{value}.json"
        if not value:
            yield f"{item.file}: {key} is missing"
        elif item.file != due:
            yield f"{item.file}: {key} is {value!r}, so the file's name should be {due}"


def _streams(wanted: list[Wanted]) -> Iterator[str]:
    streams = [item for item in wanted if item.consumer is None]
    for one, other in combinations(streams, 2):
        for mine in one.config.get("subjects", ()):
            for yours in other.config.get("subjects", ()):
                if overlap(mine, yours):
                    yield f"{one.file} and {other.file}: subjects {mine} and {yours} overlap; a message has one stream"


def _consumers(wanted: list[Wanted]) -> Iterator[str]:
    streams = {item.stream: item for item in wanted if item.consumer is None}
    for item in wanted:
        if item.consumer is None:
            continue
        if item.stream not in streams:
            yield f"{item.file}: there is no stream-{item.stream}.json for it"
            continue
        yield from (f"{item.file}: {reason}" for reason in _within(item, streams[item.stream]))
    for stream in streams.values():
        if stream.config.get("retention") == "workqueue":
            yield from _one_reader(stream, [item for item in wanted if item.consumer and item.stream == stream.stream])


def _within(item: Wanted, stream: Wanted) -> Iterator[str]:
    """What is wrong with a consumer on its stream."""
    subjects = stream.config.get("subjects", ())
    for filtered in item.filters:
        if subjects and not any(overlap(filtered, subject) for subject in subjects):
            yield f"filter {filtered} is outside the stream's subjects {', '.join(subjects)}: it would read nothing"
    replicas = stream.config.get("num_replicas", 1)
    if item.config.get("num_replicas", 0) > replicas:
        yield f"num_replicas {item.config['num_replicas']} is more than the stream's {replicas}; leave it out"
    if stream.config.get("retention") == "workqueue":
        if item.config.get("deliver_policy", "all") != "all":
            yield f"deliver_policy {item.config['deliver_policy']} on a workqueue stream; the server takes all alone"
        if item.config.get("ack_policy", "none") != "explicit":
            yield "ack_policy must be explicit on a workqueue stream: an ack is what removes a message"


def _one_reader(stream: Wanted, consumers: list[Wanted]) -> Iterator[str]:
    for one, other in combinations(consumers, 2):
        for mine in one.filters or (">",):
            for yours in other.filters or (">",):
                if overlap(mine, yours):
                    yield (
                        f"{one.file} and {other.file}: both read {mine if yours == '>' else yours} of workqueue stream "
                        f"{stream.stream}, where each message has one reader; use retention limits, or one consumer"
                    )
                    return
