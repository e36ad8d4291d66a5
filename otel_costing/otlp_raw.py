"""The messages of an OTLP traces request, with everything below a span's own fields left as bytes.

The wire is the same as that of opentelemetry-proto `trace/v1/trace.proto`; a message inside a message is a run of
bytes there, so it may be declared as one. Most attributes of a span are never asked for, and those that are come
again and again: as bytes they are told from one another in a tenth of the time that it takes to read them.
"""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message_factory import GetMessageClass

_PACKAGE = "otel_costing.otlp_raw"
_BYTES = FieldDescriptorProto.TYPE_BYTES
_STRING = FieldDescriptorProto.TYPE_STRING
_ENUM = FieldDescriptorProto.TYPE_INT32
_TIME = FieldDescriptorProto.TYPE_FIXED64
_Field = tuple[str, int, "FieldDescriptorProto.Type.ValueType | str"]
"""Name, number, and its type or the message of which it holds any number."""

_MESSAGES: dict[str, tuple[_Field, ...]] = {
    "Request": (("resource_spans", 1, "ResourceSpans"),),
    "ResourceSpans": (("resource", 1, _BYTES), ("scope_spans", 2, "ScopeSpans")),
    "ScopeSpans": (("scope", 1, _BYTES), ("spans", 2, "Span")),
    "Span": (
        ("trace_id", 1, _BYTES),
        ("span_id", 2, _BYTES),
        ("parent_span_id", 4, _BYTES),
        ("name", 5, _STRING),
        ("kind", 6, _ENUM),
        ("start_time_unix_nano", 7, _TIME),
        ("end_time_unix_nano", 8, _TIME),
        ("attributes", 9, _BYTES),
        ("events", 11, _BYTES),
        ("links", 13, _BYTES),
        ("status", 15, _BYTES),
    ),
}
_REPEATED = frozenset(("attributes", "events", "links"))


def _declare(message: DescriptorProto, field: _Field) -> None:
    name, number, kind = field
    is_many = isinstance(kind, str) or name in _REPEATED
    declared = message.field.add(
        name=name,
        number=number,
        label=FieldDescriptorProto.LABEL_REPEATED
        if is_many
        else FieldDescriptorProto.LABEL_OPTIONAL,
    )
    if isinstance(kind, str):
        declared.type = FieldDescriptorProto.TYPE_MESSAGE
        declared.type_name = f".{_PACKAGE}.{kind}"
    else:
        declared.type = kind


def _request_class() -> Any:
    file = FileDescriptorProto(
        name="otel_costing/otlp_raw.proto", package=_PACKAGE, syntax="proto3"
    )
    for name, fields in _MESSAGES.items():
        message = file.message_type.add(name=name)
        for field in fields:
            _declare(message, field)
    pool = DescriptorPool()
    pool.Add(file)
    return GetMessageClass(pool.FindMessageTypeByName(f"{_PACKAGE}.Request"))


RawRequest = _request_class()
"""An `ExportTraceServiceRequest`, which is also a `TracesData`."""
