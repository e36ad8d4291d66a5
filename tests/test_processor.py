"""The one processor a team adds: every model call leaves with its cost, and nothing else changes."""

from __future__ import annotations

import json
import logging
import os
import threading
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from opentelemetry import trace
from opentelemetry.context import Context, attach, detach
from opentelemetry.sdk.trace import (
    ConcurrentMultiSpanProcessor,
    ReadableSpan,
    SpanLimits,
    SpanProcessor,
    SynchronousMultiSpanProcessor,
    TracerProvider,
)
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.sdk.trace.sampling import Decision, Sampler, SamplingResult, TraceIdRatioBased

from otel_costing import CostSampler, CostSpanProcessor, attribute_to, receipt
from otel_costing.otlp import decode
from otel_costing.rates import RateBook, default_rates
from otel_costing.span_attributes import rebuilt
from tests.conformance.truth import SPANS
from tests.tracing import (
    CALL,
    CALL_USD,
    NO_CALL,
    attributes_of,
    call,
    counted,
    exported,
    metered,
    provider_of,
    tracer_of,
)

USD = "otel_costing.cost.usd"
STATUS = "otel_costing.status"
ESSENTIALS = {USD, STATUS, "otel_costing.rate.id"}


class _Watching(SpanProcessor):
    """Keeps what it was called with."""

    def __init__(self) -> None:
        self.started: list[Any] = []
        self.ended: list[ReadableSpan] = []
        self.calls: list[str] = []
        self.flushes = True

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        del parent_context
        self.started.append(span)

    def on_end(self, span: ReadableSpan) -> None:
        self.ended.append(span)

    def shutdown(self) -> None:
        self.calls.append("shutdown")

    def force_flush(self, timeout_millis: int = 30000) -> bool:
        self.calls.append(f"force_flush {timeout_millis}")
        return self.flushes


class _Broken(RateBook):
    """A book with a bug."""

    def __init__(self) -> None:
        self.digest = "broken"

    def find(self, *_: Any, **__: Any) -> Any:
        raise ZeroDivisionError

    provider = tier = resolve = find


