"""What came of sending one request on: it was taken, it may be taken later, or it never will be.

Source: opentelemetry-proto `docs/specification.md`, "Partial Success", "Failures" and "Throttling" of both transports.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_costing_collector.spool_record import Kind

_LONGEST_WHY = 200


class Taken(NamedTuple):
    """The endpoint answers for it."""

    rejected: int = 0
    """Spans or log records that it says it left out, for good."""
    why: str = ""


class Later(NamedTuple):
    """To be sent again, for ever."""

    why: str
    after_s: float = 0.0
    """The endpoint asks for so many seconds of peace."""


class Declined(NamedTuple):
    """It would never be taken."""

    why: str
    reason: str = "refused"
    """In a word, for the metrics."""
    is_for_all: bool = False
    """Any other request would be declined too: it is not what is in this one."""


Outcome = Taken | Later | Declined


class Way(Protocol):
    """How requests reach the endpoint."""

    async def send(self, kind: Kind, body: bytes) -> Outcome:
        """Send one request in protobuf."""

    async def close(self) -> None:
        """Let go of its connections."""


def taken(kind: Kind, answer: bytes) -> Taken:
    """Read the answer to a request that was accepted; one that cannot be read says nothing more."""
    try:
        if kind is Kind.LOGS:
            logs = ExportLogsServiceResponse.FromString(answer).partial_success
            return Taken(logs.rejected_log_records, shortened(logs.error_message))
        traces = ExportTraceServiceResponse.FromString(answer).partial_success
        return Taken(traces.rejected_spans, shortened(traces.error_message))
    except DecodeError:
        return Taken()


def shortened(text: str) -> str:
    """Return as much of what another side says as belongs into a log."""
    return text[:_LONGEST_WHY]
