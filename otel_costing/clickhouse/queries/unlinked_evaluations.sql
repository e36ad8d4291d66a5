-- How many evaluations are of no call that is known?
SELECT count() AS evaluations
FROM evaluated_calls
WHERE call_id IS NULL
  AND evaluated_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND evaluated_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
  AND ({name:String} = '' OR name = {name:String})