def ended(attributes: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Return what a span of these attributes is exported with."""
    limits = options.pop("limits", None)
    simple, exporter = exported()
    span = tracer_of(CostSpanProcessor(**options), simple, limits=limits).start_span("chat m")
    span.set_attributes(attributes)
    span.end()
    return attributes_of(exporter.get_finished_spans()[0])


# --- where the cost is seen


@pytest.mark.parametrize("multi", [SynchronousMultiSpanProcessor, ConcurrentMultiSpanProcessor])
@pytest.mark.parametrize("place", [0, 1, 2])
def test_every_exporter_sees_the_cost_wherever_the_processor_stands(
    multi: Callable[[], Any], place: int
) -> None:
    exporters = InMemorySpanExporter(), InMemorySpanExporter()
    others: list[SpanProcessor] = [
        SimpleSpanProcessor(exporters[0]),
        BatchSpanProcessor(exporters[1]),
    ]
    others.insert(place, CostSpanProcessor())
    provider = TracerProvider(active_span_processor=multi(), shutdown_on_exit=False)
    for each in others:
        provider.add_span_processor(each)
    call(provider.get_tracer("app"))
    provider.force_flush()
    provider.shutdown()

    assert [attributes_of(exporter.get_finished_spans()[0])[USD] for exporter in exporters] == [
        CALL_USD,
        CALL_USD,
    ]


def test_a_priced_span_carries_what_the_documentation_lists() -> None:
    seen = ended(dict(CALL))
    added = {name: value for name, value in seen.items() if name not in CALL}

    assert added.pop("gen_ai.usage.cost.amount") == pytest.approx(0.0005825)
    assert added.pop("otel_costing.rate.id").startswith("openai/gpt-5-mini#")
    assert added.pop("otel_costing.rates.digest") == default_rates().digest
    items = json.loads(added.pop("otel_costing.items"))
    assert added == {
        "gen_ai.usage.cost.currency": "USD",
        "gen_ai.usage.cost.source": "local",
        USD: CALL_USD,
        STATUS: "priced",
    }
    assert {item["meter"]: item["quantity"] for item in items} == {
        "input": 700,
        "cache_read": 300,
        "output": 150,
        "reasoning": 50,
    }
    assert sum(Decimal(item["amount_usd"]) for item in items) == Decimal(CALL_USD)


def test_the_teams_own_attributes_stay_as_they_were() -> None:
    own = {**CALL, "app.tags": ("a", "b"), "app.ratio": 0.5, "app.flag": True}
    seen = ended(own)

    assert {name: seen[name] for name in own} == own


def test_a_span_that_is_no_model_call_stays_as_it_was() -> None:
    assert ended(dict(NO_CALL)) == dict(NO_CALL)


def test_items_can_be_a_pair_of_attributes_per_meter() -> None:
    seen = ended(dict(CALL), items="attributes")

    assert "otel_costing.items" not in seen
    assert seen["otel_costing.items.cache_read.quantity"] == 300
    assert seen["otel_costing.items.cache_read.amount_usd"] == "0.000007500000"


def test_an_unknown_form_of_items_is_refused_with_the_known_ones() -> None:
    with pytest.raises(ValueError, match="json, attributes"):
        CostSpanProcessor(items="xml")


# --- the wrapping form


def test_the_wrapped_processor_gets_a_priced_copy_and_the_original_stays_untouched() -> None:
    inside, beside = _Watching(), _Watching()
    call(tracer_of(CostSpanProcessor(inside), beside))

    assert attributes_of(inside.ended[0])[USD] == CALL_USD
    assert attributes_of(beside.ended[0]) == dict(CALL)


def test_the_copy_differs_from_the_original_in_its_attributes_alone() -> None:
    inside, beside = _Watching(), _Watching()
    tracer = tracer_of(CostSpanProcessor(inside), beside)
    link = trace.Link(trace.SpanContext(1, 2, is_remote=True))
    span = tracer.start_span("chat", kind=trace.SpanKind.CLIENT, links=[link], attributes=CALL)
    span.add_event("first token")
    span.set_status(trace.StatusCode.OK)
    span.end()
    copy, original = json.loads(inside.ended[0].to_json()), json.loads(beside.ended[0].to_json())

    assert copy.pop("attributes") != original.pop("attributes")
    assert copy == original
    assert inside.ended[0].instrumentation_scope == beside.ended[0].instrumentation_scope


def test_the_copy_still_tells_how_many_attributes_events_and_links_were_dropped() -> None:
    inside = _Watching()
    limits = SpanLimits(max_events=1, max_links=1)
    tracer = tracer_of(CostSpanProcessor(inside), limits=limits)
    links = [trace.Link(trace.SpanContext(1, number, is_remote=True)) for number in (2, 3)]
    span = tracer.start_span("chat", attributes=CALL, links=links)
    span.add_event("one")
    span.add_event("two")
    span.end()

    assert (inside.ended[0].dropped_events, inside.ended[0].dropped_links) == (1, 1)
    assert [event.name for event in inside.ended[0].events] == ["two"]


def test_the_wrapping_form_hands_on_starts_shutdowns_and_flushes() -> None:
    inside = _Watching()
    processor = CostSpanProcessor(inside)
    span = tracer_of(processor).start_span("a")

    assert inside.started == [span]
    assert processor.force_flush(77) is True
    inside.flushes = False
    assert processor.force_flush(78) is False
    processor.shutdown()
    assert inside.calls == ["force_flush 77", "force_flush 78", "shutdown"]


def test_the_wrapping_form_hands_on_the_very_span_that_is_no_model_call() -> None:
    inside, beside = _Watching(), _Watching()
    span = ReadableSpan("GET /", trace.SpanContext(1, 2, is_remote=False), attributes=NO_CALL)
    for processor in (CostSpanProcessor(inside), beside):
        processor.on_end(span)

    assert inside.ended[0] is span


class _Around(SpanProcessor):
    """Hands on what was public before `_on_ending`, the ended span as it is or built anew: so does Logfire."""

    def __init__(self, *processors: SpanProcessor, rebuilds: bool) -> None:
        self._processors = processors
        self._rebuilds = rebuilds

    def on_start(self, span: Any, parent_context: Any = None) -> None:
        for each in self._processors:
            each.on_start(span, parent_context)

    def on_end(self, span: ReadableSpan) -> None:
        if self._rebuilds:
            span = rebuilt(span, {"around": True})
        for each in self._processors:
            each.on_end(span)


@pytest.mark.parametrize("rebuilds", [False, True])
def test_behind_a_processor_that_does_not_tell_of_ending_spans_calls_are_priced_all_the_same(
    *, rebuilds: bool
) -> None:
    meters, reader = metered()
    later = _Watching()
    around = _Around(CostSpanProcessor(meter_provider=meters), later, rebuilds=rebuilds)
    tracer = tracer_of(around)
    with attribute_to(team="support"), receipt() as so_far:
        call(tracer)
        tracer.start_span("GET /", attributes=NO_CALL).end()

    priced, other = later.ended
    assert attributes_of(priced)[USD] == CALL_USD
    assert attributes_of(priced)["otel_costing.team"] == "support"
    assert CALL.items() <= attributes_of(priced).items()
    assert USD not in attributes_of(other)
    assert (so_far.calls, str(so_far.total_usd)) == (1, CALL_USD)
    assert list(counted(reader, "otel_costing.calls").values()) == [1]
    assert counted(reader, "otel_costing.failures") == {}


def test_what_a_processor_before_has_of_an_ended_span_stays_as_it_was() -> None:
    """It may be exporting it in another thread."""
    held: list[Any] = []

    class _Holding(SpanProcessor):
        def on_end(self, span: ReadableSpan) -> None:
            held.append(span.attributes)

    later = _Watching()
    call(tracer_of(_Around(_Holding(), CostSpanProcessor(), later, rebuilds=False)))

    assert dict(held[0]) == dict(CALL)
    assert attributes_of(later.ended[0])[USD] == CALL_USD


def test_one_processor_wrapped_at_one_provider_and_plain_at_another_prices_the_calls_of_both() -> (
    None
):
    processor = CostSpanProcessor()
    watching = _Watching(), _Watching()
    plain = tracer_of(processor, watching[0])
    wrapped = tracer_of(_Around(processor, watching[1], rebuilds=False))
    with receipt() as so_far:
        for tracer in (plain, wrapped, plain):
            call(tracer)

    seen = [attributes_of(span)[USD] for each in watching for span in each.ended]
    assert seen == [CALL_USD] * 3
    assert so_far.calls == 3


def test_a_call_without_room_for_a_mark_is_counted_once_behind_a_wrapper_too() -> None:
    limits = SpanLimits(max_span_attributes=len(CALL))
    tracer = tracer_of(_Around(CostSpanProcessor(), rebuilds=False), limits=limits)
    with receipt() as so_far:
        call(tracer)

    assert so_far.calls == 1


def test_the_wrapping_form_tells_the_next_of_ending_spans() -> None:
    beside = _Watching()
    call(tracer_of(CostSpanProcessor(CostSpanProcessor()), beside))

    assert attributes_of(beside.ended[0])[USD] == CALL_USD


def test_attributes_that_cannot_be_replaced_are_counted_and_the_span_goes_on() -> None:
    class _Sealed(ReadableSpan):
        is_sealed = False

        def __setattr__(self, name: str, value: Any) -> None:
            if self.is_sealed:
                raise AttributeError(name)
            super().__setattr__(name, value)

    meters, reader = metered()
    span = _Sealed("chat m", trace.SpanContext(1, 2, is_remote=False), attributes=CALL)
    span.is_sealed = True
    CostSpanProcessor(meter_provider=meters).on_end(span)

    assert attributes_of(span) == dict(CALL)
    assert counted(reader, "otel_costing.failures") == {("add",): 1}


# --- limits


@pytest.mark.parametrize(
    ("room", "added"),
    [(8, "all"), (7, "essentials"), (3, "essentials"), (2, "nothing"), (0, "nothing")],
)
@pytest.mark.parametrize("wrapping", [False, True])
def test_what_does_not_fit_below_the_limit_is_left_out_and_none_of_the_teams_is_evicted(
    room: int, added: str, *, wrapping: bool
) -> None:
    limits = SpanLimits(max_span_attributes=len(CALL) + room)
    simple, exporter = exported()
    processors = (CostSpanProcessor(simple),) if wrapping else (CostSpanProcessor(), simple)
    call(tracer_of(*processors, limits=limits))
    span = exporter.get_finished_spans()[0]
    new = attributes_of(span).keys() - CALL.keys()

    assert CALL.items() <= attributes_of(span).items()
    assert new == {"nothing": set(), "essentials": ESSENTIALS}.get(added, new)
    assert len(new) <= room
    assert span.dropped_attributes == 0


def test_without_a_limit_everything_is_added() -> None:
    seen = ended(dict(CALL), limits=SpanLimits(max_span_attributes=SpanLimits.UNSET))

    assert seen[USD] == CALL_USD
    assert "otel_costing.items" in seen


def test_the_count_of_what_the_sdk_evicted_is_kept() -> None:
    simple, exporter = exported()
    limits = SpanLimits(max_span_attributes=len(CALL))
    tracer = tracer_of(CostSpanProcessor(), simple, limits=limits)
    span = tracer.start_span("chat", attributes={"app.first": 1})
    span.set_attributes(CALL)
    span.end()

    assert exporter.get_finished_spans()[0].dropped_attributes == 1


# --- figures that are there, figures that are not


def test_a_figure_of_the_provider_stays_and_ours_stands_beside_it() -> None:
    theirs = {"gen_ai.usage.cost.amount": 0.25, "gen_ai.usage.cost.source": "provider"}
    seen = ended({**CALL, **theirs})

    assert theirs.items() <= seen.items()
    assert "gen_ai.usage.cost.currency" not in seen
    assert seen[USD] == CALL_USD


@pytest.mark.parametrize(
    ("attributes", "reason"),
    [
        ({**CALL, "gen_ai.response.model": "gpt-99"}, "unknown_model"),
        ({**CALL, "gen_ai.usage.input_tokens": -1}, "invalid_usage"),
        ({**CALL, "gen_ai.usage.cache_read.input_tokens": 2000}, "contradictory_usage"),
        ({name: CALL[name] for name in CALL if "usage" not in name}, "no_usage"),
    ],
)
def test_a_call_that_cannot_be_priced_says_why_and_carries_no_amount(
    attributes: dict[str, Any], reason: str
) -> None:
    seen = ended(attributes)

    assert (seen[STATUS], seen["otel_costing.status_reason"]) == ("unpriced", reason)
    assert [name for name in seen if "cost.amount" in name or name == USD] == []


# --- what goes wrong


@pytest.mark.parametrize("wrapping", [False, True])
def test_a_bug_in_pricing_costs_a_number_and_is_counted_never_the_span(*, wrapping: bool) -> None:
    meters, reader = metered()
    simple, exporter = exported()
    if wrapping:
        call(tracer_of(CostSpanProcessor(simple, rates=_Broken(), meter_provider=meters)))
    else:
        call(tracer_of(CostSpanProcessor(rates=_Broken(), meter_provider=meters), simple))

    assert attributes_of(exporter.get_finished_spans()[0]) == dict(CALL)
    assert counted(reader, "otel_costing.failures") == {("price",): 1}


def test_a_journal_on_a_full_disk_is_counted_each_time_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    meters, reader = metered()
    simple, exporter = exported()
    processor = CostSpanProcessor(journal=tmp_path, meter_provider=meters)
    tracer = tracer_of(processor, simple)
    call(tracer)
    journal = next(tmp_path.iterdir())
    with Path("/dev/full").open("wb") as full:
        _point_open_file(journal, full.fileno())
        call(tracer)
        call(tracer)
    processor.shutdown()

    assert counted(reader, "otel_costing.failures") == {("journal",): 2}
    assert [record.levelno for record in caplog.records] == [logging.WARNING]
    assert all(attributes_of(span)[USD] for span in exporter.get_finished_spans())


def _point_open_file(path: Path, target: int) -> None:
    """Point this process's descriptor of `path` elsewhere."""
    for descriptor in list(Path("/proc/self/fd").iterdir()):
        if descriptor.exists() and descriptor.samefile(path):
            os.dup2(target, int(descriptor.name))


def test_a_journal_whose_directory_is_gone_is_counted_and_the_span_goes_on(tmp_path: Path) -> None:
    meters, reader = metered()
    simple, exporter = exported()
    directory = tmp_path / "journal"
    tracer = tracer_of(CostSpanProcessor(journal=directory, meter_provider=meters), simple)
    directory.rmdir()
    call(tracer)

    assert attributes_of(exporter.get_finished_spans()[0])[USD] == CALL_USD
    assert counted(reader, "otel_costing.failures") == {("journal",): 1}


HOSTILE = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=20),
    st.lists(st.text(max_size=3), max_size=3),
    st.sampled_from([10**30, -1, "1e999", "0" * 300, "\x00"]),
)
NAMES = st.sampled_from(
    [
        *CALL,
        "gen_ai.usage.total_tokens",
        "gen_ai.usage.cost.amount",
        "gen_ai.usage.cost.source",
        "gen_ai.response.id",
        "otel_costing.team",
        "user.id",
        "llm.token_count.prompt",
    ]
)


