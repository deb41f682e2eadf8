"""The dashboard's panels of streams, backups, candles and ClickHouse as a table."""

from tests.deploy.panels import Panel

_BOTH = "stream, consumer"
_LEFT_OUT = '{outcome=~"late|unfinished|unreadable|no_time"}'
_READER = "{{stream}} {{consumer}}"


def of(quantity: str, labels: str = "") -> str:
    """A figure of a stream or consumer: the same from each daemon that samples it."""
    return f"max by ({labels or 'stream'}) (indexer_{quantity})"


STREAMS: dict[str, tuple[Panel, ...]] = {
    "JetStream": (
        Panel(
            "Stream size",
            "bytes",
            ((of("stream_bytes"), "{{stream}}"), (of("stream_max_bytes"), "{{stream}} limit")),
            "Without a limit there is no line",
        ),
        Panel("Messages", "short", ((of("stream_messages"), "{{stream}}"),), "In the stream now"),
        Panel("Reaches back", "s", ((of("stream_history_seconds"), "{{stream}}"),), "Age of the oldest message"),
        Panel(
            "Incoming",
            "cps",
            (("max by (stream) (deriv(indexer_stream_last_sequence[5m]))", "{{stream}}"),),
            "Messages a second, from the sequence",
        ),
        Panel(
            "Unread",
            "short",
            (("dex:consumer_unread", _READER), (of("consumer_ack_pending", _BOTH), f"{_READER} unacked")),
            "Pending and unacked; the second line is the part that is out",
        ),
        Panel("Consumer lag", "s", (("dex:consumer_lag_seconds", _READER),), "Age of its oldest message not acked"),
        Panel("Time left", "s", (("dex:consumer_time_left_seconds", _READER),), "Before the stream drops that message"),
        Panel(
            "Deliveries",
            "cps",
            ((f"max by ({_BOTH}) (deriv(indexer_consumer_delivered[5m]))", _READER),),
            "Messages a second",
        ),
        Panel(
            "Waiting and redelivered",
            "none",
            (
                (of("consumer_waiting", _BOTH), f"{_READER} waiting"),
                (of("consumer_redelivered", _BOTH), f"{_READER} redelivered"),
            ),
            "Pull requests open; messages delivered again and not acked",
        ),
        Panel(
            "Full in",
            "s",
            (("min by (stream) (indexer_stream_seconds_left)", "{{stream}}"),),
            "As the stream grows; no line for one that never will be",
        ),
        Panel(
            "Replicas",
            "none",
            (
                (of("stream_replicas_offline"), "{{stream}} offline"),
                (of("stream_replicas_lagging"), "{{stream}} lagging"),
            ),
            "All at zero",
        ),
        Panel(
            "Account",
            "bytes",
            (("max(indexer_store_bytes)", "stored"), ("max(indexer_store_max_bytes) > 0", "limit")),
            "Over all streams; a server's own max_file_store is not in it",
        ),
        Panel(
            "Looks that failed",
            "none",
            (
                (
                    'sum by (of, outcome) (increase(indexer_jetstream_samples_total{outcome!="ok"}[15m]))',
                    "{{of}} {{outcome}}",
                ),
            ),
            "Where these panels come from: blind while this is above zero",
        ),
    ),
    "Backups": (
        Panel(
            "Age of the last backup",
            "s",
            (("dex:backup_age_seconds", "{{stream}}"),),
            "Above a day and a half: an alert",
        ),
        Panel(
            "Size of the last backup",
            "bytes",
            (("max by (stream) (indexer_backup_bytes)", "{{stream}}"),),
            "Compressed",
        ),
        Panel(
            "Failed backups", "none", (("sum(increase(indexer_backup_failures_total[1d]))", "failed"),), "Within a day"
        ),
    ),
    "Candles": (
        Panel(
            "Candles published",
            "cps",
            (("sum by (interval) (rate(indexer_candles_total[$__rate_interval]))", "{{interval}}"),),
            "Revisions included; bursts at each full minute",
        ),
        Panel("Swaps into candles", "cps", (("dex:candle_swaps:rate5m", "{{outcome}}"),), "Or why without a price"),
        Panel(
            "Candles closed up to",
            "s",
            (
                ("dex:candles_behind_seconds", "behind the stream"),
                ("time() - (max(indexer_candle_watermark_timestamp_seconds) > 0)", "watermark's age"),
            ),
            "The first is the builder's own; the second has the chain's lag in it",
        ),
        Panel(
            "Waiting for the builder",
            "short",
            (('indexer_candle_lag_messages{job="indexer-candles"}', "messages"),),
            "Zero most of the time",
        ),
        Panel(
            "Age of what it reads",
            "s",
            (('indexer_candle_lag_seconds{job="indexer-candles"}', "while more wait"),),
            "Zero when it has read all",
        ),
        Panel(
            "Kept for revisions",
            "short",
            (('indexer_candle_kept{job="indexer-candles"}', "{{of}}"),),
            "Bounded by the INDEXER_CANDLE_KEPT_ settings, in memory by INDEXER_CANDLE_MEMORY_",
        ),
        Panel(
            "Parts of the state read back",
            "ops",
            (('rate(indexer_candle_parts_read_total{job="indexer-candles"}[5m])', "parts"),),
            "Repairs of windows that are not in memory any more",
        ),
        Panel(
            "Snapshot time, p95",
            "s",
            (
                (
                    "histogram_quantile(0.95, sum by (le) (rate(indexer_candle_snapshot_seconds_bucket[5m])))",
                    "p95",
                ),
            ),
            "Nothing is acked before it",
        ),
        Panel(
            "Snapshot size",
            "bytes",
            (('indexer_candle_snapshot_bytes{job="indexer-candles"}', "written"),),
            "What has changed since the one before",
        ),
        Panel(
            "Lost or left out",
            "none",
            (
                ("sum(increase(indexer_candle_messages_lost_total[1h]))", "lost messages"),
                (f"sum by (outcome) (increase(indexer_candle_swaps_total{_LEFT_OUT}[1h]))", "{{outcome}}"),
            ),
            "Within an hour; all at zero",
        ),
        Panel(
            "Candle streams blocked",
            "bool_yes_no",
            (('indexer_publish_blocked{job="indexer-candles"}', "{{instance}}"),),
            "The builder waits",
        ),
    ),
    "ClickHouse": (
        Panel("Rows", "cps", (("dex:sink_rows:rate5m", "{{table}}"),), "Confirmed, redelivered ones included"),
        Panel(
            "Insert time, p95",
            "s",
            (
                (
                    "histogram_quantile(0.95, sum by (table, le) (rate(indexer_sink_insert_seconds_bucket[5m])))",
                    "{{table}}",
                ),
            ),
            "One insert is one batch",
        ),
        Panel("Held", "bool_yes_no", ((of("sink_held"), "{{stream}}"),), "ClickHouse does not take the batch at hand"),
        Panel(
            "Failed tries at a batch",
            "cps",
            (("sum by (reason) (rate(indexer_sink_failures_total[$__rate_interval]))", "{{reason}}"),),
            "Made again, none lost",
        ),
        Panel(
            "Set aside",
            "none",
            (("sum by (reason) (increase(indexer_sink_refused_total[1h]))", "{{reason}}"),),
            "Within an hour; kept on dex.sol.dead.clickhouse",
        ),
        Panel("Sink lag", "s", ((of("sink_lag_seconds"), "{{stream}}"),), "Age of the oldest message at hand"),
        Panel("Not inserted yet", "short", ((of("sink_pending"), "{{stream}}"),), "Messages"),
        Panel(
            "Taken by both services",
            "cps",
            (
                (
                    "sum by (stream, consumer, delivery) (rate(indexer_consumed_total[$__rate_interval]))",
                    "{{stream}} {{consumer}} {{delivery}}",
                ),
            ),
            "Messages; again is a delivery that is not the first",
        ),
        Panel(
            "Pulls made anew",
            "none",
            (
                (
                    "sum by (stream, consumer, reason) (increase(indexer_pulls_renewed_total[1h]))",
                    "{{stream}} {{consumer}} {{reason}}",
                ),
            ),
            "Within an hour: the watchdog against pulls that went silent",
        ),
    ),
}
