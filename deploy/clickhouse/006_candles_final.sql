-- The last revision of every candle, with numbers for prices. Sorted as the table is, so that it is read as it lies and
-- nothing of it is sorted: a query over all candles ran out of memory with a million of them.
CREATE OR REPLACE VIEW candles_final AS
SELECT
    interval, pool, open_time, close_time, revision, program, base_mint, quote_mint,
    toFloat64(open) AS open, toFloat64(high) AS high, toFloat64(low) AS low, toFloat64(close) AS close,
    base_volume, quote_volume, trades, first_id, last_id, incomplete, stored_at
FROM candles FINAL
ORDER BY interval, pool, open_time, base_mint, quote_mint, revision DESC
LIMIT 1 BY interval, pool, open_time, base_mint, quote_mint;
