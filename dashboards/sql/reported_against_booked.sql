-- Where do others report another cost than what is booked? Only calls that are priced in full are compared.
WITH
    {{time}},
    {{owner}},
    {{chosen_entries}}
SELECT
    reported_by AS reporter,
    provider AS provider_name,
    model AS model_name,
    sum(sign) AS compared_calls,
    sum(total_usd) AS booked_usd,
    sum(chosen.reported_usd) AS theirs_usd,
    booked_usd - theirs_usd AS difference_usd,
    100 * difference_usd / nullIf(theirs_usd, 0) AS difference_percent
FROM chosen
WHERE status = 'priced' AND reported_usd IS NOT NULL
GROUP BY reporter, provider_name, model_name
HAVING sum(sense) != 0
ORDER BY abs(difference_usd) DESC, reporter, provider_name, model_name
LIMIT 200
