"""Jobs of other processes' commands on the ledger that this collector holds.

What the work is, and how another kind is added, stands in `otel_costing.jobs`; here is how it is asked for, kept, run and watched.

A job runs in a thread of its own with a handle of its own on the ledger, so that what it asks is answered beside the
booking. Handles of one process on one directory book by turns (`otel_costing.clickhouse.turns`): one batch a turn, first
come first served, so that the spool waits for a batch of a job at most, never for the job.
"""
