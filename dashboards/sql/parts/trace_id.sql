lower(extract('${trace_id:queryparam}', '[0-9a-fA-F]{32}'))
