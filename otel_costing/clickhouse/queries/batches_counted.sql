-- How many batches are on record, and of how many was it not kept what each brought?
SELECT
    uniqExact(batch_id) AS batches,
    uniqExactIf(batch_id, entries_digest = '') AS unproven
FROM batches
