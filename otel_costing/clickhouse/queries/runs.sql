-- What did runs cost, one by one and as a distribution, broken down by up to six dimensions of the caller's side?
-- A run counts whole where its first call ended, so calls from `since_ns` until `until_ns` are read, and runs that began between
-- `began_since_ns` and `began_until_ns` are told of. Each dimension is what the first call that says it says; one that is not
-- asked for is `nothing`. Percentiles and the mean are of runs whose every call has a price, and by the nearest rank. Of each
-- group the dearest runs come along. Failures are looked for in all traces of that time, as `calls` would be asked twice else.
WITH
calls AS
(
    SELECT
        run_id,
        call_id,
        trace_id,
        span_id,
        toUnixTimestamp64Nano(occurred_at) AS occurred_ns,
        status,
        error_type,
        total_usd,
        toString({dim_1:Identifier}) AS dim_1,
        toString({dim_2:Identifier}) AS dim_2,
        toString({dim_3:Identifier}) AS dim_3,
        toString({dim_4:Identifier}) AS dim_4,
        toString({dim_5:Identifier}) AS dim_5,
        toString({dim_6:Identifier}) AS dim_6
    FROM
    (
        SELECT
            *,
            '' AS nothing,
            {{times}}
        FROM resolved_entries(
            since_ns = {since_ns:Int64}, until_ns = {until_ns:Int64}, days = {days:Array(Date)},
            single_days = {single_days:Array(Date)}, with_roots = true)
        WHERE kind = 'charge'
          AND {{not_reversed}}
    )
    WHERE {{conditions}}
),
(
    SELECT groupUniqArray(trace_id)
    FROM spans
    WHERE error
      AND trace_id IN
      (
          SELECT trace_id
          FROM ledger
          WHERE occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
            AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
          UNION DISTINCT
          SELECT trace_id
          FROM findings
          WHERE kind IN ('duplicate', 'wrapper')
            AND ended_on BETWEEN toDate32(fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')) - 1
                AND toDate32(fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')) + 1
      )
) AS failing,
again AS
(
    SELECT trace_id, span_id
    FROM retrying_spans
    WHERE trace_id IN (SELECT arrayJoin(failing))
),
copies AS
(
    SELECT call_id AS copy_id, of_call_id, ended_on
    FROM findings
    WHERE kind IN ('duplicate', 'wrapper')
      AND (trace_id, span_id) IN (SELECT trace_id, span_id FROM again)
),
copied_again AS
(
    SELECT of_call_id
    FROM copies
    WHERE copy_id NOT IN
    (
        SELECT call_id
        FROM ledger FINAL
        WHERE (ended_on, call_id) IN (SELECT ended_on, copy_id FROM copies)
        GROUP BY call_id
        HAVING sum(sign) > 0
    )
),
lost AS
(
    SELECT trace_id
    FROM spans FINAL
    WHERE parent_span_id = ''
      AND trace_id IN (SELECT arrayJoin(failing))
    GROUP BY trace_id
    HAVING argMin(error, (start, span_id))
),
runs AS
(
    SELECT
        run_id,
        min(occurred_ns) AS began_ns,
        argMinIf(dim_1, (occurred_ns, call_id), dim_1 != '') AS first_1,
        argMinIf(dim_2, (occurred_ns, call_id), dim_2 != '') AS first_2,
        argMinIf(dim_3, (occurred_ns, call_id), dim_3 != '') AS first_3,
        argMinIf(dim_4, (occurred_ns, call_id), dim_4 != '') AS first_4,
        argMinIf(dim_5, (occurred_ns, call_id), dim_5 != '') AS first_5,
        argMinIf(dim_6, (occurred_ns, call_id), dim_6 != '') AS first_6,
        sum(total_usd) AS usd,
        count() AS calls,
        countIf(status = 'unpriced') AS unpriced_calls,
        countIf(status = 'partial') AS partial_calls,
        countIf(is_retry) AS retry_calls,
        sum(if(is_retry, total_usd, NULL)) AS retry_usd,
        countIf(error_type != '') AS failed_calls,
        sum(if(error_type != '', total_usd, NULL)) AS failed_usd,
        countIf(is_lost) AS lost_calls,
        sum(if(is_lost, total_usd, NULL)) AS lost_usd,
        minMap([trace_id], [occurred_ns]) AS of_traces,
        unpriced_calls + partial_calls = 0 AS is_complete
    FROM
    (
        SELECT
            *,
            (trace_id, span_id) IN (SELECT trace_id, span_id FROM again)
                OR call_id IN (SELECT of_call_id FROM copied_again) AS is_retry,
            trace_id IN (SELECT trace_id FROM lost) AS is_lost
        FROM calls
    )
    GROUP BY run_id
    HAVING began_ns >= {began_since_ns:Int64}
       AND began_ns < {began_until_ns:Int64}
)
SELECT
    [first_1, first_2, first_3, first_4, first_5, first_6] AS dimensions,
    count() AS number,
    countIf(NOT is_complete) AS incomplete_runs,
    sum(runs.usd) AS group_usd,
    sum(if(is_complete, runs.usd, NULL)) AS complete_usd,
    arraySort(groupArrayIf(assumeNotNull(runs.usd), is_complete)) AS ascending,
    arrayMap(
        percent -> if(empty(ascending), NULL, ascending[intDiv(percent * length(ascending) + 99, 100)]),
        {percentiles:Array(UInt8)}
    ) AS percentiles_usd,
    if(empty(ascending), NULL, ascending[-1]) AS dearest_usd,
    sum(runs.calls) AS group_calls,
    sum(runs.unpriced_calls) AS group_unpriced_calls,
    sum(runs.retry_calls) AS group_retry_calls,
    sum(runs.retry_usd) AS group_retry_usd,
    sum(runs.failed_calls) AS group_failed_calls,
    sum(runs.failed_usd) AS group_failed_usd,
    sum(runs.lost_calls) AS group_lost_calls,
    sum(runs.lost_usd) AS group_lost_usd,
    countIf(runs.lost_calls > 0) AS lost_runs,
    arraySlice(
        arraySort(
            run -> (isNull(run.3), -ifNull(run.3, 0), run.1),
            groupArray((
                run_id, began_ns, runs.usd, runs.calls, runs.unpriced_calls, runs.partial_calls, runs.retry_calls,
                runs.retry_usd, runs.failed_calls, runs.failed_usd, runs.lost_calls, runs.lost_usd, length(of_traces.1),
                arraySlice(arraySort((trace, at) -> (at, trace), of_traces.1, of_traces.2), 1, {most_traces:UInt16})
            ))
        ),
        1,
        {top:UInt32}
    ) AS dearest
FROM runs
GROUP BY dimensions
