"""One run of the demo's processes, and what it must have left behind."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from otel_costing import semconv
from otel_costing.otlp import decode

if TYPE_CHECKING:
    from otel_costing.demo.run import DemoRun
    from otel_costing.demo.served import Served
    from otel_costing.spans import SpanRecord

USAGE = (
    "gen_ai.usage.input_tokens",
    "gen_ai.usage.output_tokens",
    "gen_ai.usage.cache_read.input_tokens",
    "anthropic.usage.cache_creation.ephemeral_5m_input_tokens",
    "anthropic.usage.cache_creation.ephemeral_1h_input_tokens",
    "gen_ai.usage.reasoning.output_tokens",
)
TEAMS = {
    "assistant": "support-assistant",
    "retrieval": "search-platform",
    "drafting": "content-ai",
}


@pytest.fixture(scope="session")
def spans(run: DemoRun) -> list[SpanRecord]:
    """Every span that the receiver kept."""
    return [
        span
        for path in sorted(run.otlp_dir.glob("*.pb"))
        for span in decode(path.read_bytes()).spans
    ]


@pytest.fixture(scope="session")
def model_calls(spans: list[SpanRecord]) -> list[SpanRecord]:
    return [span for span in spans if semconv.OPERATION in span.attributes]


@pytest.fixture(scope="session")
def of_tickets(run: DemoRun, model_calls: list[SpanRecord]) -> list[SpanRecord]:
    return [span for span in model_calls if span.trace_id in run.trace_ids]


@pytest.fixture(scope="session")
def by_request(run: DemoRun, model_calls: list[SpanRecord]) -> dict[str, list[SpanRecord]]:
    """Model calls of the two requests that are no tickets."""
    return {
        answer.request: [span for span in model_calls if span.trace_id == answer.trace_id]
        for answer in run.answers
        if answer.request != "tickets"
    }


def test_each_ticket_is_one_trace_across_all_three_services(
    run: DemoRun, spans: list[SpanRecord]
) -> None:
    services = {
        trace_id: {span.service for span in spans if span.trace_id == trace_id}
        for trace_id in run.trace_ids
    }

    assert all(reached == set(TEAMS) for reached in services.values())


def test_each_trace_is_one_tree(run: DemoRun, spans: list[SpanRecord]) -> None:
    """Every span but the root hangs below a span that arrived too, whichever process sent it."""
    arrived = {(span.trace_id, span.span_id) for span in spans}
    hanging = [span for span in spans if (span.trace_id, span.parent_span_id) in arrived]
    roots = Counter(span.trace_id for span in spans if not span.parent_span_id)

    assert {answer.trace_id: 1 for answer in run.answers} == roots
    assert len(spans) == len(hanging) + len(roots)


def test_every_answer_with_an_id_has_one_span_with_the_usage_it_was_served_with(
    run: DemoRun, model_calls: list[SpanRecord]
) -> None:
    served = {answer.response_id: _usage(answer) for answer in run.served if answer.response_id}
    seen = {
        span.attributes["gen_ai.response.id"]: _figures(span)
        for span in model_calls
        if "gen_ai.response.id" in span.attributes
    }

    assert served == seen


def test_every_embedding_has_a_span_with_its_tokens(
    run: DemoRun, model_calls: list[SpanRecord]
) -> None:
    served = [a.usage for a in run.served if a.path.endswith("/embeddings")]
    seen = [s for s in model_calls if s.attributes[semconv.OPERATION] == "embeddings"]

    assert Counter(usage["prompt_tokens"] for usage in served if usage) == Counter(
        span.attributes["gen_ai.usage.input_tokens"] for span in seen
    )


def test_the_run_has_the_calls_the_story_needs(run: DemoRun) -> None:
    """Cache writes of both lifetimes, cache reads, reasoning, refusals, a stream without usage."""
    usages = [usage for answer in run.served if (usage := _usage(answer))]
    kinds = {name: sum(1 for usage in usages if usage.get(name)) for name in USAGE}

    assert all(kinds.values()), kinds
    assert {"gpt-5", "claude-sonnet-4-6"} == {a.model for a in run.served if a.status == 429}
    assert [a.model for a in run.served if a.response_id and not a.usage] == ["gpt-5-mini"]
    assert {"acme-policy-13b"} < {answer.model for answer in run.served}


def test_a_refusal_tried_again_by_the_service_leaves_a_failed_span_without_usage(
    model_calls: list[SpanRecord],
) -> None:
    (failed,) = (span for span in model_calls if span.failed)

    assert failed.attributes["gen_ai.request.model"] == "gpt-5"
    assert _figures(failed) == {}


def test_a_refusal_tried_again_by_the_client_library_leaves_one_span(
    model_calls: list[SpanRecord],
) -> None:
    (resent,) = (span for span in model_calls if "http.request.resend_count" in span.attributes)

    assert resent.attributes["gen_ai.provider.name"] == "anthropic"


def test_nothing_of_ours_reaches_a_provider(run: DemoRun) -> None:
    """Neither baggage nor trace context: who asked, and for whom, is none of a provider's business."""
    assert {()} == {answer.carried for answer in run.served}


