"""A log record as every door hands it over, whatever it says in its body: that is never read."""

from __future__ import annotations

from typing import NamedTuple

from otel_costing.semconv import EVALUATION_RESULT
from otel_costing.spans import Attributes


class LogRecord(NamedTuple):
    """One log record, with ids in lowercase hex."""

    trace_id: str
    """Empty where it stands in no trace."""
    span_id: str
    time_ns: int
    """When it happened, else when it was first seen, in nanoseconds since 1970 UTC; 0 where neither is said."""
    attributes: Attributes
    scope_name: str
    resource: Attributes
    name: str = EVALUATION_RESULT
    """Of its event; out of `READ_EVENTS`."""
