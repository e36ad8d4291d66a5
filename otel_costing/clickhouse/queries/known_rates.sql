-- Which of these rates are on record, of which book?
SELECT DISTINCT
    rate_id,
    rates_digest
FROM rates
WHERE rate_id IN {rate_ids:Array(String)}
