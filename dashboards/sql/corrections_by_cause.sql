-- What did corrections change, by cause? By when they were posted; a call that moved between teams comes to nothing.
WITH
    {{time}},
    {{owner}},
    {{corrections}}
SELECT
    cause,
    uniqExactIf(call_id, kind != 'adjustment') AS all_calls,
    count() AS all_entries,
    sum(if(total_usd < 0, total_usd, NULL)) AS taken_back_usd,
    sum(if(total_usd >= 0, total_usd, NULL)) AS charged_usd,
    sum(total_usd) AS change_usd
FROM corrections
GROUP BY cause
ORDER BY abs(change_usd) DESC NULLS LAST, cause
