entries AS
(
    -- Of two rows of one entry the first booked holds. Adjustments are of no trace, and where none is chosen there is none.
    SELECT *, (occurred_at, call_id, revision) AS known
    FROM ledger
    WHERE trace_id = {{trace_id}} AND trace_id != ''
    ORDER BY booked_first DESC
    LIMIT 1 BY ended_on, call_id, entry_id
),
calls AS
(
    -- What stands, by the span that tells of it.
    SELECT
        entry.span_id AS span_id,
        argMin(entry.parent_span_id, known) AS parent_span_id,
        argMin(arrayStringConcat(arrayFilter(part -> part != '', [entry.operation, entry.model]), ' '), known) AS name,
        argMin(entry.service, known) AS service,
        argMin(entry.team, known) AS team,
        argMin(entry.provider, known) AS provider,
        argMin(entry.model, known) AS model,
        argMin(entry.status, known) AS status,
        argMin(entry.status_reason, known) AS status_reason,
        argMinIf(entry.error_type, known, entry.error_type != '') AS error_type,
        argMin(entry.duration_ms, known) AS duration_ms,
        argMin(toUnixTimestamp64Nano(entry.occurred_at) - entry.duration_ms * 1000000, known) AS start_ns,
        sum(sign) AS calls,
        sum(if(entry.status = 'unpriced', sign, 0)) AS unpriced_calls,
        sum(total_usd) AS usd,
        sumMap(entry.items.meter, entry.items.quantity) AS quantities
    FROM entries AS entry
    WHERE kind != 'reversal'
      AND (call_id, revision) NOT IN (SELECT call_id, revision FROM entries WHERE kind = 'reversal')
    GROUP BY span_id
),
kept AS
(
    -- Of two rows of one span the first received holds.
    SELECT *
    FROM spans
    WHERE trace_id = {{trace_id}} AND trace_id != ''
    ORDER BY received_first DESC
    LIMIT 1 BY span_id
),
traced AS
(
    -- A call whose span was not kept stands in by itself.
    SELECT
        kept.span_id != '' AS is_kept,
        if(is_kept, kept.span_id, calls.span_id) AS span_id,
        if(is_kept, kept.parent_span_id, calls.parent_span_id) AS parent_span_id,
        if(is_kept, kept.name, calls.name) AS name,
        if(is_kept, kept.kind, '') AS kind,
        if(is_kept, kept.service, calls.service) AS service,
        if(is_kept, kept.team, calls.team) AS team,
        if(is_kept, toUnixTimestamp64Nano(kept.start), calls.start_ns) AS start_ns,
        if(is_kept, kept.duration_ms, calls.duration_ms) AS duration_ms,
        kept.error OR calls.error_type != '' AS is_failed,
        calls.error_type AS error_type,
        calls.provider AS provider,
        calls.model AS model,
        calls.status AS status,
        calls.status_reason AS status_reason,
        calls.calls AS calls,
        calls.unpriced_calls AS unpriced_calls,
        calls.usd AS usd,
        calls.quantities AS quantities
    FROM kept
    FULL OUTER JOIN calls ON calls.span_id = kept.span_id
)
