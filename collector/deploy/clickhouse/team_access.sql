-- A reader who sees what one team ran and what it caused, and nothing else. For each team: replace `research` by its name
-- and run it after access.sql. Parsed by this project's tests; its conditions are enforced there by the embedded engine.
--
-- The views ask with the rights of whoever queries them, so these policies hold for `costs`, `cost_lines` and
-- `rollup_daily` too. Of `spans` and `frozen_roots` a team sees the roots of all traces, ids and names, as an origin that
-- only the root names is read there. What is known of the rollups as a whole is not theirs: their reports ask the ledger.

CREATE ROLE IF NOT EXISTS otel_costing_team_research SETTINGS PROFILE 'otel_costing_reading';
GRANT SELECT ON otel_costing.costs TO otel_costing_team_research;
GRANT SELECT ON otel_costing.cost_lines TO otel_costing_team_research;
GRANT SELECT ON otel_costing.rollup_daily TO otel_costing_team_research;
GRANT SELECT ON otel_costing.ledger TO otel_costing_team_research;
GRANT SELECT ON otel_costing.spans TO otel_costing_team_research;
GRANT SELECT ON otel_costing.root_spans TO otel_costing_team_research;
GRANT SELECT ON otel_costing.frozen_roots TO otel_costing_team_research;
GRANT SELECT ON otel_costing.promoted_attributes TO otel_costing_team_research;
GRANT SELECT ON otel_costing.rollup_rows TO otel_costing_team_research;
GRANT SELECT ON otel_costing.rollup_builds TO otel_costing_team_research;
GRANT SELECT ON otel_costing.rollup_checks TO otel_costing_team_research;
GRANT SELECT ON otel_costing.resolved_entries TO otel_costing_team_research;
GRANT SELECT ON otel_costing.retrying_spans TO otel_costing_team_research;

CREATE ROW POLICY IF NOT EXISTS otel_costing_team_research ON otel_costing.ledger
    FOR SELECT USING team = 'research' OR origin_team = 'research'
        OR (origin_source = 'none' AND trace_id IN (
            SELECT trace_id FROM otel_costing.spans WHERE parent_span_id = '' AND team = 'research'))
    TO otel_costing_team_research;
CREATE ROW POLICY IF NOT EXISTS otel_costing_team_research ON otel_costing.spans
    FOR SELECT USING team = 'research' OR parent_span_id = ''
    TO otel_costing_team_research;
CREATE ROW POLICY IF NOT EXISTS otel_costing_team_research ON otel_costing.rollup_rows
    FOR SELECT USING team = 'research' OR origin_team = 'research'
    TO otel_costing_team_research;
CREATE ROW POLICY IF NOT EXISTS otel_costing_team_research ON otel_costing.rollup_checks
    FOR SELECT USING 0
    TO otel_costing_team_research;

CREATE QUOTA IF NOT EXISTS otel_costing_team_research KEYED BY user_name
    FOR INTERVAL 1 hour MAX queries = 5000, execution_time = 1800
    TO otel_costing_team_research;
