"""Outcomes written by hand."""

from __future__ import annotations

from decimal import Decimal

from otel_costing.attribution import Attribution
from otel_costing.outcomes import Outcome, by_content
from tests.calls import NOON, SECOND, TRACE


def outcome(
    name: str = "ticket_resolved",
    *,
    value: str | None = "12.50",
    quantity: int | None = 1,
    success: bool | None = True,
    occurred_ns: int = NOON + SECOND,
    trace: str = TRACE,
    attribution: Attribution | None = None,
) -> Outcome:
    """Return an outcome of 12.50 USD that came about in a span of a trace, known by its content."""
    return by_content(
        Outcome(
            outcome_id="",
            content_digest="",
            outcome_key="",
            name=name,
            quantity=quantity,
            value_usd=None if value is None else Decimal(value),
            success=success,
            occurred_ns=occurred_ns,
            trace_id=trace,
            span_id="",
            attribution=attribution or Attribution(),
            service="assistant",
            scope="acme",
        )
    )


def of_run(run: str, **said: str) -> Attribution:
    """Return who caused the work of a run on the caller's side."""
    return Attribution(origin_workflow_run_id=run, origin_source="baggage", **said)
