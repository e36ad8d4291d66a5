"""What a sender reads: the response of a request, or a `google.rpc.Status`, in the encoding of the request.

Source: opentelemetry-proto `docs/specification.md`, "Full Success", "Partial Success" and "Failures".
"""

from __future__ import annotations

from google.protobuf.any_pb2 import Any as AnyMessage
from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import RetryInfo  # type: ignore[import-untyped]  # no stubs exist
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped]  # no stubs exist
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceResponse

from otel_costing_collector.contents import Contents
from otel_costing_collector.refusals import RETRY_SECONDS, Refused
from otel_costing_collector.spool_record import Encoding, Kind


def response_to(contents: Contents, kind: Kind, encoding: Encoding) -> bytes:
    """Return the response to a request that was accepted; `partial_success` is set only where not all of it was."""
    if kind is Kind.LOGS:
        return encoded(_of_logs(contents), encoding)
    response = ExportTraceServiceResponse()
    if contents.rejected:
        response.partial_success.rejected_spans = contents.rejected
        response.partial_success.error_message = contents.why
    return encoded(response, encoding)


def _of_logs(contents: Contents) -> ExportLogsServiceResponse:
    response = ExportLogsServiceResponse()
    if contents.rejected:
        response.partial_success.rejected_log_records = contents.rejected
        response.partial_success.error_message = contents.why
    return response


def status_of(refused: Refused) -> Status:
    """Return the status that says why, and when to try again."""
    number: int = refused.reason.grpc_status.value[0]
    status = Status(code=number, message=refused.message)
    if refused.reason.retry:
        hint = AnyMessage()
        hint.Pack(RetryInfo(retry_delay=Duration(seconds=RETRY_SECONDS)))
        status.details.append(hint)
    return status


def encoded(message: Message, encoding: Encoding) -> bytes:
    """Return a message as the sender encodes its own."""
    if encoding is Encoding.JSON:
        return MessageToJson(message, indent=None).encode()
    return message.SerializeToString()
