-- Which traces of this time cost the most?
WITH
    {{time}}
SELECT
    trace_id,
    sum(total_usd) AS usd,
    count() AS calls,
    countIf(status = 'unpriced') AS unpriced_calls,
    arrayStringConcat(arraySort(groupUniqArrayIf(10)(team, team != '')), ', ') AS teams,
    arrayStringConcat(arraySort(groupUniqArrayIf(10)(workflow, workflow != '')), ', ') AS workflows,
    max(occurred_at) AS last_at
FROM resolved_entries(since_ns = since_ns, until_ns = until_ns, days = [], single_days = [], with_roots = false)
WHERE {{standing}}
GROUP BY trace_id
ORDER BY usd DESC NULLS LAST, trace_id
LIMIT 20
