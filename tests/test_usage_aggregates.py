"""A span around model calls is none itself, and tells what it sums up, to be charged where nothing else tells."""

from __future__ import annotations

from typing import Any

import pytest

from otel_costing.dialects import OPERATIONS
from otel_costing.usage import Call, NotBillable, Unpriced, Usage, read_call

CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.cache_read.input_tokens": 300,
    "gen_ai.usage.output_tokens": 200,
    "gen_ai.usage.reasoning.output_tokens": 50,
}
ALONE = Call(
    "openai",
    "gpt-5-mini",
    "gpt-5-mini",
    "chat",
    Usage(input=700, cache_read=300, output=150, reasoning=50),
    dialect="otel-genai",
)


def read(
    attributes: dict[str, Any],
    scope: str = "opentelemetry.instrumentation.genai.openai",
    **more: Any,
) -> Call | NotBillable:
    return read_call(attributes, scope_name=scope, **more)


def test_the_same_attributes_on_a_model_call_are_that_call() -> None:
    assert read(CHAT) == ALONE


AGGREGATES = [operation for operation, kind in OPERATIONS.items() if kind == "aggregate"]


@pytest.mark.parametrize("operation", AGGREGATES)
def test_a_span_around_calls_is_not_billable_and_tells_what_it_sums_up(operation: str) -> None:
    result = read({**CHAT, "gen_ai.operation.name": operation})

    assert isinstance(result, NotBillable)
    assert result.aggregate == ALONE._replace(operation=operation)


@pytest.mark.parametrize("more", [{}, {"gen_ai.usage.input_tokens": 0}, {"error.type": "Timeout"}])
@pytest.mark.parametrize("operation", AGGREGATES)
def test_a_span_around_calls_without_usage_sums_up_nothing(
    operation: str, more: dict[str, Any]
) -> None:
    result = read({"gen_ai.operation.name": operation, "gen_ai.request.model": "gpt-5", **more})

    assert isinstance(result, NotBillable)
    assert result.aggregate is None


def test_a_failed_agent_sums_up_what_it_used_before() -> None:
    result = read({**CHAT, "gen_ai.operation.name": "invoke_agent"}, failed=True)

    assert isinstance(result, NotBillable)
    assert result.aggregate is not None
    assert result.aggregate.usage == ALONE.usage


@pytest.mark.parametrize(
    "operation", [operation for operation, kind in OPERATIONS.items() if kind == "none"]
)
def test_spans_that_neither_spend_nor_sum_up_say_nothing_of_usage(operation: str) -> None:
    result = read({**CHAT, "gen_ai.operation.name": operation})

    assert isinstance(result, NotBillable)
    assert result.aggregate is None


AGENT_OF_ITS_OWN = {
    "gen_ai.operation.name": "invoke_agent",
    "model_name": "claude-sonnet-4-5",
    "gen_ai.aggregated_usage.input_tokens": 460,
    "gen_ai.aggregated_usage.output_tokens": 54,
    "gen_ai.aggregated_usage.cache_read.input_tokens": 90,
    "gen_ai.aggregated_usage.cache_creation.input_tokens": 90,
    "gen_ai.aggregated_usage.details.ephemeral_1h_input_tokens": 20,
    "gen_ai.aggregated_usage.details.thinking_tokens": 16,
}
SUMMED_UP = Usage(
    input=280, cache_read=90, cache_write_5m=70, cache_write_1h=20, output=38, reasoning=16
)


def test_an_aggregate_is_read_under_names_of_its_own() -> None:
    result = read(AGENT_OF_ITS_OWN, "pydantic-ai")

    assert isinstance(result, NotBillable)
    assert result.aggregate is not None
    assert result.aggregate.usage == SUMMED_UP
    assert (result.aggregate.provider, result.aggregate.model) == ("anthropic", "claude-sonnet-4-5")


def test_names_of_an_aggregate_and_of_a_call_on_one_span_are_never_mixed() -> None:
    result = read({**AGENT_OF_ITS_OWN, "gen_ai.usage.input_tokens": 7}, "pydantic-ai")

    assert isinstance(result, NotBillable)
    assert result.aggregate is not None
    assert result.aggregate.usage == SUMMED_UP


def test_a_model_call_is_never_read_from_names_of_an_aggregate() -> None:
    result = read({**AGENT_OF_ITS_OWN, "gen_ai.operation.name": "chat"}, "pydantic-ai")

    assert isinstance(result, Call)
    assert result.usage == Unpriced("no_usage", "the span carries no quantity of any meter")


def test_an_aggregate_that_contradicts_itself_is_told_with_its_reason() -> None:
    broken = {**CHAT, "gen_ai.operation.name": "invoke_agent", "gen_ai.usage.output_tokens": 1}
    result = read(broken)

    assert isinstance(result, NotBillable)
    assert result.aggregate is not None
    assert isinstance(result.aggregate.usage, Unpriced)
    assert result.aggregate.usage.reason == "contradictory_usage"


def test_the_answer_of_an_agent_is_not_searched_for_usage() -> None:
    answer = '{"id": "msg_01XFDUDYJgAACzvnptvVoYEL", "usage": {"service_tier": "priority"}}'
    attributes = {
        "openinference.span.kind": "AGENT",
        "llm.token_count.prompt": 10,
        "llm.token_count.completion": 1,
        "output.value": answer,
    }
    result = read(attributes, "openinference.instrumentation.langchain")

    assert isinstance(result, NotBillable)
    assert result.aggregate is not None
    assert (result.aggregate.tier, result.aggregate.response_id) == ("standard", "")
