"""Every metric of the process, in one place. Labels come from closed sets."""

from collections import Counter as Tally
from collections.abc import Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one process; each instance has a registry of its own, so tests never share counts."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()

        def counter(name: str, text: str, *labels: str) -> Counter:
            return Counter(f"indexer_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str, *labels: str) -> Gauge:
            return Gauge(f"indexer_{name}", text, labels, registry=registry)

        def histogram(name: str, text: str, *labels: str) -> Histogram:
            return Histogram(f"indexer_{name}", text, labels, registry=registry, buckets=_FAST)

        self.slot_lag = gauge("slot_lag", "Slots between the tip and the settled slot")
        self.lag_seconds = gauge("lag_seconds", "Now minus the block time of the settled slot; NaN while there is none")
        self.tip_slot = gauge("tip_slot", "Highest slot known to have reached the commitment")
        self.settled_slot = gauge("settled_slot", "Last slot whose marker is in the stream")
        self.in_flight_slots = gauge("in_flight_slots", "Slots being hydrated or waiting for their turn")
        self.missing_slots = gauge("missing_slots", "Slots marked missing and not repaired yet")
        self.swaps = counter("swaps", "Swaps published", "program")
        self.duplicates = counter("duplicates", "Messages found already stored and not stored again")
        self.dead_letters = counter("dead_letters", "Swap instructions set aside", "program", "reason")
        self.unknown_instructions = counter("unknown_instructions", "Instructions no layout lists", "program")
        self.idle_instructions = counter(
            "idle_instructions", "Swap instructions that moved nothing: quote updates, caught failures", "program"
        )
        self.checks = counter("checks", "Witnesses compared with published swaps", "program", "result")
        self.slots = counter("slots", "Slots settled, by status; skipped ones are proved by a parent link", "status")
        self.slots_refuted = counter("slots_refuted", "Slots listed or notified that the chain proved not to exist")
        self.transactions_failed = counter(
            "transactions_failed", "Transactions that name a venue and failed on chain, no swaps in them"
        )
        self.notifications = counter("notifications", "Log notifications received", "program")
        self.notifications_missed = counter(
            "notifications_missed", "Notified signatures that were in no block that could be found"
        )
        self.notifications_lost = counter(
            "notifications_lost", "Transactions with a swap found in a block that no notification announced"
        )
        self.garbage_frames = counter("garbage_frames", "PubSub frames that were not what the protocol allows")
        self.rpc_requests = counter("rpc_requests", "RPC calls", "method", "outcome")
        self.rpc_bytes = counter("rpc_bytes", "Bytes of RPC bodies received, unpacked")
        self.reconnects = counter("reconnects", "Connections opened again", "peer")
        self.connected = gauge("connected", "1 while the peer is connected", "peer")
        self.stage_seconds = histogram("stage_seconds", "Time a slot spent in a stage", "stage")
        self.notification_to_ack_seconds = histogram(
            "notification_to_ack_seconds", "From the first notification of a slot to the ack of its batch"
        )
        self.publish_blocked = gauge("publish_blocked", "1 while the stream refuses messages and the slot is held")
        self.fence_lost = counter("fence_lost", "Batches refused because another writer was first")
        self.repairs = counter("repairs", "Tries at missing slots", "outcome")
        self.backup_last_success_timestamp_seconds = gauge(
            "backup_last_success_timestamp_seconds", "When the last whole backup was finished, Unix time", "stream"
        )
        self.backup_bytes = gauge("backup_bytes", "Size of the stream's archive in the last whole backup", "stream")
        self.backup_messages = gauge("backup_messages", "Messages of the stream in the last whole backup", "stream")
        self.backup_failures = counter("backup_failures", "Backups that failed; tried again with --every")
        self.build = gauge("build_info", "Always 1; labels say what runs", "version", "programs_hash")


def count(metric: Counter, labels: Iterable[tuple[str, ...]]) -> None:
    """Add one for each, equal ones together: finding a counter by its labels costs more than adding to it."""
    for values, number in Tally(labels).items():
        metric.labels(*values).inc(number)


def textfile(metrics: Metrics, names: Iterable[str]) -> bytes:
    """Some metrics (full names) as Prometheus' textfile collector reads them."""
    return generate_latest(metrics.registry.restricted_registry(list(names)))
