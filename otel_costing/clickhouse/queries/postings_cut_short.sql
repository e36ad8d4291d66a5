-- Of which lines were postings decided whose entries are not all in the ledger?
WITH booked AS
(
    SELECT call_id, revision, uniqExact(entry_id) AS entries
    FROM ledger
    WHERE kind = 'adjustment'
    GROUP BY call_id, revision
)
SELECT
    provider,
    line_key
FROM reconciled_lines AS sealed FINAL
LEFT JOIN booked ON booked.call_id = sealed.line_key AND booked.revision = sealed.posting
WHERE arrayCount(amount -> amount != 0, sealed.`shares.amount_usd`) > booked.entries
GROUP BY provider, line_key
ORDER BY provider, line_key
