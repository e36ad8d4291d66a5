-- The same as `costs`, for who asks for some traces: roots are looked for in those alone that a condition on `trace_id` names,
-- and not in all that might need them. Asked without one, it takes twice the memory that `costs` does.
CREATE OR REPLACE VIEW costs_of_traces AS
WITH roots AS
(
    SELECT
        trace_id,
        argMin((team, workflow, workflow_run_id, feature, authenticated_team), (start, span_id)) AS root
    FROM root_spans
    GROUP BY trace_id
),
{{standing_entries}};
