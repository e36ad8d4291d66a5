"""Who stands at the root of the work that an entry is for, and whether that is more than a claim: pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from otel_costing.attribution import Attribution
from otel_costing.ledger import LedgerEntry
from otel_costing.mandatory_tags import is_quarantined
from otel_costing.skeleton import Skeleton


def roots_of(spans: Iterable[Skeleton]) -> dict[str, Skeleton]:
    """Return the root of each trace that has one: of several, the earliest."""
    roots: dict[str, Skeleton] = {}
    for span in spans:
        if not span.parent_span_id:
            known = roots.get(span.trace_id)
            if known is None or (span.start_ns, span.span_id) < (known.start_ns, known.span_id):
                roots[span.trace_id] = span
    return roots


def paying(entry: LedgerEntry, pays: str, roots: Mapping[str, Skeleton]) -> Attribution:
    """Return whom an entry is put down to, by owner or by caller; `roots` as `roots_of` finds them."""
    known = entry.attribution
    if pays == "owner":
        return known
    root = roots.get(entry.trace_id) if _takes_from_root(entry) else None
    if root is not None:
        return known._replace(
            team=root.team,
            workflow=root.workflow,
            workflow_run_id=root.workflow_run_id or root.trace_id,
            feature=root.feature,
        )
    return known._replace(
        team=known.origin_team,
        workflow=known.origin_workflow,
        workflow_run_id=known.origin_workflow_run_id,
        feature=known.origin_feature,
    )


def _takes_from_root(entry: LedgerEntry) -> bool:
    """Tell whether the root of the trace says who pays: nobody else does, and the call is not in quarantine."""
    return entry.attribution.origin_source == "none" and not is_quarantined(entry)


def is_claimed(entry: LedgerEntry, roots: Mapping[str, Skeleton]) -> bool:
    """Tell whether some team stands as the origin."""
    return bool(paying(entry, "caller", roots).team)


def is_verified(entry: LedgerEntry, roots: Mapping[str, Skeleton]) -> bool:
    """Tell whether the root of the trace came under the identity of the team that stands as the origin."""
    root = roots.get(entry.trace_id)
    caller = paying(entry, "caller", roots).team
    return root is not None and caller != "" and caller == root.authenticated_team
