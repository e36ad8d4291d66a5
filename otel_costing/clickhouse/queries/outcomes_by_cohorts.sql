-- What did runs cost, and what came of them, broken down by up to six dimensions of whoever caused them?
-- A run counts where its first call ended, or where its first outcome came about if no call of it is known, with all of its
-- calls. A row is a group of runs (`is_whole`), or what had one outcome in it. A dimension that is not asked for is `nothing`.
WITH
    calls AS (SELECT *, '' AS nothing FROM costs WHERE kind = 'charge'),
    came AS (SELECT *, '' AS nothing FROM outcome_runs),
    {{cohorts}}
