-- Every span without a parent, also those that the retention of spans has removed since a month was closed.
CREATE OR REPLACE VIEW root_spans AS
SELECT trace_id, span_id, start, team, workflow, workflow_run_id, feature, authenticated_team, booked_at
FROM spans
WHERE parent_span_id = ''
UNION ALL
SELECT trace_id, span_id, start, team, workflow, workflow_run_id, feature, authenticated_team, booked_at
FROM frozen_roots;
