"""What `indexer doctor` says of NATS: how we get in, what we may do, and all that `jetstream check` sees."""

import argparse
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import groupby
from typing import Any

import orjson
from pydantic import SecretStr

from indexer import jetstream_check
from indexer.config import Settings
from indexer.doctor_solana import Node
from indexer.embedded import find_binary
from indexer.errors import PeerError, TransientError, UsageError
from indexer.genesis import KEY
from indexer.jetstream_api import STREAM_NOT_FOUND, ApiError, call, get_message
from indexer.jetstream_line import Line, Verdict, as_line
from indexer.message import SLOTS, STREAM
from indexer.metrics import Metrics
from indexer.nats_connection import Connection, connected

_SAFE_REPLICAS = 3
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_NOBODY = {
    "nats_creds": None, "nats_nkey_seed_file": None, "nats_user": "", "nats_password": SecretStr(""),
    "nats_token": SecretStr(""), "nats_tls_cert": None, "nats_tls_key": None,
}  # fmt: skip
_DELETE = f"$JS.API.STREAM.DELETE.{STREAM}"
_AS_MONITOR = "ask as a user who may: monitor or operator of deploy/nats"


async def nats_lines(settings: Settings, args: argparse.Namespace, nodes: Sequence[Node]) -> AsyncIterator[Line]:
    """Everything that needs NATS. Without one that was named, that `indexer up` has its own."""
    try:
        async with connected(settings, Metrics(), name="indexer doctor") as nats:
            yield _server(nats)
            yield _tls(nats, production=args.production)
            yield await _auth(settings, production=args.production)
            yield await _rights(nats, settings, production=args.production)
            for line in await _stream(nats, settings, nodes, production=args.production):
                yield line
    except (PeerError, UsageError) as error:
        named = settings.model_fields_set & {"nats_url", "nats_context"}
        yield _none(error) if named or args.production else _embedded()
        return
    for line in await _checked(settings, args):
        yield line


def _none(error: PeerError | UsageError) -> Line:
    return as_line("nats", "connection", str(error), "fail", error.hint, None)


def _embedded() -> Line:
    try:
        return as_line("nats", "connection", f"none set: `indexer up` starts {find_binary()}", "ok", "", None)
    except UsageError as error:
        return _none(error)


def _server(nats: Connection) -> Line:
    figure = f"nats-server {nats.greeting.get('version')} {nats.greeting.get('server_name')}"
    return as_line("nats", "connection", f"{figure}, JetStream", "ok", "", None)


def _tls(nats: Connection, *, production: bool) -> Line:
    if nats.greeting.get("tls_required"):
        wanted = " with client certificates" if nats.greeting.get("tls_verify") else ""
        return as_line("tls", "connection", f"TLS{wanted}", "ok", "", None)
    host = nats.connected_url.hostname if nats.connected_url else None
    here = host in _LOOPBACK
    verdict: Verdict = "ok" if not production else "warn" if here else "fail"
    figure = "plain, on this machine" if here else "plain"
    return as_line("tls", "connection", figure, verdict, "deploy/nats: TLS with client certificates", None)


async def _auth(settings: Settings, *, production: bool) -> Line:
    """Come again as nobody: a server that lets us in then lets everybody in."""
    servers = ",".join(_without_user(server) for server in settings.nats_url.split(","))
    nobody = settings.model_copy(update=_NOBODY | {"nats_url": servers})
    try:
        async with connected(nobody, Metrics(), name="indexer doctor"):
            verdict: Verdict = "fail" if production else "ok"
            return as_line("auth", "nobody", "is let in", verdict, "users with NKeys: deploy/nats/users.conf", None)
    except (PeerError, UsageError) as error:
        return as_line("auth", "nobody", f"is refused: {str(error).partition(':')[0]}", "ok", "", None)


def _without_user(server: str) -> str:
    scheme, mark, rest = server.strip().rpartition("://")
    return f"{scheme}{mark}{rest.rpartition('@')[2]}"


async def _rights(nats: Connection, settings: Settings, *, production: bool) -> Line:
    """What the server says we may, and whether that deletes the stream; nothing is tried."""
    try:
        answer = orjson.loads((await nats.ask("$SYS.REQ.USER.INFO", seconds=settings.doctor_seconds)).data)
    except (PeerError, TransientError):
        figure = "limited: it may not ask what it may"
        return as_line("rights", "this user", figure, "unseen", "deploy/nats/users.conf says what each user may", None)
    told = answer.get("data") or {}
    name = f"{told.get('user') or 'nobody'} of account {told.get('account')}"
    if may_publish(_DELETE, told.get("permissions") or {}):
        advice = "a user of its own for each service, with least rights: deploy/nats/users.conf"
        verdict: Verdict = "fail" if production else "ok"
        return as_line("rights", name, "may delete the streams", verdict, advice, None)
    return as_line("rights", name, "may not delete the streams", "ok", "", None)


