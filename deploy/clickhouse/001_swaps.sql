-- Swaps as they are on dex.sol.swaps: a column for each field, and where the message came from.
-- The sorting key is the message id taken apart: a row that is delivered again is absorbed, by merges and by FINAL.
-- Of two rows with one id (a slot published again by a newer build) the one the stream stored later stays.
-- The partition is no part of the key: FINAL absorbs over its bounds, and finds the granules of a time by the index.
CREATE TABLE IF NOT EXISTS swaps
(
    slot             UInt64 CODEC(Delta, ZSTD(1)),
    block_time       DateTime('UTC') CODEC(Delta, ZSTD(1)) COMMENT '1970-01-01 when it is not known',
    tx_index         UInt32 CODEC(Delta, ZSTD(1)) COMMENT 'position of the transaction in its block',
    signature        String CODEC(ZSTD(1)),
    outer_idx        UInt32 CODEC(ZSTD(1)),
    idx              UInt32 CODEC(ZSTD(1)) COMMENT 'position of the instruction in the trace of its transaction',
    leg              UInt32 CODEC(ZSTD(1)),
    program          LowCardinality(String),
    program_id       LowCardinality(String),
    kind             LowCardinality(String),
    instruction      LowCardinality(String),
    pool             String CODEC(ZSTD(1)),
    user             String CODEC(ZSTD(1)),
    fee_payer        String CODEC(ZSTD(1)),
    mint_in          String CODEC(ZSTD(1)) COMMENT 'what the trader paid',
    mint_out         String CODEC(ZSTD(1)) COMMENT 'what the trader received',
    amount_in        UInt64 CODEC(ZSTD(1)) COMMENT 'raw token units',
    amount_out       UInt64 CODEC(ZSTD(1)) COMMENT 'raw token units',
    decimals_in      Nullable(UInt8) CODEC(ZSTD(1)),
    decimals_out     Nullable(UInt8) CODEC(ZSTD(1)),
    vault_in         Nullable(String) CODEC(ZSTD(1)),
    vault_out        Nullable(String) CODEC(ZSTD(1)),
    reserve_in       Nullable(UInt64) CODEC(ZSTD(1)) COMMENT 'of vault_in after the transaction',
    reserve_out      Nullable(UInt64) CODEC(ZSTD(1)) COMMENT 'of vault_out after the transaction',
    transfer_fee_in  Nullable(UInt64) CODEC(ZSTD(1)),
    transfer_fee_out Nullable(UInt64) CODEC(ZSTD(1)),
    fees             Array(Tuple(kind LowCardinality(String), mint String, amount UInt64)) CODEC(ZSTD(1)),
    route            LowCardinality(Nullable(String)) COMMENT 'the router that called the pool',
    hop              UInt32 CODEC(ZSTD(1)),
    hops             UInt32 CODEC(ZSTD(1)),
    repair           Bool COMMENT 'published by a repair',
    sequence         UInt64 CODEC(Delta, ZSTD(1)) COMMENT 'of the message in stream dex-swaps',
    stored_at        DateTime64(6, 'UTC') CODEC(Delta, ZSTD(1)) COMMENT 'when the stream took the message',

    INDEX times block_time TYPE minmax GRANULARITY 1,
    PROJECTION by_pool (SELECT _part_offset ORDER BY pool, slot),
    PROJECTION by_user (SELECT _part_offset ORDER BY user, slot),
    PROJECTION by_mint_in (SELECT _part_offset ORDER BY mint_in, slot),
    PROJECTION by_mint_out (SELECT _part_offset ORDER BY mint_out, slot)
)
ENGINE = ReplacingMergeTree(stored_at)
PARTITION BY toYYYYMM(block_time)
ORDER BY (slot, signature, idx, leg)
SETTINGS deduplicate_merge_projection_mode = 'rebuild';
