-- What did corrections change, by cause? By when they were posted; a call that moved between teams comes to nothing.
-- Where nothing was taken back, or charged, that is 0; where none of it has a price it is not known.
WITH
    {{time}},
    {{owner}},
    {{corrections}},
    kind = 'reversal' OR ifNull(total_usd < 0, false) AS is_taken_back
SELECT
    cause,
    uniqExactIf(call_id, kind != 'adjustment') AS all_calls,
    count() AS all_entries,
    if(countIf(is_taken_back) = 0, 0, sum(if(total_usd < 0, total_usd, NULL))) AS taken_back_usd,
    if(countIf(NOT is_taken_back) = 0, 0, sum(if(total_usd >= 0, total_usd, NULL))) AS charged_usd,
    sum(total_usd) AS change_usd
FROM corrections
GROUP BY cause
ORDER BY abs(change_usd) DESC NULLS LAST, cause
