"""The SDK's finished span as every door hands it over."""

from __future__ import annotations

import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import SpanKind, StatusCode

from otel_costing.readable import record_of
from tests.tracing import exported, provider_of


def test_a_span_is_recorded_with_all_that_identifies_it() -> None:
    simple, exporter = exported()
    provider = provider_of(simple, resource={"service.name": "assistant"})
    tracer = provider.get_tracer("acme", "1.2")
    link = trace.Link(trace.SpanContext(0xA, 0xB, is_remote=True))
    with tracer.start_as_current_span("root"):
        span = tracer.start_span(
            "chat", kind=SpanKind.CLIENT, links=[link], attributes={"a": 1}, start_time=5
        )
        span.set_status(StatusCode.ERROR)
        span.end(end_time=9)
    chat, root = (record_of(each) for each in exporter.get_finished_spans())

    assert (chat.trace_id, chat.parent_span_id) == (root.trace_id, root.span_id)
    assert (len(chat.trace_id), len(chat.span_id), root.parent_span_id) == (32, 16, "")
    assert (chat.name, chat.kind, root.kind) == ("chat", "client", "internal")
    assert (chat.start_ns, chat.end_ns) == (5, 9)
    assert (dict(chat.attributes), chat.service) == ({"a": 1}, "assistant")
    assert (chat.scope_name, chat.scope_version) == ("acme", "1.2")
    assert (chat.failed, root.failed) == (True, False)
    assert chat.links == (("0" * 31 + "a", "0" * 15 + "b"),)


def test_a_span_that_has_not_ended_or_has_no_context_is_refused() -> None:
    context = trace.SpanContext(1, 2, is_remote=False)
    for span in (ReadableSpan("a", context), ReadableSpan("a", end_time=1)):
        with pytest.raises(ValueError, match="has ended"):
            record_of(span)


def test_a_span_about_to_end_is_recorded_as_it_will_be() -> None:
    span = ReadableSpan("a", trace.SpanContext(1, 2, is_remote=False), start_time=3)
    record = record_of(span, attributes={"b": 2}, end_ns=7)

    assert (record.end_ns, dict(record.attributes)) == (7, {"b": 2})
