-- Candles as they are on dex.sol.candles.*: every revision is a row. The prices' columns hold the decimals as published;
-- candles_final has the last revisions, with numbers to compute with.
CREATE TABLE IF NOT EXISTS candles
(
    interval     LowCardinality(String),
    pool         String CODEC(ZSTD(1)),
    open_time    DateTime('UTC') CODEC(Delta, ZSTD(1)),
    revision     UInt32 CODEC(ZSTD(1)),
    close_time   DateTime('UTC') CODEC(Delta, ZSTD(1)),
    program      LowCardinality(String),
    base_mint    String CODEC(ZSTD(1)),
    quote_mint   String CODEC(ZSTD(1)),
    other_pair   Bool COMMENT 'not the pair the pool traded first in this window: its mints are in the id',
    open         Nullable(String) CODEC(ZSTD(1)) COMMENT 'quote per base, decimals applied; null when no trade set a price',
    high         Nullable(String) CODEC(ZSTD(1)),
    low          Nullable(String) CODEC(ZSTD(1)),
    close        Nullable(String) CODEC(ZSTD(1)),
    base_volume  UInt128 CODEC(ZSTD(1)) COMMENT 'raw token units',
    quote_volume UInt128 CODEC(ZSTD(1)) COMMENT 'raw token units',
    trades       UInt32 CODEC(ZSTD(1)),
    first_id     String CODEC(ZSTD(1)),
    last_id      String CODEC(ZSTD(1)),
    incomplete   Bool COMMENT 'touches a missing slot',
    sequence     UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'of the message in its candle stream',
    stored_at    DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'when the stream took the message',

    INDEX times open_time TYPE minmax GRANULARITY 1
)
ENGINE = ReplacingMergeTree(stored_at)
PARTITION BY toYYYYMM(open_time)
ORDER BY (interval, pool, open_time, base_mint, quote_mint, revision);
