"""A finished span as every door hands it over: the processor, the exporter, a file, the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from otel_costing.semconv import EVALUATION_RESULT, OUTCOME, SERVICE_NAME

Attributes = Mapping[str, Any]
READ_EVENTS = (EVALUATION_RESULT, OUTCOME)
"""No other event of a span or of a log is read."""


class SpanEvent(NamedTuple):
    """One event of a span, by its time in nanoseconds since 1970 UTC."""

    time_ns: int
    attributes: Attributes
    name: str = EVALUATION_RESULT
    """Out of `READ_EVENTS`."""


class SpanRecord(NamedTuple):
    """One finished span, with ids in lowercase hex and times in nanoseconds since 1970 UTC."""

    trace_id: str
    span_id: str
    parent_span_id: str
    """Empty at the root of a trace."""
    name: str
    kind: str
    """`internal`, `server`, `client`, `producer`, `consumer` or empty."""
    start_ns: int
    end_ns: int
    attributes: Attributes
    scope_name: str
    scope_version: str
    resource: Attributes
    failed: bool
    """The span's status is ERROR."""
    links: tuple[tuple[str, str], ...] = ()
    """(trace_id, span_id) of each linked span."""
    events: tuple[SpanEvent, ...] = ()
    """Those of `READ_EVENTS`."""

    @property
    def service(self) -> str:
        """`service.name` of the resource, empty where it is missing."""
        return service_of(self.resource)


def service_of(resource: Attributes) -> str:
    """Return `service.name`, empty where it is missing."""
    name = resource.get(SERVICE_NAME, "")
    return name if isinstance(name, str) else ""