@settings(deadline=None)
@given(st.dictionaries(NAMES, HOSTILE))
def test_hostile_attributes_hurt_nobody(hostile: dict[str, Any]) -> None:
    meters, reader = metered()
    simple, exporter = exported()
    span = tracer_of(CostSpanProcessor(meter_provider=meters), simple).start_span("chat m")
    span.set_attributes(
        {**CALL, **{name: value for name, value in hostile.items() if value is not None}}
    )
    before = attributes_of(span)  # type: ignore[arg-type]
    span.end()
    after = attributes_of(exporter.get_finished_spans()[0])

    assert {name: repr(after[name]) for name in before} == {
        name: repr(value) for name, value in before.items()
    }
    assert counted(reader, "otel_costing.failures") == {}


# --- counted once


def test_calls_and_dollars_are_counted_by_status_provider_and_model() -> None:
    meters, reader = metered()
    tracer = tracer_of(CostSpanProcessor(meter_provider=meters))
    call(tracer)
    call(tracer)
    call(tracer, more={"gen_ai.response.model": "gpt-99"})

    assert counted(reader, "otel_costing.calls") == {
        ("openai", "gpt-5-mini", "priced"): 2,
        ("openai", "gpt-5-mini", "unpriced"): 1,
    }
    assert counted(reader, "otel_costing.usd") == {
        ("openai", "gpt-5-mini", "priced"): pytest.approx(2 * 0.0005825)
    }


