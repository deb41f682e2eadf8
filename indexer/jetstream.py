"""Brings JetStream to what ``deploy/jetstream/*.json`` states: looks at everything first, then creates what is missing.

What exists is compared and reported; ``apply`` changes what the server can change. A file's keys go to the server as
they are. Several of these may run at once: a create of the same is no error, and every change is read back.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

from indexer import topology
from indexer.errors import CheckError, PeerError, TransientError, UsageError
from indexer.jetstream_api import (
    CONSUMER_NOT_FOUND,
    NO_PEERS,
    NO_PLACE,
    STREAM_NOT_FOUND,
    TAKEN,
    UNAVAILABLE,
    ApiError,
    call,
)
from indexer.jetstream_patience import patiently
from indexer.nats_connection import Connection
from indexer.topology import DIRECTORY, Wanted
from indexer.topology_drift import Difference, changed, differences
from indexer.topology_rules import overlap, require_sound

_CALL_SECONDS = 10.0
_RETRY_SECONDS = 0.25
Result = Literal["created", "changed", "equal", "differs", "would create", "would change"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What ``init`` found or did to one stream or consumer; ``differences`` are left, or with ``changed`` were made."""

    kind: Literal["stream", "consumer"]
    name: str
    result: Result
    differences: tuple[Difference, ...] = ()


class Unchangeable(CheckError):
    """A stream has a retention that is not the wanted one: nothing was written. ``changes`` say what was found."""

    def __init__(self, message: str, *, hint: str, changes: list[Change]) -> None:
        super().__init__(message, hint=hint)
        self.changes = changes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """One file and what the server has of it: None, or its INFO."""

    wanted: Wanted
    info: dict[str, Any] | None

    @property
    def differences(self) -> tuple[Difference, ...]:
        return () if self.info is None else differences(self.wanted, self.info)


async def init(  # noqa: PLR0913 - each is one flag of `indexer jetstream init`
    connection: Connection,
    *,
    directory: Path = DIRECTORY,
    replicas: int | None = None,
    max_bytes: int | None = None,
    apply: bool = False,
    dry_run: bool = False,
    only: Collection[str] = (),
    seconds: float = 20,
) -> list[Change]:
    """Create what is missing; ``replicas`` goes for every stream, ``max_bytes`` for dex-swaps, both over the files.

    ``apply`` changes what differs, ``dry_run`` writes nothing, ``only`` is as ``topology.chosen`` takes it. Before any
    write it raises UsageError for a topology that is refused, and Unchangeable for a stream of another retention; later
    UsageError for what the server refuses in the end, PeerError when it does not answer in ``seconds``.
    """
    wanted = topology.load(directory, replicas=replicas, max_bytes=max_bytes)
    require_sound(wanted)
    chosen = topology.chosen(wanted, only)
    try:
        async with asyncio.timeout(seconds):
            found = [await patiently(partial(_look, connection, item)) for item in chosen]
            _refuse_replicas(found, connection.servers_at_most)
            _refuse_retention(found)
            for each in found:
                if each.info is None:
                    await patiently(partial(_refuse_strangers, connection, each.wanted, wanted))
            if dry_run:
                return [_would(each, apply=apply) for each in found]
            bring = partial(_bring, connection, apply=apply, place_seconds=seconds / 2)
            return [await patiently(partial(bring, each)) for each in found]
    except TimeoutError:
        raise _silent() from None


async def compare(connection: Connection, wanted: list[Wanted], *, seconds: float = 20) -> list[Change]:
    """What there is to create or change; refuses nothing. Raises PeerError as ``init``."""
    try:
        async with asyncio.timeout(seconds):
            found = [await patiently(partial(_look, connection, item)) for item in wanted]
    except TimeoutError:
        raise _silent() from None
    return [_would(each, apply=False) for each in found]


def _silent() -> PeerError:
    return PeerError("JetStream does not answer", hint="a cluster without a leader? `nats server report jetstream`")


def _refuse_replicas(found: list[_Found], servers: int | None) -> None:
    """What has its replicas keeps them while a server is down. None: the server refuses what it cannot place."""
    for each in found:
        replicas = each.wanted.config.get("num_replicas", 1)
        there = 0 if each.info is None else each.info["config"].get("num_replicas", 1)
        if servers is not None and replicas > servers and replicas != there:
            raise UsageError(
                f"{each.wanted}: {replicas} replicas need {replicas} servers, and NATS has {servers}",
                hint="--replicas 1 on a single server, 3 on a cluster of three that all run; nothing was written",
            )


def _refuse_retention(found: list[_Found]) -> None:
    for each in found:
        for difference in each.differences:
            if difference.key == "retention" and difference.obstacle:
                raise Unchangeable(
                    f"{each.wanted} has retention {difference.there}, not {difference.wanted}, and the server cannot "
                    "change that; nothing was written",
                    hint=difference.obstacle,
                    changes=[_would(one, apply=False) for one in found],
                )


