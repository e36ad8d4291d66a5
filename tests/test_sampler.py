"""No call escapes by sampling."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_OFF,
    DEFAULT_ON,
    Decision,
    ParentBased,
    ParentBasedTraceIdRatio,
    Sampler,
    TraceIdRatioBased,
)
from opentelemetry.trace import SpanContext, set_span_in_context
from opentelemetry.trace.span import NonRecordingSpan, TraceFlags

from otel_costing import CostSampler, CostSpanProcessor, receipt
from otel_costing.sampler import lets_calls_escape, sampler_from_environment
from tests.tracing import NO_CALL, call, exported, provider_of

TENTH = TraceIdRatioBased(0.1)


def name_of(sampler: Sampler) -> str:
    """Return what a sampler calls itself."""
    return sampler.get_description()


@pytest.mark.parametrize(
    "delegate", [TENTH, ParentBasedTraceIdRatio(0.1), ParentBased(TENTH), ALWAYS_OFF, DEFAULT_OFF]
)
def test_every_call_is_priced_and_the_teams_exporter_gets_the_sample_as_before(
    delegate: Sampler,
) -> None:
    simple, own = exported()
    beyond = InMemorySpanExporter()
    processor = CostSpanProcessor(exporter=beyond)
    tracer = provider_of(processor, simple, sampler=CostSampler(delegate)).get_tracer("app")
    with receipt() as so_far:
        spans = [call(tracer) for _ in range(200)]
    processor.force_flush()
    processor.shutdown()
    sampled = {
        span.get_span_context().span_id
        for span in spans
        if delegate.should_sample(None, span.get_span_context().trace_id, "chat").decision
        is Decision.RECORD_AND_SAMPLE
    }

    assert so_far.calls == len(beyond.get_finished_spans()) == 200
    assert {span.context.span_id for span in own.get_finished_spans()} == sampled


def test_a_call_below_an_unsampled_parent_is_priced_too() -> None:
    simple, own = exported()
    sampler = CostSampler(DEFAULT_ON)
    tracer = provider_of(CostSpanProcessor(), simple, sampler=sampler).get_tracer("app")
    ids = RandomIdGenerator()
    parent = SpanContext(ids.generate_trace_id(), ids.generate_span_id(), is_remote=True)
    with receipt() as so_far:
        context = set_span_in_context(NonRecordingSpan(parent))
        span = tracer.start_span("chat gpt-5-mini", context=context)
        span.set_attributes(
            {
                "gen_ai.request.model": "gpt-5-mini",
                "gen_ai.usage.input_tokens": 1,
                "gen_ai.operation.name": "chat",
            }
        )
        span.end()

    assert so_far.calls == 1
    assert own.get_finished_spans() == ()
    assert span.get_span_context().trace_flags == TraceFlags.DEFAULT


def test_spans_that_are_no_calls_are_dropped_as_before() -> None:
    dropped = CostSampler(ALWAYS_OFF).should_sample(None, 1, "GET /", attributes=dict(NO_CALL))
    assert dropped.decision is Decision.DROP


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("POST", {"gen_ai.operation.name": "chat"}),
        ("POST", {"llm.request.type": "chat"}),
        ("chat gpt-5-mini", None),
    ],
)
def test_a_call_is_told_at_its_start_by_its_attributes_or_its_name(
    name: str, attributes: dict[str, str] | None
) -> None:
    result = CostSampler(ALWAYS_OFF).should_sample(None, 1, name, attributes=attributes)
    assert result.decision is Decision.RECORD_ONLY
    assert dict(result.attributes) == (attributes or {})


@pytest.mark.parametrize(
    ("sampler", "escapes"),
    [
        (ALWAYS_ON, False),
        (DEFAULT_ON, False),
        (ALWAYS_OFF, True),
        (TENTH, True),
        (ParentBased(TENTH), True),
        (CostSampler(TENTH), False),
    ],
)
def test_which_samplers_let_calls_escape(sampler: Sampler, *, escapes: bool) -> None:
    assert lets_calls_escape(sampler) is escapes


@pytest.mark.parametrize(
    ("argument", "description"),
    [
        (None, name_of(DEFAULT_ON)),
        ("", name_of(DEFAULT_ON)),
        ("always_on", "AlwaysOnSampler"),
        ("always_off", "AlwaysOffSampler"),
        ("parentbased_always_off", name_of(DEFAULT_OFF)),
        ("traceidratio:0.25", "TraceIdRatioBased{0.25}"),
        ("traceidratio", "TraceIdRatioBased{1.0}"),
        (" ParentBased_TraceIdRatio:0.1 ", name_of(ParentBasedTraceIdRatio(0.1))),
    ],
)
def test_the_environment_names_the_sampler_to_wrap(argument: str | None, description: str) -> None:
    assert sampler_from_environment(argument).get_description() == f"CostSampler{{{description}}}"


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("0.1", "no sampler '0.1'"),
        ("jaeger_remote", "it is one of always_on"),
        ("traceidratio:2", "'2' is no ratio from 0 to 1"),
        ("traceidratio:-1", "is no ratio"),
        ("traceidratio:half", "'half' is no ratio"),
        ("traceidratio:nan", "is no ratio"),
    ],
)
def test_an_unusable_argument_is_refused_in_one_sentence(argument: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        sampler_from_environment(argument)
