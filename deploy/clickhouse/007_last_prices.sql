-- The last price of every pool, kept as swaps come in: latest_price reads a row a pool and pair, and no swap.
-- The greatest stays: the last in the order of the chain, of one id that stored last. What comes twice changes nothing.
-- Every insert into swaps fills it: the lightest codec.
CREATE TABLE IF NOT EXISTS last_prices
(
    pool       String,
    base_mint  String,
    quote_mint String,
    last       SimpleAggregateFunction(max, Tuple(
        slot UInt64, tx_index UInt32, idx UInt32, leg UInt32, stored_at DateTime64(6, 'UTC'),
        price Float64, program String, signature String)),
    at         SimpleAggregateFunction(max, DateTime('UTC'))
)
ENGINE = AggregatingMergeTree
ORDER BY (pool, base_mint, quote_mint);

CREATE MATERIALIZED VIEW IF NOT EXISTS last_prices_of_inserts TO last_prices AS
WITH
    map(
        'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', 3,
        'Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB', 2,
        'So11111111111111111111111111111111111111112', 1
    ) AS quotes,
    (quotes[mint_in], mint_in) > (quotes[mint_out], mint_out) AS buy,
    if(buy, amount_out, amount_in) AS base_amount,
    if(buy, amount_in, amount_out) AS quote_amount,
    if(buy, decimals_out, decimals_in) AS base_decimals,
    if(buy, decimals_in, decimals_out) AS quote_decimals,
    if(base_amount = 0, NULL, quote_amount / base_amount * exp10(base_decimals - quote_decimals)) AS price
SELECT
    pool,
    if(buy, mint_out, mint_in) AS base_mint,
    if(buy, mint_in, mint_out) AS quote_mint,
    (slot, tx_index, idx, leg, stored_at, assumeNotNull(price), toString(program), signature) AS last,
    block_time AS at
FROM swaps
WHERE price > 0;

-- What was there before. After the view, so that nothing that comes meanwhile is left out.
INSERT INTO last_prices
WITH
    map(
        'EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v', 3,
        'Es9vMFrzaCERmJfrF4H2FYD4KCoNkY11McCe8BenwNYB', 2,
        'So11111111111111111111111111111111111111112', 1
    ) AS quotes,
    (quotes[mint_in], mint_in) > (quotes[mint_out], mint_out) AS buy,
    if(buy, amount_out, amount_in) AS base_amount,
    if(buy, amount_in, amount_out) AS quote_amount,
    if(buy, decimals_out, decimals_in) AS base_decimals,
    if(buy, decimals_in, decimals_out) AS quote_decimals,
    if(base_amount = 0, NULL, quote_amount / base_amount * exp10(base_decimals - quote_decimals)) AS price
SELECT
    pool,
    if(buy, mint_out, mint_in) AS base_mint,
    if(buy, mint_in, mint_out) AS quote_mint,
    (slot, tx_index, idx, leg, stored_at, assumeNotNull(price), toString(program), signature) AS last,
    block_time AS at
FROM swaps FINAL
WHERE price > 0;

-- The last price of every pool.
CREATE OR REPLACE VIEW latest_price AS
SELECT
    pool,
    tupleElement(max(last) AS newest, 'program') AS program,
    base_mint,
    quote_mint,
    tupleElement(newest, 'price') AS price,
    max(p.at) AS at,
    tupleElement(newest, 'signature') AS signature
FROM last_prices AS p
GROUP BY pool, base_mint, quote_mint;
