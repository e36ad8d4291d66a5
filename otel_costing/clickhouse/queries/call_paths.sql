-- On which paths were calls made, and what did each cost by itself and with all below it?
-- A path is workflow > team and service, each time either changes on the way from the root down > agent > tool >
-- operation > model, as tuples of kind, name and service. From each call the parents are walked up, as far as they are
-- known, until they lead back into themselves, and over so many spans at most. What a span does not say is no change.
WITH RECURSIVE
calls AS
(
    SELECT
        trace_id,
        parent_span_id,
        origin_workflow,
        team,
        service,
        agent,
        tool,
        operation,
        model,
        sum(total_usd) AS usd,
        sum(sign) AS calls,
        sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
        sumMap(
            arrayFilter((meter, unit) -> unit = 'token', items.meter, items.unit),
            arrayFilter((quantity, unit) -> unit = 'token', items.quantity, items.unit)
        ) AS tokens
    FROM
    (
        SELECT *, '' AS nothing
        FROM resolved_entries(
            since_ns = {since_ns:Int64}, until_ns = {until_ns:Int64}, days = {days:Array(Date)},
            single_days = {single_days:Array(Date)}, with_roots = true)
    )
    WHERE kind != 'reversal'
      AND {{not_reversed}}
      AND {{conditions}}
    GROUP BY ALL
),
climbing AS
(
    SELECT DISTINCT
        trace_id,
        parent_span_id AS start_id,
        parent_span_id AS next_id,
        CAST([], 'Array(String)') AS passed,
        CAST([], 'Array(Tuple(String, String))') AS ran
    FROM calls
    WHERE parent_span_id != ''
    UNION ALL
    SELECT
        climbing.trace_id,
        climbing.start_id,
        span.parent_span_id,
        arrayPushBack(climbing.passed, span.span_id),
        if(climbing.ran[1] = span.ran, climbing.ran, arrayPushFront(climbing.ran, span.ran))
    FROM climbing
    INNER JOIN
    (
        SELECT trace_id, span_id, parent_span_id, CAST((team, service), 'Tuple(String, String)') AS ran
        FROM spans FINAL
        WHERE (trace_id, span_id) IN (SELECT trace_id, next_id FROM climbing)
    ) AS span
        ON span.trace_id = climbing.trace_id AND span.span_id = climbing.next_id
    WHERE NOT has(climbing.passed, climbing.next_id)
      AND length(climbing.passed) < {most_above:UInt16}
),
climbed AS
(
    SELECT trace_id, start_id, argMax(ran, length(passed)) AS above
    FROM climbing
    GROUP BY trace_id, start_id
),
ending AS
(
    SELECT
        above,
        origin_workflow,
        team,
        service,
        agent,
        tool,
        operation,
        model,
        sum(usd) AS usd,
        sum(calls.calls) AS calls,
        sum(unpriced_calls) AS unpriced_calls,
        sumMap(calls.tokens.1, calls.tokens.2) AS tokens
    FROM calls
    LEFT JOIN climbed ON climbed.trace_id = calls.trace_id AND climbed.start_id = calls.parent_span_id
    GROUP BY above, origin_workflow, team, service, agent, tool, operation, model
),
paths AS
(
    SELECT
        arrayFold(
            (steps, one) -> if(
                notEmpty(steps)
                    AND (one.1 = '' OR steps[-1].1 IN ('', one.1))
                    AND (one.2 = '' OR steps[-1].2 IN ('', one.2)),
                arrayPushBack(
                    arrayPopBack(steps),
                    (if(steps[-1].1 = '', one.1, steps[-1].1), if(steps[-1].2 = '', one.2, steps[-1].2))
                ),
                arrayPushBack(steps, one)
            ),
            arrayPushBack(above, CAST((team, service), 'Tuple(String, String)')),
            CAST([], 'Array(Tuple(String, String))')
        ) AS steps,
        arraySlice(
            arrayConcat(
                [('workflow', toString(origin_workflow), '')],
                arrayMap(step -> ('team', step.1, step.2), steps),
                if(agent = '', [], [('agent', toString(agent), '')]),
                if(tool = '', [], [('tool', toString(tool), '')]),
                [('operation', toString(operation), ''), ('model', toString(model), '')]
            ),
            1,
            {depth:UInt16}
        ) AS path,
        usd,
        calls,
        unpriced_calls,
        tokens
    FROM ending
)
SELECT
    beginning AS path,
    sum(if(beginning = paths.path, usd, NULL)) AS own_usd,
    sum(usd) AS subtree_usd,
    sum(if(beginning = paths.path, paths.calls, 0)) AS calls,
    sum(paths.calls) AS subtree_calls,
    sum(if(beginning = paths.path, unpriced_calls, 0)) AS unpriced_calls,
    sum(paths.unpriced_calls) AS subtree_unpriced_calls,
    sumMapIf(paths.tokens.1, paths.tokens.2, beginning = paths.path) AS tokens,
    sumMap(paths.tokens.1, paths.tokens.2) AS subtree_tokens
FROM paths
ARRAY JOIN arrayMap(length -> arraySlice(paths.path, 1, length), arrayEnumerate(paths.path)) AS beginning
GROUP BY beginning
