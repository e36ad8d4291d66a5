-- How many bytes does an entry take, by what its columns hold?
SELECT
    multiIf(
        column IN ('entry_id', 'call_id', 'content_digest', 'batch_id'), 'ids of the ledger',
        column IN ('trace_id', 'span_id', 'parent_span_id', 'response_id'), 'ids of the wire',
        column IN ('customer_id', 'user_id', 'session_id', 'workflow_run_id', 'origin_workflow_run_id'), 'who and which run',
        endsWith(column, '_at') OR column IN ('ended_on', 'booked_first', 'duration_ms'), 'instants',
        column IN ('total_usd', 'items.amount_usd', 'items.list_amount_usd'), 'amounts',
        startsWith(column, 'items.'), 'lines without amounts',
        'names'
    ) AS held,
    sum(column_data_compressed_bytes + column_marks_bytes) / (SELECT count() FROM ledger) AS bytes,
    sum(column_data_uncompressed_bytes) / (SELECT count() FROM ledger) AS unpacked
FROM system.parts_columns
WHERE active AND database = currentDatabase() AND table = 'ledger'
GROUP BY held
-- Of a small part, whose columns share a file, it is not known.
HAVING unpacked > 0
UNION ALL
SELECT
    'all, with indexes' AS held,
    sum(bytes_on_disk) / sum(rows) AS bytes,
    sum(data_uncompressed_bytes) / sum(rows) AS unpacked
FROM system.parts
WHERE active AND database = currentDatabase() AND table = 'ledger'
