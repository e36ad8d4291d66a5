-- Which of these outcomes are booked already, with what content, and by which batch?
SELECT
    outcome_id,
    content_digest,
    batch_id
FROM outcomes FINAL
WHERE outcome_id IN {outcome_ids:Array(String)}
