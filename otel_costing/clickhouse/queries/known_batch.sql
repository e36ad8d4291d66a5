-- Is this batch on record?
SELECT count() AS batches
FROM batches
WHERE batch_id = {batch_id:String}
