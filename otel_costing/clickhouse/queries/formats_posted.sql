-- In which formats do lines stand as posted, for which accounts and months of some providers, and from which export was the
-- last of them?
SELECT
    provider,
    provider_account AS account,
    formatDateTime(starts_at, '%Y-%m', 'UTC') AS month,
    format,
    argMax(document_name, (sealed_at, line_key)) AS told_in
FROM
(
    SELECT *
    FROM reconciled_lines FINAL
    WHERE provider IN {providers:Array(String)}
    ORDER BY provider, line_key, posting DESC
    LIMIT 1 BY provider, line_key
)
WHERE action != 'undone'
  AND format != ''
GROUP BY provider, account, month, format
ORDER BY provider, account, month, format
