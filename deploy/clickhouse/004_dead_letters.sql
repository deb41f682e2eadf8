-- What was set aside: swap instructions that did not settle, and messages these tables could not hold (program
-- clickhouse). The payload is the whole letter, as it came.
CREATE TABLE IF NOT EXISTS dead_letters
(
    program    LowCardinality(String) COMMENT 'last part of the subject',
    id         String CODEC(ZSTD(1)),
    reason     LowCardinality(String),
    detail     String CODEC(ZSTD(1)),
    slot       Nullable(UInt64) CODEC(ZSTD(1)),
    block_time DateTime('UTC') CODEC(ZSTD(1)) COMMENT '1970-01-01 when it is not known',
    signature  String CODEC(ZSTD(1)),
    payload    String CODEC(ZSTD(3)),
    sequence   UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'of the message in stream dex-dead',
    stored_at  DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1))
)
ENGINE = ReplacingMergeTree(stored_at)
ORDER BY (program, id);
