-- What was spent in this time, and how far is that the whole of it?
WITH
    {{time}},
    {{payer_of_filters}},
    {{chosen_spend}}
SELECT
    sum(usd) AS total_usd,
    if(count() = 0, NULL, sum(calls)) AS all_calls,
    if(count() = 0, NULL, sum(partial_calls)) AS all_partial_calls,
    if(count() = 0, NULL, sum(unpriced_calls)) AS all_unpriced_calls
FROM chosen
