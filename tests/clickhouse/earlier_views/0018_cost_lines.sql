-- As before, with the columns that the ledger has gained.
-- The same as `costs`, one row per line item; a call without any is one row with an empty meter and
-- nothing else of a line.
CREATE OR REPLACE VIEW cost_lines AS
SELECT
    * EXCEPT (`items.meter`, `items.quantity`, `items.unit`, `items.list_unit_price`, `items.unit_price`,
        `items.per`, `items.list_amount_usd`, `items.amount_usd`),
    `items.meter` AS meter,
    if(`items.meter` = '', NULL, `items.quantity`) AS quantity,
    `items.unit` AS unit,
    `items.list_unit_price` AS list_unit_price,
    `items.unit_price` AS unit_price,
    if(`items.meter` = '', NULL, `items.per`) AS per,
    `items.list_amount_usd` AS list_amount_usd,
    `items.amount_usd` AS amount_usd
FROM costs
LEFT ARRAY JOIN
    `items.meter`, `items.quantity`, `items.unit`, `items.list_unit_price`, `items.unit_price`,
    `items.per`, `items.list_amount_usd`, `items.amount_usd`;
