"""The dashboard's panels of the daemon as a table; panels_streams.py has those of streams and of what reads them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Panel:
    """One graph: title, Grafana's unit, queries with their legends, and what to look for."""

    title: str
    unit: str
    queries: tuple[tuple[str, str], ...]
    text: str
    kind: str = "timeseries"


DAEMON: dict[str, tuple[Panel, ...]] = {
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
}