@pytest.mark.parametrize("wrapping", [False, True])
def test_two_processors_at_one_provider_price_and_count_a_call_once(*, wrapping: bool) -> None:
    meters, reader = metered()
    watching = _Watching(), _Watching()
    processors = [
        CostSpanProcessor(each if wrapping else None, meter_provider=meters) for each in watching
    ]
    tracer = tracer_of(*processors, *(() if wrapping else watching))
    with receipt() as so_far:
        call(tracer)

    assert [attributes_of(each.ended[0])[USD] for each in watching] == [CALL_USD, CALL_USD]
    assert (so_far.calls, str(so_far.total_usd)) == (1, CALL_USD)
    assert list(counted(reader, "otel_costing.calls").values()) == [1]


def test_one_processor_at_two_providers_prices_the_calls_of_both_once() -> None:
    processor = CostSpanProcessor()
    with receipt() as so_far:
        call(tracer_of(processor))
        call(tracer_of(processor))

    assert so_far.calls == 2


def _replayed(file: str, response_id: str) -> tuple[list[dict[str, Any]], Any, dict[Any, float]]:
    """Replay captured spans of a call, with an id such as its provider sends, in the order they ended."""
    meters, reader = metered()
    simple, exporter = exported()
    provider = provider_of(CostSpanProcessor(meter_provider=meters), simple)
    records = decode((SPANS / file).read_bytes()).spans
    live: dict[str, Any] = {}
    with receipt() as so_far:
        for record in sorted(records, key=lambda each: each.start_ns):
            tracer = provider.get_tracer(record.scope_name, record.scope_version)
            parent = live.get(record.parent_span_id)
            context = None if parent is None else trace.set_span_in_context(parent)
            live[record.span_id] = tracer.start_span(record.name, context=context)
        for record in sorted(records, key=lambda each: each.end_ns):
            span = live[record.span_id]
            span.set_attributes({k: v for k, v in record.attributes.items() if v is not None})
            if "gen_ai.response.id" in record.attributes:
                span.set_attribute("gen_ai.response.id", response_id)
            span.end()
    spans = [attributes_of(span) for span in exporter.get_finished_spans()]
    return spans, so_far, counted(reader, "otel_costing.calls")


