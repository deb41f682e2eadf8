"""The dashboard as a table, and the JSON Grafana reads made of it: deploy/grafana/dashboards/indexer.json.

`pytest tests/deploy/test_grafana.py --update-goldens` writes the file. A panel's id is its place in the table, so new
panels go to the end of their row.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson

UID = "indexer"
_WIDTH = 24
_PER_ROW = 3
_HEIGHT = 8
_DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
_SECTION_IDS = 100  # ids of the panels of one section


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph: title, Grafana's unit, queries with their legends, and what to look for."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    text: str
    kind: str = "timeseries"


def of(quantity: str, labels: str = "") -> str:
    """A figure of a stream or consumer: the same from each daemon that samples it."""
    return f"max by ({labels or 'stream'}) (indexer_{quantity})"


_BOTH = "stream, consumer"
_LEFT_OUT = '{outcome=~"late|unfinished|unreadable|no_time"}'
_READER = "{{stream}} {{consumer}}"

SECTIONS: dict[str, tuple[Panel, ...]] = {
    "Overview": (
        Panel("Behind the chain", "s", (("dex:lag_seconds", "behind"),), "Now minus block time; whole seconds", "stat"),
        Panel("Slots behind", "none", (("dex:slot_lag", "slots"),), "Tip minus settled slot", "stat"),
        Panel(
            "Missing slots", "none", (("max(indexer_missing_slots)", "missing"),), "Marked, not repaired yet", "stat"
        ),
        Panel("Swaps", "cps", (('dex:swaps:rate5m{program=~"$program"}', "{{program}}"),), "Published, by program"),
        Panel("Slots settled", "cps", (("dex:slots:rate5m", "{{status}}"),), "missing should be flat at zero"),
        Panel(
            "Tip and settled slot",
            "none",
            (("max(indexer_tip_slot)", "tip"), ("max(indexer_settled_slot)", "settled")),
            "Two lines that stay together",
        ),
        Panel(
            "Lag by daemon",
            "s",
            (('indexer_lag_seconds{job="indexer"}', "{{instance}}"),),
            "One of several may be catching up",
        ),
        Panel(
            "Slots in flight",
            "none",
            (('indexer_in_flight_slots{job="indexer"}', "{{instance}}"),),
            "At INDEXER_LOOKAHEAD_SLOTS: busy",
        ),
        Panel(
            "Builds",
            "none",
            (("indexer_build_info", "{{instance}} {{version}} {{programs_hash}}"),),
            "What runs",
            "table",
        ),
    ),
    "Publishing": (
        Panel("Stage time, p95", "s", (("dex:stage_seconds:p95_5m", "{{stage}}"),), "Where a slot spends its time"),
        Panel(
            "Notification to ack",
            "s",
            tuple((f"dex:notification_to_ack_seconds:{name}_5m", name) for name in ("p50", "p95", "p99")),
            "From the first notification of a slot to the ack of its batch",
        ),
        Panel(
            "Publishing blocked",
            "bool_yes_no",
            (('indexer_publish_blocked{job="indexer"}', "{{instance}}"),),
            "The slot is held",
        ),
        Panel(
            "Failed tries",
            "cps",
            (("sum by (reason) (rate(indexer_publish_failures_total[$__rate_interval]))", "{{reason}}"),),
            "Made again, none lost",
        ),
        Panel(
            "Overtaken",
            "cps",
            (('sum by (instance) (rate(indexer_fence_lost_total{job="indexer"}[$__rate_interval]))', "{{instance}}"),),
            "Batches refused because another daemon was first: usual with two, odd with one",
        ),
        Panel(
            "Duplicates",
            "cps",
            (("sum(rate(indexer_duplicates_total[$__rate_interval]))", "stored before"),),
            "Found in the stream and not stored again",
        ),
    ),
    "Chain": (
        Panel(
            "RPC calls",
            "reqps",
            (
                (
                    "sum by (method, outcome) (rate(indexer_rpc_requests_total[$__rate_interval]))",
                    "{{method}} {{outcome}}",
                ),
            ),
            "By method and outcome",
        ),
        Panel(
            "RPC failures",
            "percentunit",
            (("dex:rpc_failures:ratio15m", "share"),),
            "Made again, elsewhere if possible",
        ),
        Panel(
            "RPC volume",
            "Bps",
            (("sum(rate(indexer_rpc_bytes_total[$__rate_interval]))", "unpacked"),),
            "Bodies received",
        ),
        Panel("RPC calls per 1,000 swaps", "none", (("dex:rpc_calls_per_1000_swaps", "calls"),), "5 to 7 at the tip"),
        Panel(
            "RPC calls a day",
            "short",
            (
                ("86400 * sum(rate(indexer_rpc_requests_total[6h]))", "at this pace"),
                ("max(indexer_rpc_budget_calls_per_day)", "plan"),
            ),
            "The plan is INDEXER_RPC_BUDGET_CALLS_PER_DAY; 0 is not known",
        ),
        Panel(
            "Reconnects",
            "none",
            (("sum by (peer) (increase(indexer_reconnects_total[15m]))", "{{peer}}"),),
            "Within fifteen minutes",
        ),
        Panel(
            "Notifications",
            "cps",
            (("sum(rate(indexer_notifications_total[$__rate_interval]))", "received"),),
            "Log notifications over all programs",
        ),
        Panel(
            "Notifications against blocks",
            "none",
            (
                ("sum(increase(indexer_notifications_missed_total[1h]))", "notified, in no block"),
                ("sum(increase(indexer_notifications_lost_total[1h]))", "in a block, not notified"),
            ),
            "Within an hour. The first asks whether blocks are complete, the second costs nothing",
        ),
        Panel(
            "Connected", "bool_yes_no", (("indexer_connected", "{{instance}} {{peer}}"),), "Both peers of each daemon"
        ),
    ),
    "Decoding": (
        Panel(
            "Dead letters",
            "none",
            (
                (
                    'sum by (program, reason) (increase(indexer_dead_letters_total{program=~"$program"}[1h]))',
                    "{{program}} {{reason}}",
                ),
            ),
            "Swap instructions set aside within an hour; kept on dex.sol.dead",
        ),
        Panel(
            "Unknown instructions",
            "none",
            (
                (
                    'sum by (program) (increase(indexer_unknown_instructions_total{program=~"$program"}[1h]))',
                    "{{program}}",
                ),
            ),
            "In no layout, within an hour: a new kind of swap, or an upgrade",
        ),
        Panel(
            "Checks that disagree",
            "none",
            (
                (
                    'sum by (program) (increase(indexer_checks_total{program=~"$program", result="differ"}[1h]))',
                    "{{program}}",
                ),
            ),
            "Arguments, events or balances against published swaps, within an hour",
        ),
        Panel(
            "Checks",
            "cps",
            (("sum by (result) (rate(indexer_checks_total[$__rate_interval]))", "{{result}}"),),
            "How many witnesses were heard",
        ),
        Panel(
            "Idle instructions",
            "cps",
            (
                (
                    'sum by (program) (rate(indexer_idle_instructions_total{program=~"$program"}[$__rate_interval]))',
                    "{{program}}",
                ),
            ),
            "Swap instructions that moved nothing: quote updates, caught failures",
        ),
        Panel(
            "Failed transactions",
            "cps",
            (("sum(rate(indexer_transactions_failed_total[$__rate_interval]))", "failed"),),
            "That name a venue and failed on chain",
        ),
    ),
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
            "Bounded by the INDEXER_CANDLE_KEPT_ settings",
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


def panels() -> Iterator[Panel]:
    """All of them."""
    for section in SECTIONS.values():
        yield from section


def dashboard() -> bytes:
    """The file's bytes."""
    return orjson.dumps(_dashboard(), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _dashboard() -> dict[str, Any]:
    return {
        "uid": UID,
        "title": "Solana Liquidity Indexer",
        "tags": ["solana", "nats"],
        "schemaVersion": 39,
        "version": 1,
        "editable": False,
        "graphTooltip": 1,
        "refresh": "10s",
        "time": {"from": "now-1h", "to": "now"},
        "timezone": "utc",
        "templating": {"list": [_datasource(), _programs()]},
        "panels": list(_placed()),
    }


def _datasource() -> dict[str, Any]:
    return {"name": "datasource", "label": "Prometheus", "type": "datasource", "query": "prometheus", "refresh": 1}


def _programs() -> dict[str, Any]:
    query = "label_values(indexer_swaps_total, program)"
    return {
        "name": "program", "label": "Program", "type": "query", "datasource": _DATASOURCE, "definition": query,
        "query": {"query": query, "refId": "program"}, "refresh": 2, "sort": 1, "multi": True, "includeAll": True,
        "allValue": ".*", "current": {"text": "All", "value": "$__all"},
    }  # fmt: skip


def _placed() -> Iterator[dict[str, Any]]:
    """Rows and their panels, three beside each other."""
    y = 0
    for number, (title, section) in enumerate(SECTIONS.items(), start=1):
        first = number * _SECTION_IDS
        place = {"x": 0, "y": y, "w": _WIDTH, "h": 1}
        yield {"id": first, "type": "row", "title": title, "collapsed": False, "gridPos": place, "panels": []}
        y += 1
        width = _WIDTH // _PER_ROW
        for index, panel in enumerate(section):
            row, column = divmod(index, _PER_ROW)
            place = {"x": column * width, "y": y + row * _HEIGHT, "w": width, "h": _HEIGHT}
            yield _drawn(panel, first + index + 1, place)
        y += -(-len(section) // _PER_ROW) * _HEIGHT


def _drawn(panel: Panel, number: int, place: dict[str, int]) -> dict[str, Any]:
    table = panel.kind == "table"
    targets = [
        {
            "refId": chr(ord("A") + index), "datasource": _DATASOURCE, "expr": expression, "legendFormat": legend,
            "instant": table, "range": not table, "format": "table" if table else "time_series",
        }
        for index, (expression, legend) in enumerate(panel.queries)
    ]  # fmt: skip
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.text,
        "datasource": _DATASOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": {"unit": panel.unit, "min": 0}, "overrides": []},
        "options": {} if panel.kind != "stat" else {"reduceOptions": {"calcs": ["lastNotNull"]}, "graphMode": "area"},
        "targets": targets,
    }
