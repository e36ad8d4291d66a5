-- Which calls lack tags that their environment demands, and who is to see to it?
SELECT
    mapContains(tags, 'quarantine') AS is_quarantined,
    tags['tags_owner'] AS owner,
    service,
    environment,
    if(is_quarantined, tags['quarantine'], tags['missing_tags']) AS missing,
    if(is_quarantined, tags['withheld_team'], team) AS said_team,
    sum(sign) AS calls,
    sum(total_usd) AS usd
FROM costs
WHERE (mapContains(tags, 'quarantine') OR mapContains(tags, 'missing_tags'))
  AND occurred_at >= fromUnixTimestamp64Nano({since_ns:Int64}, 'UTC')
  AND occurred_at < fromUnixTimestamp64Nano({until_ns:Int64}, 'UTC')
GROUP BY ALL
ORDER BY usd DESC NULLS LAST, owner, service, environment, missing, said_team
