-- Each evaluation with the call it is of, null where that is not known. `linked_by` says how it was found: by the
-- evaluation's span, or another span that tells of the same call (`span`), else by its response id where one call alone
-- has that (`response`). An evaluation that names another response than the span's call does stands on the evaluator's
-- own span, and is not of that call.
CREATE OR REPLACE VIEW evaluated_calls AS
WITH
    told AS
    (
        SELECT evaluation_id, response_id AS said, span_call_id AS call_id, (0, 0) AS rank
        FROM evaluations
        WHERE span_call_id != ''
        UNION ALL
        SELECT evaluation_id, response_id AS said, copy.of_call_id AS call_id, (1, copy.age) AS rank
        FROM evaluations
        INNER JOIN
        (
            SELECT call_id, of_call_id, -toInt64(toUnixTimestamp64Micro(max(found_at))) AS age
            FROM findings
            WHERE kind IN ('duplicate', 'wrapper')
            GROUP BY call_id, of_call_id
        ) AS copy ON copy.call_id = evaluations.span_call_id
        UNION ALL
        SELECT evaluation_id, response_id AS said, answer.call_id AS call_id, (2, 0) AS rank
        FROM evaluations
        INNER JOIN
        (
            SELECT response_id, any(call_id) AS call_id
            FROM costs
            WHERE kind = 'charge' AND response_id != '' AND response_id IN (SELECT response_id FROM evaluations)
            GROUP BY response_id
            HAVING count() = 1
        ) AS answer ON answer.response_id = evaluations.response_id
    ),
    links AS
    (
        SELECT
            told.evaluation_id AS evaluation_id,
            argMin(
                (
                    told.rank.1, costs.call_id, costs.occurred_at, costs.team, costs.workflow, costs.workflow_run_id,
                    costs.feature, costs.environment, costs.purpose, costs.release, costs.service, costs.provider,
                    costs.model, costs.status, costs.total_usd
                ),
                told.rank
            ) AS call
        FROM costs
        INNER JOIN told ON told.call_id = costs.call_id
        WHERE costs.kind = 'charge' AND (told.said = '' OR costs.response_id IN ('', told.said))
        GROUP BY told.evaluation_id
    ),
    links.evaluation_id != '' AS is_known
SELECT
    evaluation.evaluation_id AS evaluation_id,
    evaluation.name AS name,
    evaluation.score_value AS score_value,
    evaluation.score_label AS score_label,
    evaluation.error_type AS error_type,
    evaluation.evaluated_at AS evaluated_at,
    evaluation.trace_id AS trace_id,
    evaluation.span_id AS span_id,
    evaluation.response_id AS response_id,
    evaluation.service AS evaluator_service,
    evaluation.team AS evaluator_team,
    evaluation.scope AS scope,
    if(is_known, if(links.call.1 = 2, 'response', 'span'), NULL) AS linked_by,
    if(is_known, links.call.2, NULL) AS call_id,
    if(is_known, links.call.3, NULL) AS occurred_at,
    if(is_known, links.call.4, NULL) AS team,
    if(is_known, links.call.5, NULL) AS workflow,
    if(is_known, links.call.6, NULL) AS workflow_run_id,
    if(is_known, links.call.7, NULL) AS feature,
    if(is_known, links.call.8, NULL) AS environment,
    if(is_known, links.call.9, NULL) AS purpose,
    if(is_known, links.call.10, NULL) AS release,
    if(is_known, links.call.11, NULL) AS service,
    if(is_known, links.call.12, NULL) AS provider,
    if(is_known, links.call.13, NULL) AS model,
    if(is_known, links.call.14, NULL) AS status,
    if(is_known, links.call.15, NULL) AS total_usd
FROM evaluations AS evaluation FINAL
LEFT JOIN links ON links.evaluation_id = evaluation.evaluation_id;
