-- What stood when the rollups were last checked, and what has come since? And what would a check of now say of what was
-- booked in the last `margin_s` seconds, which may be joined by bookings that began earlier? Rows are counted as they
-- lie, copies and all: a copy that merges away makes the rollups doubtful, and nothing worse. A check that knows of no day
-- which holds each entry once is from before such were looked for, or as good as none.
WITH
    (
        SELECT (count(), argMax(
            (toUnixTimestamp64Micro(settled_until), entries, spans, recent, recent_spans, recent_roots, builds, single_days),
            checked_at
        ))
        FROM rollup_checks
    ) AS found,
    found.2 AS known,
    fromUnixTimestamp64Micro(toUnixTimestamp64Micro(now64(6)) - {margin_s:Int64} * 1000000, 'UTC') AS next_until,
    if(found.1 = 0, next_until, fromUnixTimestamp64Micro(known.1, 'UTC')) AS known_until,
    (SELECT count() FROM ledger) AS all_entries,
    (SELECT count() FROM spans) AS all_spans,
    (
        SELECT (groupArrayIf((day, known_rows, known_digest), known_rows > 0), groupArrayIf((day, next_rows, next_digest), next_rows > 0))
        FROM
        (
            SELECT
                toDate(occurred_at) AS day,
                countIf(booked_at > known_until) AS known_rows,
                sumIf(cityHash64(entry_id), booked_at > known_until) AS known_digest,
                countIf(booked_at > next_until) AS next_rows,
                sumIf(cityHash64(entry_id), booked_at > next_until) AS next_digest
            FROM ledger
            WHERE booked_at > least(known_until, next_until)
            GROUP BY day
            ORDER BY day
        )
    ) AS of_entries,
    (
        SELECT
            (
                countIf(booked_at > known_until),
                sumIf(cityHash64(trace_id, span_id), booked_at > known_until AND parent_span_id = ''),
                countIf(booked_at > next_until),
                sumIf(cityHash64(trace_id, span_id), booked_at > next_until AND parent_span_id = '')
            )
        FROM spans
        WHERE booked_at > least(known_until, next_until)
    ) AS of_spans
SELECT
    found.1 > 0 AND (notEmpty(known.8) OR empty(known.7)) AS is_checked,
    known.7 AS builds,
    known.8 AS single_days,
    all_entries,
    all_spans,
    (known.1, known.2, known.3, known.4, known.5, known.6) AS known_standing,
    of_entries.1 AS recent_since_known,
    of_spans.1 AS spans_since_known,
    of_spans.2 AS roots_since_known,
    toUnixTimestamp64Micro(next_until) AS next_until_us,
    of_entries.2 AS recent_since_next,
    of_spans.3 AS spans_since_next,
    of_spans.4 AS roots_since_next
