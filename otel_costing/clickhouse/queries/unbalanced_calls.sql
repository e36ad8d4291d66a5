-- Which calls of some days, between two of them, have revisions that do not follow from each other, more than one charge
-- that stands, a reversal of nothing, or one that does not take back what was charged, in every column that is summed and
-- under all that sums are broken down by?
SELECT
    ended_on,
    call_id,
    arraySlice(groupArrayIf(revision, charges = 0), 1, 10) AS without_charge,
    arraySlice(
        arrayFilter(n -> NOT has(groupArrayIf(revision, charges > 0), n), range(least(max(revision) + 1, 1000))), 1, 10
    ) AS missing,
    arraySlice(groupArrayIf(revision, charges > 0 AND reversals = 0), 1, 10) AS standing,
    arraySlice(groupArrayIf(revision, charges > 0 AND reversals > 0 AND charged != taken_back), 1, 10) AS differing
FROM
(
    SELECT
        ended_on,
        call_id,
        revision,
        countIf(kind = 'charge') AS charges,
        countIf(kind = 'reversal') AS reversals,
        anyIf(stated, kind = 'charge') AS charged,
        anyIf(stated, kind = 'reversal') AS taken_back
    FROM
    (
        SELECT
            ended_on,
            call_id,
            revision,
            kind,
            if(kind = 'reversal', -1, 1) AS way,
            cityHash64(
                toString((
                    way * sign, way * duration_ms, way * total_usd, way * reported_usd,
                    arrayMap(one -> way * one, items.quantity), arrayMap(one -> way * one, items.amount_usd),
                    arrayMap(one -> way * one, items.list_amount_usd), items.meter, items.unit, items.per,
                    items.unit_price, items.list_unit_price
                )),
                occurred_at, trace_id, span_id, response_id, provider, model, request_model, response_model, operation,
                service_tier, region, provider_account, team, project, workflow, workflow_run_id, feature, customer_id,
                user_id, session_id, environment, purpose, release, agent, tool, origin_team, origin_workflow,
                origin_workflow_run_id, origin_feature, origin_source, service, scope, status, status_reason, rate_id,
                reported_by, error_type, sender, authenticated_team, dialect, promoted_1, promoted_2, promoted_3, promoted_4,
                promoted_5, promoted_6, promoted_7, promoted_8
            ) AS stated
        FROM ledger FINAL
        WHERE ended_on >= {first_day:Date}
          AND ended_on <= {last_day:Date}
          AND call_id >= {first:String}
          AND ({beyond:String} = '' OR call_id < {beyond:String})
          AND kind IN ('charge', 'reversal')
    )
    GROUP BY ended_on, call_id, revision
)
GROUP BY ended_on, call_id
HAVING notEmpty(without_charge) OR notEmpty(missing) OR length(standing) > 1 OR notEmpty(differing)
ORDER BY ended_on, call_id
