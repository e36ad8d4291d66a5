"""The collector's own spans: of each batch on its way to the ledger. OpenTelemetry's API only.

Without a tracer provider in the process they cost nothing and go nowhere; the collector sets none up. A provider
that exports to this very collector does not make it feed itself: a batch without a model call makes no span, and
these spans are none.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.trace import Span, Status, StatusCode

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.store import Booked

SCOPE = "otel_costing_collector"
SPAN_NAME = "book batch"


@contextmanager
def booking(batch: SealedBatch) -> Iterator[Span]:
    """Run what books a batch within a span; what an exception says is not noted, as it may quote the rows."""
    if not batch.counts.billable_calls:
        yield trace.INVALID_SPAN
        return
    attributes: dict[str, str | int] = {
        "otel_costing.batch.id": batch.batch_id,
        "otel_costing.batch.calls": batch.counts.billable_calls,
        "otel_costing.batch.spans": batch.counts.spans,
    }
    # By the provider of the moment: one may be set after this module was imported.
    with trace.get_tracer(SCOPE).start_as_current_span(
        SPAN_NAME, attributes=attributes, record_exception=False, set_status_on_exception=False
    ) as span:
        try:
            yield span
        except Exception as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            raise


def note(span: Span, booked: Booked) -> None:
    """Say on the span what came of the batch."""
    span.set_attributes(
        {
            "otel_costing.batch.booked": booked.booked,
            "otel_costing.batch.duplicates": booked.duplicates,
            "otel_costing.batch.conflicts": booked.conflicts,
        }
    )
