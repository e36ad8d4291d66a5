-- The ledgers of all shards, to be read as one; nothing is written through it. By `make cluster-ddl`; not run by this
-- project's tests on more than one node.
CREATE DATABASE IF NOT EXISTS otel_costing_all ON CLUSTER '{cluster}';

CREATE OR REPLACE TABLE otel_costing_all.ledger ON CLUSTER '{cluster}' AS otel_costing.ledger
ENGINE = Distributed('{cluster}', 'otel_costing', 'ledger');

CREATE OR REPLACE TABLE otel_costing_all.spans ON CLUSTER '{cluster}' AS otel_costing.spans
ENGINE = Distributed('{cluster}', 'otel_costing', 'spans');

CREATE OR REPLACE TABLE otel_costing_all.rates ON CLUSTER '{cluster}' AS otel_costing.rates
ENGINE = Distributed('{cluster}', 'otel_costing', 'rates');

CREATE OR REPLACE TABLE otel_costing_all.batches ON CLUSTER '{cluster}' AS otel_costing.batches
ENGINE = Distributed('{cluster}', 'otel_costing', 'batches');

CREATE OR REPLACE TABLE otel_costing_all.periods ON CLUSTER '{cluster}' AS otel_costing.periods
ENGINE = Distributed('{cluster}', 'otel_costing', 'periods');

CREATE OR REPLACE TABLE otel_costing_all.findings ON CLUSTER '{cluster}' AS otel_costing.findings
ENGINE = Distributed('{cluster}', 'otel_costing', 'findings');

CREATE OR REPLACE TABLE otel_costing_all.sightings ON CLUSTER '{cluster}' AS otel_costing.sightings
ENGINE = Distributed('{cluster}', 'otel_costing', 'sightings');

CREATE OR REPLACE TABLE otel_costing_all.settlements ON CLUSTER '{cluster}' AS otel_costing.settlements
ENGINE = Distributed('{cluster}', 'otel_costing', 'settlements');

CREATE OR REPLACE TABLE otel_costing_all.evaluations ON CLUSTER '{cluster}' AS otel_costing.evaluations
ENGINE = Distributed('{cluster}', 'otel_costing', 'evaluations');

CREATE OR REPLACE TABLE otel_costing_all.erasures ON CLUSTER '{cluster}' AS otel_costing.erasures
ENGINE = Distributed('{cluster}', 'otel_costing', 'erasures');

CREATE OR REPLACE TABLE otel_costing_all.backfills ON CLUSTER '{cluster}' AS otel_costing.backfills
ENGINE = Distributed('{cluster}', 'otel_costing', 'backfills');

CREATE OR REPLACE TABLE otel_costing_all.requests ON CLUSTER '{cluster}' AS otel_costing.requests
ENGINE = Distributed('{cluster}', 'otel_costing', 'requests');

CREATE OR REPLACE TABLE otel_costing_all.repricings ON CLUSTER '{cluster}' AS otel_costing.repricings
ENGINE = Distributed('{cluster}', 'otel_costing', 'repricings');

CREATE OR REPLACE TABLE otel_costing_all.frozen_roots ON CLUSTER '{cluster}' AS otel_costing.frozen_roots
ENGINE = Distributed('{cluster}', 'otel_costing', 'frozen_roots');

CREATE OR REPLACE TABLE otel_costing_all.reconciled_lines ON CLUSTER '{cluster}' AS otel_costing.reconciled_lines
ENGINE = Distributed('{cluster}', 'otel_costing', 'reconciled_lines');

CREATE OR REPLACE TABLE otel_costing_all.repriced_accounts ON CLUSTER '{cluster}' AS otel_costing.repriced_accounts
ENGINE = Distributed('{cluster}', 'otel_costing', 'repriced_accounts');

CREATE OR REPLACE TABLE otel_costing_all.promoted_attributes ON CLUSTER '{cluster}' AS otel_costing.promoted_attributes
ENGINE = Distributed('{cluster}', 'otel_costing', 'promoted_attributes');

CREATE OR REPLACE TABLE otel_costing_all.outcomes ON CLUSTER '{cluster}' AS otel_costing.outcomes
ENGINE = Distributed('{cluster}', 'otel_costing', 'outcomes');

CREATE OR REPLACE TABLE otel_costing_all.root_spans ON CLUSTER '{cluster}' AS otel_costing.root_spans
ENGINE = Distributed('{cluster}', 'otel_costing', 'root_spans');

CREATE OR REPLACE TABLE otel_costing_all.retrying_spans ON CLUSTER '{cluster}' AS otel_costing.retrying_spans
ENGINE = Distributed('{cluster}', 'otel_costing', 'retrying_spans');

CREATE OR REPLACE TABLE otel_costing_all.costs ON CLUSTER '{cluster}' AS otel_costing.costs
ENGINE = Distributed('{cluster}', 'otel_costing', 'costs');

CREATE OR REPLACE TABLE otel_costing_all.costs_of_traces ON CLUSTER '{cluster}' AS otel_costing.costs_of_traces
ENGINE = Distributed('{cluster}', 'otel_costing', 'costs_of_traces');

CREATE OR REPLACE TABLE otel_costing_all.cost_lines ON CLUSTER '{cluster}' AS otel_costing.cost_lines
ENGINE = Distributed('{cluster}', 'otel_costing', 'cost_lines');

CREATE OR REPLACE TABLE otel_costing_all.rollup_daily ON CLUSTER '{cluster}' AS otel_costing.rollup_daily
ENGINE = Distributed('{cluster}', 'otel_costing', 'rollup_daily');

CREATE OR REPLACE TABLE otel_costing_all.evaluated_calls ON CLUSTER '{cluster}' AS otel_costing.evaluated_calls
ENGINE = Distributed('{cluster}', 'otel_costing', 'evaluated_calls');

CREATE OR REPLACE TABLE otel_costing_all.outcome_runs ON CLUSTER '{cluster}' AS otel_costing.outcome_runs
ENGINE = Distributed('{cluster}', 'otel_costing', 'outcome_runs');

CREATE OR REPLACE TABLE otel_costing_all.outcome_costs ON CLUSTER '{cluster}' AS otel_costing.outcome_costs
ENGINE = Distributed('{cluster}', 'otel_costing', 'outcome_costs');

CREATE OR REPLACE TABLE otel_costing_all.closings ON CLUSTER '{cluster}' AS otel_costing.closings
ENGINE = Distributed('{cluster}', 'otel_costing', 'closings');

CREATE OR REPLACE TABLE otel_costing_all.billed ON CLUSTER '{cluster}' AS otel_costing.billed
ENGINE = Distributed('{cluster}', 'otel_costing', 'billed');
