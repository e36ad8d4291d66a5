"""Every kind of job, by the name that the collector's API and the commands give it."""

from __future__ import annotations

from collections.abc import Mapping

from otel_costing.jobs import (
    attribute_job,
    audit_job,
    backfill_job,
    erase_job,
    ingest_job,
    period_job,
    promote_job,
    reconcile_job,
    reprice_job,
    settle_job,
)
from otel_costing.jobs.work import Kind, never

KINDS: Mapping[str, Kind] = {
    "ingest": Kind(ingest_job.read, ingest_job.run, makes_ledger=True),
    "backfill": Kind(
        backfill_job.read,
        backfill_job.run,
        makes_ledger=True,
        secrets_of=backfill_job.secrets_of,
    ),
    "backfill_preview": Kind(
        backfill_job.read,
        backfill_job.preview,
        writes=never,
        secrets_of=backfill_job.secrets_of,
    ),
    "attribute": Kind(attribute_job.read, attribute_job.run),
    "promote": Kind(promote_job.read, promote_job.run, makes_ledger=True),
    "settle": Kind(settle_job.read, settle_job.run),
    "reconcile": Kind(reconcile_job.read, reconcile_job.run, writes=reconcile_job.writes),
    "reconcile_undo": Kind(reconcile_job.read_undo, reconcile_job.run_undo),
    "reprice": Kind(reprice_job.read, reprice_job.run, writes=reprice_job.writes),
    "close": Kind(period_job.read, period_job.close),
    "reopen": Kind(period_job.read_with_reason, period_job.reopen),
    "erase": Kind(erase_job.read, erase_job.run, writes=erase_job.writes),
    "audit": Kind(audit_job.read, audit_job.run, writes=audit_job.writes),
}
