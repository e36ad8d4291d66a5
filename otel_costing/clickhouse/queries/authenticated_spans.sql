-- Did anything ever come under an identity that is bound to a team?
SELECT authenticated_team
FROM spans
WHERE authenticated_team != ''
LIMIT 1
