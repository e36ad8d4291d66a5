-- What was it spent on? An entry that is taken back counts against its charge.
WITH
    {{time}},
    {{payer_of_filters}},
    {{chosen_entries}},
    meters AS
    (
        SELECT
            item_meter AS meter,
            any(item_unit) AS unit,
            sum(item_quantity) AS all_quantity,
            sum(if(item_usd IS NULL, 0, item_quantity)) AS priced_quantity,
            if(sum(if(item_usd IS NULL, 0, sense)) = 0, NULL, sum(item_usd)) AS meter_usd
        FROM chosen
        ARRAY JOIN
            items.meter AS item_meter,
            items.quantity AS item_quantity,
            items.unit AS item_unit,
            items.amount_usd AS item_usd
        GROUP BY meter
        HAVING sum(sense) != 0
    )
SELECT
    meter,
    all_quantity AS quantity,
    unit,
    meter_usd AS usd,
    100 * meter_usd / nullIf(sum(meter_usd) OVER (), 0) AS usd_percent,
    1000000 * meter_usd / nullIf(if(unit = 'token', priced_quantity, 0), 0) AS usd_per_million
FROM meters
ORDER BY usd DESC NULLS LAST, meter
