-- Every span that tries again what had failed: of the spans under one parent and of one name, one does where the last that
-- had ended before it began had failed. An end lies after its start; durations beyond all clocks are cut, so that no sum
-- overflows. Ask for some traces: the rest of `spans` is not read then.
CREATE OR REPLACE VIEW retrying_spans AS
WITH
    attempts AS
    (
        SELECT
            trace_id,
            span_id,
            parent_span_id,
            name,
            error,
            toUInt64(toUnixTimestamp64Nano(start)) AS start_ns,
            start_ns + toUInt64(greatest(least(duration_ms, 9000000000000) * 1000000, 1)) AS end_ns
        FROM spans FINAL
    ),
    moments AS
    (
        SELECT
            trace_id,
            span_id,
            moment.2 AS is_start,
            max(if(is_start, (toUInt64(0), false), (moment.1, error))) OVER
            (
                PARTITION BY trace_id, parent_span_id, name
                ORDER BY moment.1
                RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW
            ) AS last_ended
        FROM attempts
        ARRAY JOIN [(start_ns, true), (end_ns, false)] AS moment
    )
SELECT trace_id, span_id
FROM moments
WHERE is_start AND last_ended.2;