def test_the_team_is_the_one_whose_code_ran(of_tickets: list[SpanRecord]) -> None:
    assert {(span.service, span.attributes[semconv.TEAM]) for span in of_tickets} == set(
        TEAMS.items()
    )


def test_the_origin_is_the_assistant_whoever_ran_the_call(of_tickets: list[SpanRecord]) -> None:
    origins = {
        (span.attributes[semconv.ORIGIN_TEAM], span.attributes[semconv.ORIGIN_WORKFLOW])
        for span in of_tickets
    }

    assert {("support-assistant", "resolve-ticket")} == origins


def test_one_ticket_is_one_run_of_its_workflow(run: DemoRun, of_tickets: list[SpanRecord]) -> None:
    runs = {(span.trace_id, span.attributes[semconv.ORIGIN_WORKFLOW_RUN_ID]) for span in of_tickets}

    assert sorted(run.trace_ids) == sorted(trace_id for trace_id, _ in runs)


def test_evaluation_is_told_from_production(
    of_tickets: list[SpanRecord], by_request: dict[str, list[SpanRecord]]
) -> None:
    assert {"production"} == {span.attributes[semconv.PURPOSE] for span in of_tickets}
    assert {("evaluation", "nightly-eval")} == {
        (span.attributes[semconv.PURPOSE], span.attributes[semconv.WORKFLOW])
        for span in by_request["evaluations"]
    }


def test_each_ticket_says_what_came_of_it_and_a_judge_what_it_thinks(
    run: DemoRun, spans: list[SpanRecord]
) -> None:
    events = [(span.trace_id, event) for span in spans for event in span.events]
    outcomes = [trace_id for trace_id, event in events if event.name == semconv.OUTCOME]
    answered = {answer.response_id for answer in run.served}
    scored = [
        event.attributes[semconv.RESPONSE_ID]
        for _, event in events
        if event.name == semconv.EVALUATION_RESULT
    ]

    assert sorted(outcomes) == sorted(run.trace_ids)
    assert len(scored) == 2
    assert set(scored) <= answered


def test_the_job_nobody_claimed_has_no_workflow(by_request: dict[str, list[SpanRecord]]) -> None:
    assert {None} == {span.attributes.get(semconv.WORKFLOW) for span in by_request["triage"]}


def test_what_cannot_be_priced_says_why(model_calls: list[SpanRecord]) -> None:
    reasons = {
        (span.attributes["gen_ai.request.model"], span.attributes.get(semconv.STATUS_REASON))
        for span in model_calls
        if span.attributes.get(semconv.STATUS) == "unpriced"
    }

    assert {("acme-policy-13b", "unknown_model"), ("gpt-5-mini", "no_usage")} == reasons


def test_a_receipt_is_the_sum_of_what_its_process_spent(
    run: DemoRun, model_calls: list[SpanRecord]
) -> None:
    spent = dict.fromkeys(run.receipts, Decimal(0))
    for span in model_calls:
        if span.service == "assistant":
            spent[span.trace_id] += Decimal(span.attributes.get(semconv.COST_USD, 0))

    assert run.receipts == spent
    assert all(spent.values())


def test_progress_counts_up_to_the_end(run: DemoRun, steps: list[tuple[str, int, int]]) -> None:
    done = [done for _, done, _ in steps]

    assert sorted(done) == done
    assert steps[-1] == ("done", len(run.answers) + 1, len(run.answers) + 1)


def _usage(answer: Served) -> dict[str, int]:
    """What an instrumentation should say of `answer`, in the names of the conventions."""
    if answer.usage is None:
        return {}
    figures = _anthropic if answer.path.startswith("/anthropic/") else _openai
    return {name: count for name, count in zip(USAGE, figures(answer.usage), strict=True) if count}


def _openai(usage: Any) -> tuple[int, ...]:
    return (
        usage["prompt_tokens"],
        usage.get("completion_tokens", 0),
        usage.get("prompt_tokens_details", {}).get("cached_tokens", 0),
        0,
        0,
        usage.get("completion_tokens_details", {}).get("reasoning_tokens", 0),
    )


def _anthropic(usage: Any) -> tuple[int, ...]:
    read, written = usage["cache_read_input_tokens"], usage["cache_creation"]
    return (
        usage["input_tokens"] + read + sum(written.values()),
        usage["output_tokens"],
        read,
        written["ephemeral_5m_input_tokens"],
        written["ephemeral_1h_input_tokens"],
        usage["output_tokens_details"]["thinking_tokens"],
    )


def _figures(span: SpanRecord) -> dict[str, int]:
    return {name: span.attributes[name] for name in USAGE if span.attributes.get(name)}
