-- Which of these evaluations are booked already, and by which batch?
SELECT
    evaluation_id,
    batch_id
FROM evaluations
WHERE evaluated_on IN {days:Array(Date)}
  AND evaluation_id IN {evaluation_ids:Array(String)}
