-- Trades of one pool, one user or one mint: SELECT * FROM trades_of_pool(pool = '...') WHERE slot > ...
-- and the newest of them: SELECT * FROM newest_trades_of_pool(pool = '...', n = 100), whose cost is the same however
-- many there are. Their slots are read off the end of a projection, which sorts by its own key alone: hence an order by
-- pool too, and a second pool that there is not, or pool would be a constant and slot the table's own order.

-- The first slot of a time, for filters: WHERE slot >= (SELECT slot FROM slot_at(time = '2026-11-26 02:00:00'))
CREATE VIEW IF NOT EXISTS slot_at AS
SELECT slot FROM swaps WHERE block_time >= {time:DateTime('UTC')} ORDER BY slot LIMIT 1;

CREATE VIEW IF NOT EXISTS trades_of_pool AS
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
FROM swaps_of_pool(pool = {pool:String});

CREATE VIEW IF NOT EXISTS trades_of_user AS
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
FROM swaps_of_user(user = {user:String});

CREATE VIEW IF NOT EXISTS trades_of_mint AS
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
FROM swaps_of_mint(mint = {mint:String});

CREATE VIEW IF NOT EXISTS newest_trades_of_pool AS
SELECT * FROM trades_of_pool(pool = {pool:String})
WHERE slot IN (
    SELECT slot FROM swaps WHERE pool IN ({pool:String}, '')
    ORDER BY pool DESC, slot DESC LIMIT 1 BY slot LIMIT {n:UInt64}
)
ORDER BY slot DESC, tx_index DESC, idx DESC, leg DESC LIMIT {n:UInt64};

CREATE VIEW IF NOT EXISTS newest_trades_of_user AS
SELECT * FROM trades_of_user(user = {user:String})
WHERE slot IN (
    SELECT slot FROM swaps WHERE user IN ({user:String}, '')
    ORDER BY user DESC, slot DESC LIMIT 1 BY slot LIMIT {n:UInt64}
)
ORDER BY slot DESC, tx_index DESC, idx DESC, leg DESC LIMIT {n:UInt64};

CREATE VIEW IF NOT EXISTS newest_trades_of_mint AS
SELECT * FROM trades_of_mint(mint = {mint:String})
WHERE slot IN (
    SELECT slot FROM (SELECT slot FROM swaps WHERE mint_in IN ({mint:String}, '')
        ORDER BY mint_in DESC, slot DESC LIMIT 1 BY slot LIMIT {n:UInt64})
    UNION DISTINCT
    SELECT slot FROM (SELECT slot FROM swaps WHERE mint_out IN ({mint:String}, '')
        ORDER BY mint_out DESC, slot DESC LIMIT 1 BY slot LIMIT {n:UInt64})
)
ORDER BY slot DESC, tx_index DESC, idx DESC, leg DESC LIMIT {n:UInt64};
