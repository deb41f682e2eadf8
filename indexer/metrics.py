"""Every metric of the process, in one place. Labels come from closed sets."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

_FAST = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
#: counters that are there before anything happened: of one that appears with its first count, `increase` sees nothing
_FROM_ZERO = {
    "slots": ("complete", "notified", "skipped", "missing"),
    "reconnects": ("nats", "pubsub"),
    "publish_failures": ("refused", "unanswered"),
    "repairs": ("repaired", "still_missing"),
    "candles": ("1m", "5m", "1h"),
    "candle_swaps": (
        "priced",
        "dust",
        "there_and_back",
        "no_decimals",
        "revising",
        "again",
        "late",
        "unfinished",
        "unreadable",
        "no_time",
    ),
    "sink_rows": ("swaps", "slots", "candles", "dead_letters"),
    "sink_refused": ("contract", "clickhouse"),
    "sink_failures": ("clickhouse", "schema", "refusals", "nats"),
}
#: gauges of each stream and each consumer, sampled by ``stream_metrics``; what could not be had is absent, never old
_STREAM = {
    "messages": "Messages in the stream",
    "bytes": "Bytes in the stream",
    "max_bytes": "Bytes at which the stream is full; absent without a limit",
    "first_sequence": "Sequence of the oldest message",
    "last_sequence": "Sequence of the newest message",
    "history_seconds": "Age of the oldest message",
    "seconds_left": "Until the stream is full, as it grows; absent when it never will be",
    "replicas_offline": "Copies whose server is away",
    "replicas_lagging": "Copies that are not current",
}
_CONSUMER = {
    "pending": "Messages never delivered to the consumer",
    "ack_pending": "Messages delivered and not acked",
    "redelivered": "Messages delivered more than once and not acked",
    "waiting": "Pull requests that wait for messages",
    "delivered": "Deliveries since the consumer was made",
    "idle_seconds": "Since the consumer last took or acked a message, or was made",
    "lag_seconds": "Age of the oldest message not acked",
    "time_left_seconds": "Before the stream drops that message; absent when all is acked",
}


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
        self.rpc_budget_calls_per_day = gauge("rpc_budget_calls_per_day", "The setting; 0 when it is not known")
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
        self._add_jetstream(gauge, counter, histogram)
        self._add_sink(gauge, counter, histogram)
        self._begin_at_zero()

    def _add_jetstream(
        self, gauge: Callable[..., Gauge], counter: Callable[..., Counter], histogram: Callable[..., Histogram]
    ) -> None:
        self.build = gauge("build_info", "Always 1; labels say what runs", "version", "programs_hash")
        self.publish_failures = counter(
            "publish_failures", "Tries at the stream that failed and are made again", "reason"
        )
        self.jetstream_samples = counter(
            "jetstream_samples", "Looks at the account, a stream, a consumer or its lag", "of", "outcome"
        )
        self.store_bytes = gauge("store_bytes", "Bytes the account's streams have on disk")
        self.store_max_bytes = gauge("store_max_bytes", "What the account may store; 0 when it has no limit of its own")
        self.consumed = counter("consumed", "Messages taken from the consumer, by whether it was their first delivery",
            "stream", "consumer", "delivery")  # fmt: skip
        self.pulls_renewed = counter(
            "pulls_renewed", "Pulls made anew because nothing came", "stream", "consumer", "reason"
        )
        self.candles = counter("candles", "Candles published, revisions included", "interval")
        self.candle_swaps = counter(
            "candle_swaps", "Swaps taken into candles, or why not or without a price", "outcome"
        )
        self.candle_lag_seconds = gauge(
            "candle_lag_seconds", "Age of the last message taken into candles while more wait; 0 when none do"
        )
        self.candle_lag_messages = gauge("candle_lag_messages", "Messages that wait to be taken into candles")
        self.candle_watermark_timestamp_seconds = gauge(
            "candle_watermark_timestamp_seconds", "Block time up to which candles are closed, Unix time"
        )
        self.candle_sequence = gauge("candle_sequence", "Sequence of dex-swaps up to which all is taken into candles")
        self.candle_kept = gauge("candle_kept", "What is kept for revisions: closed candles, ids, missing ranges", "of")
        self.candle_parts_read = counter(
            "candle_parts_read", "Old parts of the state read back, as repairs needed them"
        )
        self.candle_messages_lost = counter("candle_messages_lost", "Messages the stream dropped before they were read")
        self.candle_snapshot_seconds = histogram("candle_snapshot_seconds", "Time a snapshot of the candles took")
        self.candle_snapshot_bytes = gauge("candle_snapshot_bytes", "Bytes the last snapshot of the candles wrote")
        for name, text in _STREAM.items():
            setattr(self, f"stream_{name}", gauge(f"stream_{name}", text, "stream"))
        for name, text in _CONSUMER.items():
            setattr(self, f"consumer_{name}", gauge(f"consumer_{name}", text, "stream", "consumer"))

    def _add_sink(
        self,
        gauge: Callable[..., Gauge],
        counter: Callable[..., Counter],
        histogram: Callable[..., Histogram],
    ) -> None:
        self.sink_rows = counter("sink_rows", "Rows ClickHouse has confirmed, redelivered ones included", "table")
        self.sink_refused = counter("sink_refused", "Messages the sink set aside as dead letters", "reason")
        self.sink_failures = counter("sink_failures", "Tries at a batch that failed and are made again", "reason")
        self.sink_held = gauge("sink_held", "1 while a batch of the stream cannot be inserted and is held", "stream")
        self.sink_pending = gauge("sink_pending", "Messages of the stream not inserted yet", "stream")
        self.sink_lag_seconds = gauge("sink_lag_seconds", "Age of the oldest fetched message not inserted", "stream")
        self.sink_insert_seconds = histogram("sink_insert_seconds", "Time of one insert into ClickHouse", "table")

    def _begin_at_zero(self) -> None:
        for name, values in _FROM_ZERO.items():
            for value in values:
                getattr(self, name).labels(value)


def count(metric: Counter, labels: Iterable[tuple[str, ...]]) -> None:
    """Add one for each, equal ones together: finding a counter by its labels costs more than adding to it."""
    for values, number in Tally(labels).items():
        metric.labels(*values).inc(number)


def textfile(metrics: Metrics, names: Iterable[str]) -> bytes:
    """Some metrics (full names) as Prometheus' textfile collector reads them."""
    return generate_latest(metrics.registry.restricted_registry(list(names)))


def show(metric: Gauge, value: float | None, *labels: str) -> None:
    """Set the gauge of these labels; None takes it away."""
    if value is None:
        metric.remove(*labels)
    else:
        metric.labels(*labels).set(value)
