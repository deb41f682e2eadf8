"""One frozen settings object: flags over environment over .env. Every limit of the program stands here, unit last."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from dotenv import dotenv_values
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, PydanticBaseSettingsSource

from indexer.config_peers import Peers
from indexer.nats_context import ContextSource

Positive = Annotated[int, Field(gt=0)]
Seconds = Annotated[float, Field(gt=0)]


class Settings(Peers):
    """Effective settings. ``SOLANA_*`` and ``NATS_*`` keep the names their own tools use; ours start ``INDEXER_``."""

    # What to do
    data_dir: Path = Path(".indexer")
    """Where `indexer up` keeps the embedded server's data, one folder per genesis hash"""
    embedded_store_bytes: Positive = 10 * 1024**3
    """Largest store of the embedded NATS of `indexer up`; at three quarters of it the oldest swaps make room"""
    metrics_addr: str = "0.0.0.0:7777"
    """Address and port of /metrics, /healthz and /readyz; port 0 takes a free one"""
    programs: Annotated[tuple[str, ...], NoDecode] = ("all",)
    """Programs to publish, comma separated slugs; `all` for every venue, `conversions` for every conversion"""
    commitment: Literal["confirmed", "finalized"] = "confirmed"
    """Commitment of tip, listing and fetch alike"""
    hydrate: Literal["block", "transaction"] = "block"
    """`block`: one getBlock a slot, complete. `transaction`: only notified signatures, markers say `notified`"""
    max_tx_version: Annotated[int, Field(ge=0, le=127)] = 1
    """maxSupportedTransactionVersion; a block with a newer one stops the process"""
    start: str = "resume"
    """Where to start: `resume` (last marker, else the tip), `latest`, or a slot"""
    jetstream_dir: Path = Path("deploy/jetstream")
    """Streams and consumers as JSON files; a relative path is tried from the working directory, then the project's"""
    clickhouse_dir: Path = Path("deploy/clickhouse")
    """The schema as numbered SQL files; a relative path is tried from the working directory, then the project's"""
    jetstream_replicas: Annotated[int, Field(ge=0, le=5)] = 0
    """Replicas of each stream, over the files: 3 on a cluster; 0 leaves the files' own"""
    jetstream_swaps_bytes: Annotated[int, Field(ge=0)] = 0
    """Size of stream dex-swaps at which its oldest messages go, over the file's max_bytes; 0 leaves the file's"""
    corpus: Path = Path("../shared/corpus")
    """Recorded transactions and blocks"""
    allow_missing_inner: bool = False
    """Accept `innerInstructions: null`, as very old history has it; else another node is asked"""

    # Chain side limits
    subscribe: Literal["programs", "all"] = "programs"
    """One logsSubscribe per program, or one for `all`"""
    subscriptions_per_socket: Positive = 50
    """logsSubscribe calls on one socket before another is opened"""
    ws_message_bytes: Positive = 16 * 1024 * 1024
    """Largest PubSub message accepted"""
    ws_queue_messages: Positive = 10_000
    """PubSub messages waiting to be read"""
    ws_ping_seconds: Seconds = 10
    """Ping interval of PubSub sockets, and how long a pong may take"""
    ws_silence_seconds: Seconds = 20
    """No slot progress on a socket for this long: it is dropped and opened again"""
    ws_backoff_seconds: Seconds = 30
    """Longest pause between two connection attempts"""
    tip_poll_seconds: Seconds = 2
    """No notification for this long: the tip is asked with getSlot"""
    rpc_timeout_seconds: Seconds = 20
    """Time one RPC call may take, body included"""
    rpc_attempts: Positive = 8
    """Tries of one RPC call over all endpoints before its slot is given up for now"""
    rpc_backoff_seconds: Seconds = 5
    """Longest pause between two tries; starts small, doubles, with jitter"""
    rpc_requests_per_second: Annotated[float, Field(ge=0)] = 0
    """Requests per second to each endpoint; 0 is no limit"""
    rpc_budget_calls_per_day: Annotated[int, Field(ge=0)] = 0
    """Calls a day the provider's plan has, for the alert on it; 0: not known. Nothing is held back"""
    rpc_batch_calls: Positive = 20
    """getTransaction calls in one request (`--hydrate transaction`); providers count each of them"""
    rpc_body_bytes: Positive = 256 * 1024 * 1024
    """Largest RPC response body, unpacked"""
    rpc_gzip: Literal["auto", "yes", "no"] = "auto"
    """Ask for compressed bodies; `auto`: not on loopback, where unpacking costs more than it saves"""
    lookahead_slots: Positive = 8
    """Slots hydrated at once ahead of the one being published"""
    listing_slots: Annotated[int, Field(gt=0, le=500_000)] = 500
    """Slots asked of one getBlocks call"""
    block_wait_seconds: Seconds = 60
    """How long one slot may hold the loop before it is marked missing"""
    witness_slots: Positive = 300
    """Settled slots whose signatures are kept to check late notifications; notified slots kept until they settle"""
    witness_refetches: Annotated[int, Field(ge=0)] = 2
    """Times a block that lacks a notified signature is fetched again before the signature is looked for elsewhere"""
    notified_wait_seconds: Seconds = 0.5
    """`--hydrate transaction`: how long after its first notification a slot's others are waited for"""

    # JetStream side limits
    ack_seconds: Seconds = 10
    """How long one batch may wait for its ack before it is asked again"""
    nats_connect_seconds: Seconds = 20
    """How long a start waits for NATS, and for streams to have a leader"""
    nats_backoff_seconds: Seconds = 5
    """Longest pause between two tries at NATS"""
    nats_ping_seconds: Positive = 10
    """Ping interval of the NATS connection; two unanswered pings and it is opened again"""
    nats_pending_bytes: Positive = 32 * 1024 * 1024
    """Bytes the NATS client may hold while it reconnects"""
    batch_messages: Annotated[int, Field(ge=2, le=1000)] = 1000
    """Messages of one atomic batch; the server allows 1000"""

    # Pull consumers: `indexer candles`, `indexer clickhouse`
    consumer_batch_messages: Positive = 5000
    """Messages of one pull, and of one batch"""
    consumer_batch_bytes: Positive = 32 * 1024 * 1024
    """Bytes of one pull; a larger message fails"""
    consumer_batch_seconds: Seconds = 0.5
    """How long a batch may wait for more after its first message"""
    consumer_pull_seconds: Annotated[float, Field(gt=0, le=120)] = 30
    """How long one pull waits for messages"""
    consumer_heartbeat_seconds: Annotated[float, Field(ge=0.5)] = 5
    """Heartbeats asked of a pull; two missed and it is made anew, then the connection"""
    consumer_stalled_seconds: Seconds = 30
    """Heartbeats and unread messages, yet none comes for this long: the pull is made anew, then the connection"""
    consumer_ready_seconds: Seconds = 60
    """/readyz of a reader says no when it is further behind the stream than this"""
    consumer_held_seconds: Seconds = 6 * 3600
    """How long unacked messages are kept from being delivered again while their batch is worked on"""

    # `indexer candles`
    candle_floor_units: Positive = 1000
    """Raw units of either side below which a swap sets no price; it still counts in volume and trades"""
    candle_kept_hours: Positive = 168
    """How old a closed candle may be for a repair to revise it; no longer than the stream keeps its swaps"""
    candle_kept_candles: Positive = 50_000_000
    """Closed candles kept for that; some 270 bytes of JetStream's store each"""
    candle_kept_swaps: Positive = 300_000_000
    """Ids kept, so that a swap seen again is not counted again; some 10 bytes of the store each"""
    candle_memory_candles: Positive = 250_000
    """Those of the closed candles held in memory, the newest; a repair that needs older ones reads them back"""
    candle_memory_swaps: Positive = 5_000_000
    """The same of the ids"""
    candle_waiting_swaps: Positive = 1_000_000
    """Swaps kept whose slot's marker has not come; more, and the oldest slot of a repair is dropped and counted"""
    candle_snapshot_messages: Positive = 50_000
    """Messages read before the state is stored and they are acked"""
    candle_snapshot_seconds: Seconds = 10
    """The same in time"""

    # ClickHouse side limits
    clickhouse_seconds: Seconds = 60
    """How long one insert, query or migration may take"""
    clickhouse_connect_seconds: Seconds = 10
    """How long a command waits for ClickHouse; a running sink waits for ever"""
    clickhouse_backoff_seconds: Seconds = 10
    """Longest pause between two tries at ClickHouse; starts small, doubles, with jitter"""
    clickhouse_batch_messages: Positive = 10_000
    """Messages of one insert at most; half of what the consumer may have unacked, so that the next are on their way"""
    clickhouse_batch_bytes: Positive = 32 * 1024 * 1024
    """Bytes of the messages of one insert at most"""
    clickhouse_batch_seconds: Seconds = 1
    """How long an insert waits for more messages after its first"""
    clickhouse_ready_lag_seconds: Seconds = 300
    """/readyz of the sink says no when the oldest message not inserted is older"""
    clickhouse_refused_messages: Positive = 100
    """Messages of one batch that may be set aside; with more the batch is held: something greater is wrong"""
    sql_seconds: Seconds = 60
    """Time one query of `indexer sql` may take"""
    sql_rows: Positive = 1000
    """Rows `indexer sql` prints at most"""
    sql_memory_bytes: Positive = 1024**3
    """Memory one query may take"""
    sql_query_bytes: Positive = 64 * 1024
    """Longest query `indexer sql` takes"""
    sql_answer_bytes: Positive = 64 * 1024 * 1024
    """Largest answer to a query"""

    # `indexer jetstream check`
    nats_monitoring_url: Annotated[str, Field(alias="NATS_MONITORING_URL")] = ""
    """Monitoring addresses of the NATS servers (http://host:8222), comma separated: for sync, store and disk"""
    check_sample_seconds: Seconds = 2
    """Time between the two looks of a check"""
    check_stalled_seconds: Seconds = 60
    """A consumer with unread messages and no progress for this long fails"""
    check_pending_messages: Positive = 10_000_000
    """Unread messages at which a consumer fails; a tenth of it warns"""
    check_left_hours: Annotated[float, Field(gt=0)] = 24
    """A consumer that would lose data within this time fails; three times of it warns"""
    check_full_days: Annotated[float, Field(gt=0)] = 3
    """A stream, account, store or disk that is full within this time fails; three times of it warns"""
    check_window_bytes: Positive = 4 * 1024**3
    """Memory of the duplicate windows at which they fail; a quarter of it warns"""
    check_replica_seconds: Seconds = 10
    """A replica not heard of for this long counts as offline"""

    # `indexer doctor`
    doctor_seconds: Seconds = 15
    """How long one question of `indexer doctor` to a peer may take, and a socket to show a new slot"""
    doctor_clock_seconds: Seconds = 30
    """The newest block's time this far from our clock fails; a third of it warns"""
    doctor_history_slots: Positive = 100_000
    """Slots of history an endpoint should have: an outage longer than that leaves missing slots"""
    doctor_backup_hours: Annotated[float, Field(gt=0)] = 26
    """Age of the newest backup at which it fails"""
    doctor_open_files: Positive = 1024
    """Open files allowed to the process below which it warns"""
    doctor_disk_bytes: Positive = 1024**3
    """Free disk below which it fails, where data or backups of ours are kept"""

    # Backup, restore, and looking into the streams
    backup_chunk_bytes: Annotated[int, Field(ge=1024, le=1024 * 1024)] = 128 * 1024
    """One chunk of a snapshot or a restore; the server takes 1 KiB to 1 MiB"""
    backup_window_bytes: Annotated[int, Field(ge=1024, le=32 * 1024 * 1024)] = 8 * 1024 * 1024
    """Snapshot bytes on their way at once; the server takes at most 32 MiB"""
    backup_silence_seconds: Seconds = 20
    """No chunk of a snapshot, or no answer to one of a restore, for this long: it is given up"""
    backup_check_seconds: Seconds = 3600
    """`jetstream backup --check`: how long the server may read its own checksums before the first chunk"""
    backup_samples: Annotated[int, Field(ge=0)] = 200
    """Messages of each stream whose digests a backup keeps; a restore reads the same ones again"""
    backup_retry_seconds: Seconds = 600
    """`jetstream backup --every`: longest pause after a backup that failed; starts at a second, doubles, with jitter"""
    restore_finish_seconds: Seconds = 3600
    """How long the server may take to make a stream of an archive it was sent"""
    peek_scan_messages: Positive = 200_000
    """Messages `jetstream peek` looks through for the ones asked for"""
    tail_poll_seconds: Seconds = 0.25
    """`jetstream tail`: pause between two looks at a stream that has nothing new"""

    # Health, repair, shutdown
    ready_lag_slots: Positive = 150
    """/readyz says no when the settled slot is further behind the tip"""
    health_seconds: Seconds = 60
    """/healthz says no when the loop has not turned for this long"""
    sample_seconds: Annotated[float, Field(ge=0)] = 15
    """Pause between two looks at streams and consumers for the metrics; 0: none"""
    drift_log_seconds: Seconds = 60
    """One logged sample per program and kind of misfit in this time; the counters count every one"""
    repair_seconds: Seconds = 60
    """Pause between two tries at the missing slots"""
    repair_attempts: Positive = 100
    """Tries at one missing slot before only `indexer repair` will take it up"""
    repair_holes: Positive = 10_000
    """Missing slots kept for background repair"""
    repair_lookback_slots: Positive = 200_000
    """How far back a start looks for slots that earlier runs left missing; `indexer repair` looks at all"""
    drain_seconds: Seconds = 20
    """How long a stop waits for what is in flight"""

    @field_validator("programs", mode="before")
    @classmethod
    def _split_programs(cls, value: Any) -> Any:
        return tuple(part.strip().replace("-", "_") for part in value.split(",")) if isinstance(value, str) else value

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the library's signature
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Flags over environment over .env over the NATS context."""
        return init_settings, env_settings, dotenv_settings, ContextSource(settings_cls, os.environ)

    def rpc_urls(self) -> tuple[str, ...]:
        """The RPC endpoints, keys included: never log these."""
        return _urls(self.solana_rpc_url)

    def ws_urls(self) -> tuple[str, ...]:
        """The PubSub endpoints, given or derived (same host; the port after an explicit one, as validators have it)."""
        return _urls(self.solana_ws_url) or tuple(_pubsub(url) for url in self.rpc_urls())


def variables() -> tuple[Mapping[str, str], Mapping[str, str | None]]:
    """The process's environment and what .env of the working directory says: read here and nowhere else."""
    return os.environ, dotenv_values(".env")


def _urls(secret: SecretStr) -> tuple[str, ...]:
    return tuple(url.strip() for url in secret.get_secret_value().split(",") if url.strip())


def _pubsub(rpc_url: str) -> str:
    from urllib.parse import urlsplit, urlunsplit  # noqa: PLC0415

    parts = urlsplit(rpc_url)
    scheme = {"http": "ws", "https": "wss"}[parts.scheme]
    netloc = parts.netloc
    if parts.port is not None:
        netloc = netloc.rsplit(":", 1)[0] + f":{parts.port + 1}"
    return urlunsplit(parts._replace(scheme=scheme, netloc=netloc))