@pytest.mark.parametrize(
    ("file", "response_id", "reason"),
    [
        ("otel-genai-anthropic__anthropic_messages_create_stream.json", "msg_0014", "wrapper"),
        (
            "otel-genai-anthropic__anthropic_messages_create_stream.json",
            "msg_01XFDUDYJgAACzvnptvVoYEL",
            "same_response_id",
        ),
        (
            "traceloop-anthropic__anthropic_messages.json",
            "msg_01XFDUDYJgAACzvnptvVoYEL",
            "same_response_id",
        ),
        (
            "traceloop-anthropic__app_parent_messages.json",
            "msg_01XFDUDYJgAACzvnptvVoYEL",
            "same_response_id",
        ),
    ],
)
def test_a_call_seen_by_two_instrumentations_counts_once_and_the_second_says_so(
    file: str, response_id: str, reason: str
) -> None:
    spans, so_far, calls = _replayed(file, response_id)
    first, second = [span for span in spans if STATUS in span]

    assert first[STATUS] == "priced"
    assert (second[STATUS], second["otel_costing.status_reason"]) == ("duplicate", reason)
    assert USD not in second
    assert so_far.calls == 1
    assert str(so_far.total_usd) == first[USD]
    assert sum(calls.values()) == 1


def test_a_retry_that_was_answered_anew_counts_again() -> None:
    with receipt() as so_far:
        tracer = tracer_of(CostSpanProcessor())
        call(tracer, "chatcmpl-CR1aXb9ZkPq0001")
        call(tracer, "chatcmpl-CR1aXb9ZkPq0002")

    assert so_far.calls == 2


