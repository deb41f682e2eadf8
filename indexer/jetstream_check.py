"""`indexer jetstream check`: looks twice, judges, prints a table or JSON, ends with an exit code for monitoring."""

import argparse
import asyncio
from collections.abc import Collection
from dataclasses import replace

import uvloop

from indexer import jetstream, log, topology
from indexer.config import Settings
from indexer.errors import PeerError, TransientError
from indexer.jetstream import Change
from indexer.jetstream_api import ApiError
from indexer.jetstream_init import add_replicas, topology_options
from indexer.jetstream_line import Line
from indexer.jetstream_verdicts import Seen, lines
from indexer.line_report import report
from indexer.metrics import Metrics
from indexer.monitoring import read_servers
from indexer.nats_connection import Connection, connected
from indexer.settings_flags import add_settings_flags, load_settings
from indexer.stream_read import next_unread, read_account, read_state
from indexer.topology_rules import require_sound

EPILOG = """\
examples:
  indexer jetstream check                      a table; exit code 5 when a line says fail
  indexer jetstream check --json               the same for machines
  indexer jetstream check --only dex-swaps --only dex-dead
  NATS_MONITORING_URL=http://nats:8222 indexer jetstream check --replicas 3
  indexer jetstream check --check-left-hours 48 --check-stalled-seconds 300

Per stream: drift from the files, leader and replicas, capacity, memory of the duplicate window. Per consumer: progress,
pending, and the time left before it loses data; one that nobody has ever read warns and does not fail. Then account,
store, disk and sync_interval; the last three need NATS_MONITORING_URL. Thresholds are the INDEXER_CHECK_... settings of
`indexer config`. It writes nothing.
"""
_CALL_SECONDS = 10.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What `check` takes."""
    parser.add_argument("--json", action="store_true", help="one JSON document: ok, and every line")
    add_replicas(parser)
    parser.add_argument("--only", action="append", default=[], metavar="NAME", help="as for `indexer jetstream init`")
    add_settings_flags(parser)
    parser.set_defaults(run=_command)


def _command(args: argparse.Namespace) -> int:
    log.configure()
    return report(uvloop.run(check(load_settings(args), args)), of="checks", json=args.json)


async def check(settings: Settings, args: argparse.Namespace) -> list[Line]:
    """Every line, as ``args`` (replicas, only) want it. Raises UsageError, PeerError."""
    files = topology.load(**topology_options(args, settings))
    require_sound(files)
    topology.chosen(files, args.only)  # before NATS is asked for anything
    async with connected(settings, Metrics()) as nats:
        wanted = topology.chosen(topology.load(**topology_options(args, settings, nats.greeting)), args.only)
        changes = await jetstream.compare(nats, wanted, seconds=settings.nats_connect_seconds)
        names = {item.stream for item in wanted}
        try:
            async with asyncio.timeout(settings.nats_connect_seconds + settings.check_sample_seconds):
                seen = await _look(nats, settings, changes, names)
        except (TransientError, ApiError, TimeoutError) as error:
            raise PeerError(
                f"JetStream does not answer: {error}",
                hint="a cluster without a majority? `nats server report jetstream`",
            ) from error
    return list(lines(_without(seen, args.only, wanted), settings))


async def _look(nats: Connection, settings: Settings, changes: list[Change], names: Collection[str]) -> Seen:
    before = await read_state(nats, seconds=_CALL_SECONDS, only=names)
    urls = [url.strip() for url in settings.nats_monitoring_url.split(",") if url.strip()]
    servers = await read_servers(urls, seconds=_CALL_SECONDS)
    await asyncio.sleep(settings.check_sample_seconds)
    after = await read_state(nats, seconds=_CALL_SECONDS, only=names)
    unread = {
        (one.stream, one.name): await next_unread(nats, one, seconds=_CALL_SECONDS)
        for one in after.consumers
        if one.config.get("durable_name")
    }
    account = await read_account(nats, seconds=_CALL_SECONDS)
    return Seen(changes=changes, before=before, after=after, unread=unread, account=account, servers=servers)


def _without(seen: Seen, only: Collection[str], wanted: Collection[topology.Wanted]) -> Seen:
    """Without consumers that nobody is meant to miss: those that are not durable, and what ``only`` leaves out."""
    names = {(item.stream, item.consumer) for item in wanted}
    kept = tuple(
        one
        for one in seen.after.consumers
        if one.config.get("durable_name") and (not only or one.stream in only or (one.stream, one.name) in names)
    )
    return replace(seen, after=replace(seen.after, consumers=kept))
