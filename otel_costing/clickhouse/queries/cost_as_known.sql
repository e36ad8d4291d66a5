-- What did it cost as the ledger was known at an instant, and how many calls were it, by up to six dimensions?
-- With `by_month` entries count in the month that they are billed in, a correction where it was booked, and an origin is
-- that of the month's closing; without, a call counts as it stands, and an origin is as known then. A dimension that is not
-- asked for is `nothing`, and so is an unused filter. Hours to months are those of `time_zone`; a billing month is of UTC.
WITH
    fromUnixTimestamp64Micro({known_until_us:Int64}, 'UTC') AS known_until,
    closed AS
    (
        SELECT billing_period, change_id
        FROM closings
        WHERE closed_from <= known_until AND open_again_at > known_until AND change_id != ''
    ),
    frozen AS
    (
        SELECT
            billing_period AS of_month,
            trace_id AS of_trace,
            (team, workflow, workflow_run_id, feature, authenticated_team) AS span
        FROM frozen_roots FINAL
        WHERE (billing_period, change_id) IN (SELECT billing_period, change_id FROM closed)
    ),
    roots AS
    (
        SELECT
            trace_id AS of_trace,
            argMin((team, workflow, workflow_run_id, feature, authenticated_team), (start, span_id)) AS span
        FROM root_spans
        WHERE booked_at <= known_until
          AND trace_id IN
          (
              SELECT trace_id FROM ledger WHERE origin_source = 'none'
              UNION DISTINCT
              SELECT trace_id FROM root_spans WHERE authenticated_team != ''
          )
        GROUP BY trace_id
    )
SELECT
    {{dimensions}},
    sum(amount) AS usd,
    sum(sign) AS calls,
    sum(if(status = 'unpriced', sign, 0)) AS unpriced_calls,
    sum(counted) AS quantity,
    sum(if(is_only_claimed, amount, NULL)) AS unverified_usd,
    sum(if(is_only_claimed, sign, 0)) AS unverified_calls
FROM
(
    WITH
        {by_month:Bool} AND entry.billing_period IN (SELECT billing_period FROM closed) AS is_frozen,
        if(is_frozen, frozen.span, roots.span) AS root,
        if(is_frozen, frozen.of_trace, roots.of_trace) != '' AND entry.origin_source = 'none'
            AND NOT mapContains(entry.tags, 'quarantine') AS is_taken_from_root,
        if(is_taken_from_root, root.1, entry.origin_team) AS caller
    SELECT
        entry.* REPLACE (
            caller AS origin_team,
            if(is_taken_from_root, root.2, entry.origin_workflow) AS origin_workflow,
            if(is_taken_from_root, if(root.3 = '', entry.trace_id, root.3), entry.origin_workflow_run_id)
                AS origin_workflow_run_id,
            if(is_taken_from_root, root.4, entry.origin_feature) AS origin_feature
        ),
        '' AS nothing,
        toBool(caller != '' AND caller = root.5) AS origin_verified,
        caller != '' AND NOT origin_verified AS is_only_claimed,
        line.1 AS meter,
        if({by_line:Bool}, line.2, entry.sign) AS counted,
        if({by_line:Bool}, line.3, entry.total_usd) AS amount,
        {{times}}
    FROM
    (
        SELECT
            *,
            arrayJoin(
                if({by_line:Bool} AND notEmpty(`items.meter`),
                    arrayMap(
                        (meter, quantity, amount_usd) -> (meter, CAST(quantity, 'Nullable(Int64)'), amount_usd),
                        CAST(`items.meter`, 'Array(String)'), `items.quantity`, `items.amount_usd`
                    ),
                    [('', CAST(NULL, 'Nullable(Int64)'), CAST(NULL, 'Nullable(Decimal(38, 12))'))]
                )
            ) AS line
        FROM billed
        WHERE booked_at <= known_until
          AND if({by_month:Bool},
              NOT ifNull(counterpart_at <= known_until AND counterpart_in = billing_period, false),
              kind != 'reversal' AND NOT ifNull(counterpart_at <= known_until, false))
          AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
          AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
          AND ({period:String} = '' OR billing_period = {period:String})
    ) AS entry
    LEFT JOIN roots ON roots.of_trace = entry.trace_id
    LEFT JOIN frozen ON frozen.of_trace = entry.trace_id AND frozen.of_month = entry.billing_period
)
WHERE {{conditions}}
GROUP BY dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
ORDER BY usd DESC NULLS LAST, dim_1, dim_2, dim_3, dim_4, dim_5, dim_6
