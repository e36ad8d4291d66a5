"""Putting attributes on a span that is ending."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor
from opentelemetry.trace import SpanContext, TraceFlags

from otel_costing import span_attributes
from otel_costing.span_attributes import (
    EndingSpans,
    add_to_ending,
    adding_works,
    limits_of,
    plain,
    rebuilt,
    replace_on_ended,
)
from tests.tracing import attributes_of, exported, tracer_of

CONTEXT = SpanContext(1, 2, is_remote=False)


class _Adding(SpanProcessor):
    def _on_ending(self, span: Span) -> None:
        add_to_ending(span, {"added": "x"})


def test_this_sdk_lets_attributes_be_added_while_a_span_is_ending() -> None:
    assert adding_works()


def test_an_sdk_of_another_shape_is_found_out_by_the_probe(monkeypatch: pytest.MonkeyPatch) -> None:
    def of_another_shape(*_: Any) -> None:
        raise AttributeError("_attributes")

    monkeypatch.setattr(span_attributes, "add_to_ending", of_another_shape)
    assert adding_works.__wrapped__() is False


@pytest.mark.parametrize(
    ("variable", "value"),
    [("OTEL_TRACES_SAMPLER", "always_off"), ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "0")],
)
def test_the_probe_does_not_depend_on_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str
) -> None:
    monkeypatch.setenv(variable, value)
    assert adding_works.__wrapped__() is True


def test_what_was_added_is_frozen_and_keeps_limits_and_the_count_of_the_dropped() -> None:
    simple, exporter = exported()
    tracer = tracer_of(_Adding(), simple, limits=SpanLimits(max_span_attributes=3))
    span = tracer.start_span("a", attributes={"a": 1, "b": 2, "c": 3})
    span.set_attribute("d", 4)
    span.end()
    ended = exporter.get_finished_spans()[0]

    assert attributes_of(ended) == {"b": 2, "c": 3, "d": 4, "added": "x"}
    assert ended.dropped_attributes == 1
    with pytest.raises(TypeError, match="does not support item assignment"):
        ended.attributes["e"] = 5  # type: ignore[index]


def test_an_ended_span_gets_attributes_for_those_that_come_later_and_keeps_count() -> None:
    simple, exporter = exported()
    tracer = tracer_of(simple, limits=SpanLimits(max_span_attributes=2))
    tracer.start_span("a", attributes={"a": 1, "b": 2, "c": 3}).end()
    (ended,) = exporter.get_finished_spans()
    before = ended.attributes
    replace_on_ended(ended, {"d": 4})

    assert attributes_of(ended) == {"b": 2, "c": 3, "d": 4}
    assert dict(before or {}) == {"b": 2, "c": 3}
    assert ended.dropped_attributes == 1


class _Noting(SpanProcessor):
    def __init__(self, ending: EndingSpans) -> None:
        self._ending = ending

    def _on_ending(self, span: Span) -> None:
        self._ending.note(span)


def test_a_span_that_was_told_to_be_ending_is_known_once_and_one_built_anew_is_not() -> None:
    ending, other = EndingSpans(), EndingSpans()
    simple, exporter = exported()
    tracer_of(_Noting(ending), simple).start_span("a", attributes={"a": 1}).end()
    (ended,) = exporter.get_finished_spans()

    assert not other.forget(ended)
    assert not ending.forget(rebuilt(ended, {}))
    assert ending.forget(ended)
    assert not ending.forget(ended)


def test_spans_that_never_end_are_forgotten_at_a_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(span_attributes, "_MOST_ENDING", 2)
    ending = EndingSpans()
    simple, exporter = exported()
    tracer = tracer_of(_Noting(ending), simple)
    for name in "abc":
        tracer.start_span(name, attributes={"a": 1}).end()

    assert [ending.forget(span) for span in exporter.get_finished_spans()] == [False, False, True]


def test_attributes_are_read_as_a_dict_whatever_holds_them() -> None:
    assert plain(ReadableSpan("a", attributes={"a": 1})) == {"a": 1}
    assert plain(ReadableSpan("a")) == {}
    live: Any = tracer_of().start_span("a", attributes={"a": 1})
    assert plain(live) == {"a": 1}


def test_how_much_room_is_left_is_told_and_none_for_no_limit() -> None:
    live: Any = tracer_of(limits=SpanLimits(max_span_attributes=5)).start_span("a")
    assert limits_of(live)[0] == 5
    assert limits_of(ReadableSpan("a", attributes={"a": 1})) == (None, None)


def test_a_span_beyond_the_sample_is_marked_as_sampled_and_keeps_its_ids() -> None:
    copy = rebuilt(ReadableSpan("a", CONTEXT, attributes={"a": 1}), {"b": 2}, sampled=True)

    assert copy.context is not None
    assert copy.context.trace_flags == TraceFlags.SAMPLED
    assert (copy.context.trace_id, copy.context.span_id) == (1, 2)
    assert attributes_of(copy) == {"a": 1, "b": 2}


def test_a_span_without_a_context_is_rebuilt_without_one() -> None:
    assert rebuilt(ReadableSpan("a"), {"b": 2}, sampled=True).context is None


def test_the_number_of_dropped_attributes_survives_rebuilding() -> None:
    simple, exporter = exported()
    tracer = tracer_of(simple, limits=SpanLimits(max_span_attributes=1))
    tracer.start_span("a", attributes={"a": 1, "b": 2}).end()
    copy = rebuilt(exporter.get_finished_spans()[0], {"c": 3})

    assert copy.dropped_attributes == 1
    assert attributes_of(copy) == {"b": 2, "c": 3}