def test_equal_calls_of_one_instrumentation_are_two_calls() -> None:
    tracer = tracer_of(CostSpanProcessor())
    with receipt() as so_far, tracer.start_as_current_span("work"):
        call(tracer)
        call(tracer)

    assert so_far.calls == 2


def test_the_calls_an_agent_makes_below_one_another_are_all_counted() -> None:
    """A call inside a tool that another call asked for has other figures."""
    tracer = tracer_of(CostSpanProcessor())
    with receipt() as so_far, tracer.start_as_current_span("chat") as outer:
        call(tracer, more={"gen_ai.usage.input_tokens": 999})
        outer.set_attributes(CALL)

    assert so_far.calls == 2


# --- spans that end elsewhere


def test_a_stream_that_ends_in_another_thread_keeps_its_attribution_and_its_receipt() -> None:
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(), simple)
    with attribute_to(team="support"), receipt() as so_far:
        span = tracer.start_span("chat gpt-5-mini")
        span.set_attributes(CALL)
    ending = threading.Thread(target=span.end)
    ending.start()
    ending.join()

    assert attributes_of(exporter.get_finished_spans()[0])["otel_costing.team"] == "support"
    assert so_far.calls == 1


class _Detached:
    """In a context of a library's own making, which knows the trace at most."""

    def __init__(self, parent: trace.SpanContext | None = None) -> None:
        span = None if parent is None else trace.NonRecordingSpan(parent)
        self._context = Context() if span is None else trace.set_span_in_context(span, Context())

    def __enter__(self) -> None:
        self._token = attach(self._context)

    def __exit__(self, *_: object) -> None:
        detach(self._token)


