"""What the work says of itself, on the span that it began with: written when that ends, when it is known what fits."""

from __future__ import annotations

from collections.abc import Mapping

from opentelemetry import trace

from otel_costing.semconv import WORKFLOW_RUN_ID
from otel_costing.started_spans import StartedSpans

LOCAL_ROOTS: StartedSpans[Mapping[str, str]] = StartedSpans(most=4096)
"""By open span: the attributes that a processor writes when it ends."""


def tell_local_root(span: object, attributes: Mapping[str, str]) -> None:
    """Keep what is known of the work for the span it began with, if this is it. The first run is right.

    It is written when the span ends, when it is known what fits.
    """
    context = getattr(span, "context", None)
    if context is not None and attributes and is_local_root(span) and span_is_open(span):
        before = LOCAL_ROOTS.get(context.span_id) or {}
        if before.get(WORKFLOW_RUN_ID, "") in {"", attributes.get(WORKFLOW_RUN_ID)}:
            LOCAL_ROOTS.remember(context.span_id, {**attributes, **before})


def span_is_open(span: object) -> bool:
    """Tell whether a span is recorded and has not ended."""
    return isinstance(span, trace.Span) and span.is_recording()


def is_local_root(span: object) -> bool:
    """Tell whether a span is where this process's part of a trace begins."""
    parent = getattr(span, "parent", None)
    return parent is None or bool(parent.is_remote)
