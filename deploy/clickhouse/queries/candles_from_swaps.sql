-- Every closed candle again, from the swaps and the markers alone: what candles_final has must be this.
-- indexer sql --csv "$(cat deploy/clickhouse/queries/candles_from_swaps.sql)"
-- 1000 is INDEXER_CANDLE_FLOOR_UNITS. Swaps that came later than INDEXER_CANDLE_KEPT_HOURS are in no candle, but here.
WITH
    main AS (
        SELECT 1 AS one, slot, toUnixTimestamp(block_time) AS time FROM slots FINAL
        WHERE NOT repair AND status != 'missing' AND block_time > 0),
    -- A marker settles its slot and the skipped ones down to its parent. Slots that none settles are missing.
    gaps AS (
        SELECT 1 AS one, before + 1 AS first, toUInt64(next - 1) AS last
        FROM (
            SELECT ifNull(parent_slot + 1, slot) AS next,
                   max(slot) OVER (ORDER BY slot ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS before
            FROM slots FINAL WHERE status != 'missing')
        WHERE before > 0 AND next > before + 1),
    holes AS (
        SELECT b.time AS began, a.time AS ended FROM gaps AS g
        ASOF LEFT JOIN main AS b ON b.one = g.one AND b.slot < g.first
        ASOF LEFT JOIN main AS a ON a.one = g.one AND a.slot > g.last),
    (SELECT groupArray((began, ended)) FROM holes) AS missing,
    (SELECT (min(time), max(time)) FROM main) AS known,
    -- Quote is USDC, else USDT, else SOL, else the lexicographically larger mint.
    ['So11111111111111111111111111111111111111112', 'Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB',
     'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v'] AS quotes,
    legs AS (
        SELECT
            pool, program, (slot, tx_index, idx, leg) AS place,
            '501:' || toString(slot) || ':' || signature || ':' || toString(idx) || if(leg = 0, '', '.' || toString(leg)) AS id,
            if(block_time = 0, m.time, toUnixTimestamp(block_time)) AS at,
            (indexOf(quotes, mint_in), mint_in) > (indexOf(quotes, mint_out), mint_out) AS buy,
            if(buy, mint_out, mint_in) AS base_mint, if(buy, mint_in, mint_out) AS quote_mint,
            toUInt256(if(buy, amount_out, amount_in)) AS base, toUInt256(if(buy, amount_in, amount_out)) AS quote,
            toInt32(if(buy, decimals_out, decimals_in)) - toInt32(if(buy, decimals_in, decimals_out)) AS decimals,
            -- What sets a price: decimals known, neither side dust, and no trade of the transaction and its way back
            -- through the same pool.
            decimals IS NOT NULL AND least(amount_in, amount_out) >= 1000 AND (slot, tx_index, pool) NOT IN (
                SELECT slot, tx_index, pool FROM swaps FINAL GROUP BY slot, tx_index, pool
                HAVING hasAny(groupArray((mint_in, mint_out)), groupArray((mint_out, mint_in)))) AS priced
        FROM (SELECT *, 1 AS one FROM swaps FINAL) AS s
        ASOF LEFT JOIN main AS m ON m.one = s.one AND m.slot <= s.slot),
    -- 18 significant digits, half to even. Two prices that differ do so in `exact`, too: amounts have 64 bits.
    prices AS (
        SELECT *,
            greatest(quote, 1) * toUInt256('1' || repeat('0', 39)) AS over, intDiv(over, greatest(base, 1)) AS exact,
            toInt64(length(toString(exact))) - 18 AS cut, greatest(base, 1) * toUInt256('1' || repeat('0', cut)) AS unit,
            intDiv(over, unit) AS down, (over - down * unit) * 2 AS rest,
            toString(down + (rest > unit OR (rest = unit AND down % 2 = 1))) AS digits,
            trim(TRAILING '0' FROM digits) AS plain,
            cut - 39 + decimals + toInt64(length(digits)) - toInt64(length(plain)) AS shift,
            leftPad(plain, greatest(1 - shift, toInt64(length(plain))), '0') AS wide,
            multiIf(NOT priced, NULL, shift >= 0, plain || repeat('0', shift),
                    left(wide, toInt64(length(wide)) + shift) || '.' || right(wide, -shift)) AS price
        FROM legs)
SELECT
    window.1 AS interval, pool, base_mint, quote_mint,
    intDiv(at, window.2) * window.2 AS open_time, open_time + window.2 AS close_time, any(program) AS program,
    argMin(price, place) AS open, argMax(price, exact) AS high, argMin(price, exact) AS low, argMax(price, place) AS close,
    sum(toUInt128(base)) AS base_volume, sum(toUInt128(quote)) AS quote_volume,
    count() AS trades, argMin(id, place) AS first_id, argMax(id, place) AS last_id,
    open_time < known.1 OR arrayExists(hole -> hole.1 < close_time AND (hole.2 >= open_time OR hole.2 = 0), missing) AS incomplete
FROM prices ARRAY JOIN [('1m', 60), ('5m', 300), ('1h', 3600)] AS window
WHERE at > 0 -- no block before it has a time either
GROUP BY window, pool, base_mint, quote_mint, open_time
HAVING close_time <= known.2
ORDER BY interval, pool, base_mint, quote_mint, open_time