@pytest.mark.parametrize("begun", ["inside the block", "before the block", "not at all"])
def test_a_span_that_a_library_begins_in_a_context_of_its_own_belongs_to_the_work_around_it(
    begun: str,
) -> None:
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(), simple)
    before = tracer.start_span("POST /tickets")
    outer = {"before the block": trace.use_span(before)}.get(begun, nullcontext())
    with outer, attribute_to(team="support"), receipt() as so_far:
        inside = tracer.start_span("work")
        parents = {"inside the block": inside, "before the block": before}
        parent = parents[begun].get_span_context() if begun in parents else None
        with _Detached(parent):
            call(tracer)

    assert so_far.calls == 1
    assert attributes_of(exporter.get_finished_spans()[0])["otel_costing.team"] == "support"


def test_a_stream_that_ends_in_a_thread_that_knows_the_parent_alone_works_for_that() -> None:
    tracer = tracer_of(CostSpanProcessor())
    with receipt() as so_far:
        parent = tracer.start_span("work")

    def end_stream() -> None:
        with _Detached(parent.get_span_context()):
            call(tracer)

    ending = threading.Thread(target=end_stream)
    ending.start()
    ending.join()
    assert so_far.calls == 1


def test_a_request_of_another_trace_that_is_served_inside_a_block_is_not_of_its_work() -> None:
    tracer = tracer_of(CostSpanProcessor())
    with receipt() as so_far, _Detached(trace.SpanContext(9, 9, is_remote=True)):
        call(tracer)

    assert so_far.calls == 0


def test_a_context_that_is_named_says_everything() -> None:
    tracer = tracer_of(CostSpanProcessor())
    with receipt() as so_far:
        tracer.start_span("chat m", context=Context(), attributes=CALL).end()

    assert so_far.calls == 0


def test_after_a_block_nothing_belongs_to_it() -> None:
    tracer = tracer_of(CostSpanProcessor())
    with receipt() as outer:
        with receipt() as inner, attribute_to(team="support"):
            pass
        with _Detached():
            call(tracer)
    with _Detached():
        call(tracer)

    assert (outer.calls, inner.calls) == (1, 0)


def test_who_caused_a_call_is_said_by_context_then_span_then_resource() -> None:
    simple, exporter = exported()
    resource = {"service.namespace": "platform", "deployment.environment.name": "staging"}
    tracer = tracer_of(CostSpanProcessor(), simple, resource=resource)
    call(tracer, more={"user.id": "u-1"})
    with attribute_to(team="support"):
        call(tracer)
    first, second = (attributes_of(span) for span in exporter.get_finished_spans())

    assert first["otel_costing.team"] == "platform"
    assert first["otel_costing.user_id"] == "u-1"
    assert first["otel_costing.environment"] == "staging"
    assert second["otel_costing.team"] == second["otel_costing.origin.team"] == "support"


