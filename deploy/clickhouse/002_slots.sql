-- Slot markers, those of repairs too. A slot's row is inserted after its swaps: what stands here is all there.
-- A missing range is one row with its to_slot; a repair adds rows and takes none away.
CREATE TABLE IF NOT EXISTS slots
(
    slot           UInt64 CODEC(Delta, ZSTD(1)),
    to_slot        Nullable(UInt64) CODEC(ZSTD(1)) COMMENT 'last slot of a missing range',
    parent_slot    Nullable(UInt64) CODEC(ZSTD(1)),
    blockhash      Nullable(String) CODEC(ZSTD(1)),
    block_time     DateTime('UTC') CODEC(Delta, ZSTD(1)) COMMENT '1970-01-01 when it is not known',
    status         LowCardinality(String) COMMENT 'complete, notified or missing',
    swaps          UInt32 CODEC(ZSTD(1)),
    failed_txs     UInt32 CODEC(ZSTD(1)),
    dead           UInt32 CODEC(ZSTD(1)),
    build          LowCardinality(String),
    programs_hash  LowCardinality(String),
    stream_created LowCardinality(String),
    repair         Bool COMMENT 'published by a repair',
    sequence       UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'of the message in stream dex-swaps',
    stored_at      DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (slot, status, repair);