async def _refuse_strangers(connection: Connection, item: Wanted, wanted: list[Wanted]) -> None:
    """What stands on the server beside our files and would make it refuse this one."""
    if item.consumer is None:
        for subject in item.config.get("subjects", ()):
            names = await call(connection, "STREAM.NAMES", {"subject": subject}, seconds=_CALL_SECONDS)
            for other in set(names.get("streams") or ()) - {item.stream}:
                raise UsageError(
                    f"{item}: stream {other} on this server already takes {subject}, and a message has one stream",
                    hint=f"take the subject from it (`nats stream edit {other}`), or delete it; nothing was written",
                )
        return
    stream = next(one for one in wanted if one.consumer is None and one.stream == item.stream)
    if stream.config.get("retention") != "workqueue":
        return
    try:
        there = (await call(connection, f"CONSUMER.LIST.{item.stream}", seconds=_CALL_SECONDS)).get("consumers") or ()
    except ApiError as error:
        if error.code == STREAM_NOT_FOUND:
            return
        raise
    for one in there:
        theirs = one["config"].get("filter_subjects") or [one["config"].get("filter_subject") or ">"]
        if one["name"] != item.consumer and any(overlap(a, b) for a in item.filters or (">",) for b in theirs):
            raise UsageError(
                f"{item}: consumer {one['name']} on this server reads the same of this workqueue, which has one reader",
                hint=f"`nats consumer rm {item.stream} {one['name']}`; nothing was written",
            )


async def _look(connection: Connection, wanted: Wanted) -> _Found:
    kind, gone = ("STREAM", {STREAM_NOT_FOUND}) if wanted.consumer is None else ("CONSUMER", {CONSUMER_NOT_FOUND})
    try:
        info = await call(connection, f"{kind}.INFO.{wanted.path}", seconds=_CALL_SECONDS)
    except ApiError as error:
        if error.code in gone | {STREAM_NOT_FOUND}:
            return _Found(wanted=wanted, info=None)
        if error.code in UNAVAILABLE:
            raise
        raise PeerError(f"{wanted}: {error}") from error
    return _Found(wanted=wanted, info=info)


def _would(found: _Found, *, apply: bool) -> Change:
    """What there is to do, undone."""
    result: Result = "equal"
    if found.info is None:
        result = "would create"
    elif found.differences:
        result = "would change" if apply and not all(one.obstacle for one in found.differences) else "differs"
    return _change(found, result)


async def _bring(connection: Connection, found: _Found, *, apply: bool, place_seconds: float) -> Change:
    if found.info is None:
        try:
            await _placed(partial(_create, connection, found.wanted), seconds=place_seconds)
        except ApiError as error:
            if error.code in UNAVAILABLE:
                raise
            found = await _look(connection, found.wanted)
            if error.code not in TAKEN or found.info is None:
                hint = "fewer servers than replicas, or one is down?" if error.code in NO_PEERS else ""
                raise UsageError(f"NATS refused {found.wanted}: {error}", hint=hint) from None
        else:
            return _change(found, "created")
    if not found.differences:
        return _change(found, "equal")
    return await _alter(connection, found) if apply else _change(found, "differs")


async def _placed(create: Callable[[], Awaitable[None]], *, seconds: float) -> None:
    """Create once there is place: it may take a moment until every node is known to run."""
    until = time.monotonic() + seconds
    while True:
        try:
            return await create()
        except ApiError as error:
            if error.code != NO_PLACE or time.monotonic() >= until:
                raise
        await asyncio.sleep(_RETRY_SECONDS)


async def _create(connection: Connection, wanted: Wanted) -> None:
    if wanted.consumer is None:
        await call(connection, f"STREAM.CREATE.{wanted.stream}", wanted.config, seconds=_CALL_SECONDS)
    else:
        await _write_consumer(connection, wanted, wanted.config, "create")


async def _alter(connection: Connection, found: _Found) -> Change:
    """Change what can be, then read back what the server made of it: that is what is reported."""
    wanted = found.wanted
    fresh = await _look(connection, wanted)  # as late as can be: the daemon may write metadata meanwhile
    if fresh.info is None:
        raise TransientError(f"{wanted} is gone")
    found = fresh
    able = [one for one in found.differences if not one.obstacle]
    try:
        if any(one.key != "pause_until" for one in able):
            await _update(connection, wanted, changed(wanted, fresh.info["config"], found.differences))
        if any(one.key == "pause_until" for one in able):
            await call(connection, f"CONSUMER.PAUSE.{wanted.path}", {}, seconds=_CALL_SECONDS)
    except ApiError as error:
        if error.code in UNAVAILABLE:
            raise
        refused = tuple(replace(one, obstacle=one.obstacle or f"refused: {error}") for one in found.differences)
        return replace(_change(found, "differs"), differences=refused)
    left = await _look(connection, wanted)
    if left.differences:
        return _change(left, "differs")
    return replace(_change(left, "changed"), differences=found.differences)


async def _update(connection: Connection, wanted: Wanted, config: dict[str, Any]) -> None:
    if wanted.consumer is None:
        await call(connection, f"STREAM.UPDATE.{wanted.stream}", config, seconds=_CALL_SECONDS)
    else:
        await _write_consumer(connection, wanted, config, "update")


async def _write_consumer(connection: Connection, wanted: Wanted, config: dict[str, Any], action: str) -> None:
    name = f"CONSUMER.CREATE.{wanted.path}"
    if subject := config.get("filter_subject"):
        name = f"{name}.{subject}"  # lets permissions tell consumers apart; the server checks that both agree
    body = {"stream_name": wanted.stream, "config": config, "action": action}
    await call(connection, name, body, seconds=_CALL_SECONDS)


def _change(found: _Found, result: Result) -> Change:
    wanted = found.wanted
    return Change(kind=wanted.kind, name=wanted.name, result=result, differences=found.differences)
