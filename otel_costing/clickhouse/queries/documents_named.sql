-- From which exports of a file name do lines stand as posted, and of which time are they?
SELECT
    source_document,
    toString(toDate(min(starts_at), 'UTC')) AS first_day,
    toString(toDate(max(starts_at), 'UTC')) AS last_day
FROM
(
    SELECT *
    FROM reconciled_lines FINAL
    ORDER BY provider, line_key, posting DESC
    LIMIT 1 BY provider, line_key
)
WHERE document_name = {document:String}
  AND action != 'undone'
GROUP BY source_document
ORDER BY first_day, source_document