def test_what_a_span_says_of_itself_by_our_names_is_kept() -> None:
    simple, exporter = exported()
    tracer = tracer_of(CostSpanProcessor(), simple)
    with attribute_to(team="support"):
        call(tracer, more={"otel_costing.team": "search"})

    assert attributes_of(exporter.get_finished_spans()[0])["otel_costing.team"] == "search"


# --- sampling


class _RecordOnly(Sampler):
    """Records all and samples none."""

    def should_sample(self, *args: Any, **kwargs: Any) -> SamplingResult:
        del args, kwargs
        return SamplingResult(Decision.RECORD_ONLY)

    def get_description(self) -> str:
        return "RecordOnly"


def test_the_exporter_gets_priced_calls_beyond_the_sample_and_nothing_else() -> None:
    beyond = InMemorySpanExporter()
    simple, own = exported()
    processor = CostSpanProcessor(exporter=beyond)
    tracer = tracer_of(processor, simple, sampler=_RecordOnly())
    call(tracer)
    tracer.start_span("GET /", attributes=NO_CALL).end()
    processor.force_flush()
    processor.shutdown()

    assert own.get_finished_spans() == ()
    assert [attributes_of(span)[USD] for span in beyond.get_finished_spans()] == [CALL_USD]


@pytest.fixture
def global_provider(
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[Sampler], TracerProvider]:
    """Set a global provider, which OpenTelemetry allows once, for the time of a test."""

    def install(sampler: Sampler) -> TracerProvider:
        provider = provider_of(sampler=sampler)
        monkeypatch.setattr(trace, "_TRACER_PROVIDER", provider)
        return provider

    return install


@pytest.mark.parametrize(
    ("sampler", "warnings"),
    [(TraceIdRatioBased(0.9999), 1), (CostSampler(TraceIdRatioBased(0.5)), 0)],
)
def test_a_sampler_that_lets_calls_escape_is_named_once(
    sampler: Sampler,
    warnings: int,
    global_provider: Callable[[Sampler], TracerProvider],
    caplog: pytest.LogCaptureFixture,
) -> None:
    provider = global_provider(sampler)
    provider.add_span_processor(CostSpanProcessor())
    for _ in range(20):
        call(provider.get_tracer("app"))

    assert [record.name for record in caplog.records] == ["otel_costing.processor"] * warnings


def test_the_first_span_of_the_work_says_for_whom_it_was_and_loses_nothing_of_its_own() -> None:
    """What the work says of itself is written at the end, when it is known what fits."""
    simple, out = exported()
    own = {f"own.{number}": number for number in range(6)}
    for limit in (None, 20, 6):
        limits = SpanLimits(max_span_attributes=SpanLimits.UNSET if limit is None else limit)
        root = tracer_of(CostSpanProcessor(), simple, limits=limits).start_span("POST /tickets")
        with (
            trace.use_span(root, end_on_exit=True),
            attribute_to(team="support", feature="answers"),
        ):
            root.set_attributes(own)

    whole, roomy, full = (dict(span.attributes or {}) for span in out.get_finished_spans())
    assert whole["otel_costing.team"] == roomy["otel_costing.team"] == "support"
    assert full == own
    assert all(own.items() <= seen.items() for seen in (whole, roomy))


def test_a_value_longer_than_the_span_takes_is_left_out_and_never_cut() -> None:
    simple, out = exported()
    limits = SpanLimits(max_span_attribute_length=40)
    tracer_of(CostSpanProcessor(), simple, limits=limits).start_span(
        "chat m", attributes=CALL
    ).end()

    (span,) = out.get_finished_spans()
    attributes = span.attributes or {}
    assert attributes["otel_costing.cost.usd"] == CALL_USD
    assert "otel_costing.items" not in attributes
    assert "otel_costing.rates.digest" not in attributes
