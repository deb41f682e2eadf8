-- What people ask for. Every view counts a swap once, whether merges have come by yet or not.

-- Swaps turned the way a market is read: quote is USDC, else USDT, else SOL, else the lexicographically larger mint.
-- buy: the trader paid quote. Amounts are raw; price is quote per base with decimals applied, null without them.
CREATE VIEW IF NOT EXISTS trades AS
WITH
    map(
        'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', 3,
        'Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB', 2,
        'So11111111111111111111111111111111111111112', 1
    ) AS quotes,
    (quotes[mint_in], mint_in) > (quotes[mint_out], mint_out) AS buy
SELECT
    slot, block_time, tx_index, signature, idx, leg, program, kind, pool, user, route, repair, buy,
    if(buy, mint_out, mint_in) AS base_mint,
    if(buy, mint_in, mint_out) AS quote_mint,
    if(buy, amount_out, amount_in) AS base_amount,
    if(buy, amount_in, amount_out) AS quote_amount,
    if(buy, decimals_out, decimals_in) AS base_decimals,
    if(buy, decimals_in, decimals_out) AS quote_decimals,
    if(base_amount = 0, NULL, quote_amount / base_amount * exp10(base_decimals - quote_decimals)) AS price
FROM swaps FINAL;

-- The last price of every pool.
CREATE VIEW IF NOT EXISTS latest_price AS
SELECT
    pool,
    argMax(t.program, (slot, tx_index, idx, leg)) AS program,
    base_mint,
    quote_mint,
    argMax(t.price, (slot, tx_index, idx, leg)) AS price,
    max(block_time) AS at,
    argMax(t.signature, (slot, tx_index, idx, leg)) AS signature
FROM trades AS t
WHERE t.price > 0
GROUP BY pool, base_mint, quote_mint;

-- Volume of every program by hour, in whole units of each quote token; null where its decimals are not known.
CREATE VIEW IF NOT EXISTS volume_by_program AS
SELECT
    toStartOfHour(block_time) AS hour,
    program,
    quote_mint,
    count() AS swaps,
    uniq(user) AS traders,
    sum(quote_amount * exp10(-quote_decimals)) AS volume
FROM trades
GROUP BY hour, program, quote_mint;

-- Pools by the volume of the last day of data, ranked among those with the same quote token.
CREATE VIEW IF NOT EXISTS top_pools AS
SELECT
    quote_mint,
    row_number() OVER (PARTITION BY quote_mint ORDER BY volume DESC, pool) AS rank,
    pool,
    program,
    base_mint,
    swaps,
    traders,
    volume,
    price
FROM (
    SELECT
        pool, quote_mint, base_mint,
        any(t.program) AS program,
        count() AS swaps,
        uniq(user) AS traders,
        sum(quote_amount * exp10(-quote_decimals)) AS volume,
        argMaxIf(t.price, (slot, tx_index, idx, leg), t.price > 0) AS price
    FROM trades AS t
    WHERE block_time > (SELECT max(block_time) FROM swaps) - INTERVAL 1 DAY
    GROUP BY pool, quote_mint, base_mint
);

-- The last revision of every candle, with numbers for prices.
CREATE VIEW IF NOT EXISTS candles_final AS
SELECT
    interval, pool, open_time, close_time, revision, program, base_mint, quote_mint,
    toFloat64(open) AS open, toFloat64(high) AS high, toFloat64(low) AS low, toFloat64(close) AS close,
    base_volume, quote_volume, trades, first_id, last_id, incomplete, stored_at
FROM candles FINAL
ORDER BY revision DESC
LIMIT 1 BY interval, pool, open_time, base_mint, quote_mint;

-- The swaps of one pool, one user or one mint: SELECT * FROM swaps_of_pool(pool = '...').
-- FINAL reads no projection, so these absorb by themselves what is not merged yet. An order by slot in here would be
-- read from the key, and no projection with it.
CREATE VIEW IF NOT EXISTS swaps_of_pool AS
SELECT * FROM swaps WHERE pool = {pool:String}
ORDER BY stored_at DESC LIMIT 1 BY slot, signature, idx, leg;

CREATE VIEW IF NOT EXISTS swaps_of_user AS
SELECT * FROM swaps WHERE user = {user:String}
ORDER BY stored_at DESC LIMIT 1 BY slot, signature, idx, leg;

CREATE VIEW IF NOT EXISTS swaps_of_mint AS
SELECT * FROM
(
    SELECT * FROM swaps WHERE mint_in = {mint:String}
    UNION ALL
    SELECT * FROM swaps WHERE mint_out = {mint:String}
)
ORDER BY stored_at DESC LIMIT 1 BY slot, signature, idx, leg;
