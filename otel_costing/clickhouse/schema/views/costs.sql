-- What analysts read: every entry that no reversal takes back, so one row per call, beside adjustments, with
-- `calls = sum(sign)`. A missing origin is taken from the root of the trace, once that is known, but for calls in
-- quarantine, which nobody pays for yet. An origin is verified where the root came under that team's identity.
CREATE OR REPLACE VIEW costs AS
WITH roots AS
(
    SELECT
        trace_id,
        argMin((team, workflow, workflow_run_id, feature, authenticated_team), (start, span_id)) AS root
    FROM root_spans
    WHERE trace_id IN
      (
          SELECT trace_id FROM ledger WHERE origin_source = 'none'
          UNION DISTINCT
          SELECT trace_id FROM root_spans WHERE authenticated_team != ''
      )
    GROUP BY trace_id
),
{{standing_entries}};