def may_publish(subject: str, permissions: Mapping[str, Any]) -> bool:
    """Whether ``permissions``, as USER.INFO has them, let a user publish to ``subject``; none at all let everything."""
    rules = permissions.get("publish")
    if rules is None:
        return True
    allowed = rules.get("allow")
    denied = any(_covers(pattern, subject) for pattern in rules.get("deny") or ())
    return not denied and (allowed is None or any(_covers(pattern, subject) for pattern in allowed))


def _covers(pattern: str, subject: str) -> bool:
    wanted, given = pattern.split("."), subject.split(".")
    if wanted[-1] == ">":
        wanted, given = wanted[:-1], given[: len(wanted) - 1] if len(given) >= len(wanted) else []
    return len(wanted) == len(given) and all(one in ("*", two) for one, two in zip(wanted, given, strict=True))


async def _stream(nats: Connection, settings: Settings, nodes: Sequence[Node], *, production: bool) -> list[Line]:
    """Whose chain the stream holds, whether the nodes still have what comes next, and its copies."""
    try:
        info = await call(nats, f"STREAM.INFO.{STREAM}", seconds=settings.doctor_seconds)
        last = await get_message(nats, STREAM, {"last_by_subj": SLOTS}, seconds=settings.doctor_seconds)
    except ApiError as error:
        advice = "`indexer jetstream init`" if error.code == STREAM_NOT_FOUND else ""
        return [as_line("stream", STREAM, error.description, "fail" if production else "warn", advice, None)]
    except (PeerError, TransientError) as error:
        return [as_line("stream", STREAM, str(error), "unseen", _AS_MONITOR, None)]
    marker = orjson.loads(last.payload) if last else {}
    found = list(_chain((info["config"].get("metadata") or {}).get(KEY), marker, nodes))
    return [*found, _durability(nats, int(info["config"].get("num_replicas", 1)), production=production)]


def _chain(there: str | None, marker: Mapping[str, Any], nodes: Sequence[Node]) -> Iterator[Line]:
    ours = next((node.genesis for node in nodes if node.genesis), None)
    if there is None:
        yield as_line("stream", STREAM, "of no chain yet: the first start writes it", "ok", "", None)
    elif ours is not None and ours != there:
        advice = "another SOLANA_RPC_URL, or another NATS: chains never mix"
        yield as_line("stream", STREAM, f"genesis hash {there}, ours is {ours}", "fail", advice, None)
    else:
        yield as_line("stream", STREAM, f"genesis hash {there}", "ok", "", None)
    slot = marker.get("to_slot") or marker.get("slot")
    first = min((node.first for node in nodes if node.first is not None), default=None)
    if slot is not None and first is not None and ours == there:
        lost = first - slot - 1
        advice = "no endpoint has the slots between: one with more history, or they are marked missing"
        verdict: Verdict = "fail" if lost > 0 else "ok"
        yield as_line("history", STREAM, f"settled to {slot:,}, nodes begin at {first:,}", verdict, advice, lost)


def _durability(nats: Connection, replicas: int, *, production: bool) -> Line:
    cluster = "cluster" in nats.greeting
    figure = f"{replicas} on a {'cluster' if cluster else 'single server'}"
    verdict: Verdict = "fail" if production and cluster and replicas < _SAFE_REPLICAS else "ok"
    return as_line("durability", STREAM, figure, verdict, "`indexer jetstream init --replicas 3 --apply`", replicas)


async def _checked(settings: Settings, args: argparse.Namespace) -> list[Line]:
    """The lines of `indexer jetstream check`; what is fine is one line a check."""
    try:
        lines = await jetstream_check.check(settings, args)
    except (PeerError, UsageError, TransientError, ApiError) as error:
        return [as_line("drift", "streams", str(error), "unseen", _AS_MONITOR, None)]
    found = []
    for name, some in groupby(sorted(lines, key=lambda line: line.check), key=lambda line: line.check):
        group = [_in_production(line) if args.production else line for line in some]
        fine = [line for line in group if line.verdict == "ok"]
        found += [line for line in group if line.verdict != "ok"]
        if fine:
            figure = fine[0].figure if len(fine) == 1 else f"{len(fine)} fine"
            found.append(as_line(name, fine[0].name if len(fine) == 1 else "streams", figure, "ok", "", None))
    return found


def _in_production(line: Line) -> Line:
    """A single server that syncs late is no accident there; what needs the monitoring port is not seen without it."""
    if line.figure.startswith("not seen"):
        return replace(line, verdict="unseen")
    return replace(line, verdict="fail") if line.check == "sync" and line.verdict == "warn" else line
