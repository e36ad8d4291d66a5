"""One span read: a model call with its usage, or why it is none."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.dialects import ALIASES, CARRIERS, REPORTED
from otel_costing.usage import REASONS, Call, NotBillable, Unpriced, Usage, read_call

CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.response.model": "gpt-5-mini-2025-08-07",
    "gen_ai.response.id": "chatcmpl-Cq7xAbcdef",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.cache_read.input_tokens": 300,
    "gen_ai.usage.output_tokens": 200,
    "gen_ai.usage.reasoning.output_tokens": 50,
}
OTEL = "opentelemetry.instrumentation.genai.openai"


def read(attributes: dict[str, Any], scope: str = OTEL, **more: Any) -> Call | NotBillable:
    return read_call(attributes, scope_name=scope, **more)


def call(attributes: dict[str, Any], scope: str = OTEL, **more: Any) -> Call:
    result = read(attributes, scope, **more)
    assert isinstance(result, Call), result
    return result


def test_a_chat_span_of_the_conventions_is_read_whole() -> None:
    read_back = call(CHAT)

    assert read_back.usage == Usage(input=700, cache_read=300, output=150, reasoning=50)
    assert read_back.provider == "openai"
    assert read_back.model == "gpt-5-mini-2025-08-07"
    assert read_back.request_model == "gpt-5-mini"
    assert read_back.dialect == "otel-genai"
    assert read_back.assumptions == ()


def test_new_and_deprecated_names_on_one_span_are_never_added() -> None:
    both = {
        **CHAT,
        "gen_ai.usage.prompt_tokens": 1000,
        "gen_ai.usage.completion_tokens": 200,
        "gen_ai.usage.cache_read_input_tokens": 300,
    }

    assert call(both).usage == call(CHAT).usage


def test_a_scope_nobody_has_seen_is_read_by_the_conventions() -> None:
    read_back = call(CHAT, "com.example.brand.new")

    assert read_back.usage == Usage(input=700, cache_read=300, output=150, reasoning=50)
    assert read_back.dialect == "convention"
    assert read_back.assumptions == ("dialect_unverified",)


@pytest.mark.parametrize(
    "operation",
    [
        "invoke_agent",
        "invoke_workflow",
        "execute_tool",
        "create_agent",
        "plan",
        "fetch_response",
        "handle_conversation_turn",
    ],
)
def test_spans_that_repeat_or_wrap_calls_are_not_billable(operation: str) -> None:
    assert isinstance(read({**CHAT, "gen_ai.operation.name": operation}), NotBillable)


def test_a_span_without_any_attribute_of_a_model_call_is_not_billable() -> None:
    assert isinstance(
        read({"http.request.method": "GET", "server.address": "api.openai.com"}), NotBillable
    )


def test_an_empty_span_is_not_billable() -> None:
    assert isinstance(read({}), NotBillable)


def test_an_operation_nobody_knows_is_a_model_call_if_it_carries_usage() -> None:
    assert call({**CHAT, "gen_ai.operation.name": "moderate"}).operation == "moderate"


def test_an_operation_nobody_knows_without_usage_is_not_billable() -> None:
    assert isinstance(
        read({"gen_ai.operation.name": "warm_up", "gen_ai.request.model": "gpt-5-mini"}),
        NotBillable,
    )


@pytest.mark.parametrize(
    "tokens", [{}, {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}]
)
def test_an_answered_call_without_figures_is_unpriced_not_free(tokens: dict[str, int]) -> None:
    answered = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5-mini", **tokens}
    usage = call(answered).usage

    assert isinstance(usage, Unpriced)
    assert usage.reason == "no_usage"


@pytest.mark.parametrize(
    "failure", [{"failed": True}, {"attributes": {"error.type": "RateLimitError"}}]
)
def test_a_failed_call_without_usage_is_not_billable(failure: dict[str, Any]) -> None:
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5-mini",
        **failure.pop("attributes", {}),
    }

    assert isinstance(read(attributes, **failure), NotBillable)


def test_a_failed_call_with_usage_is_billable() -> None:
    assert call(CHAT, failed=True).usage == call(CHAT).usage


def test_counting_tokens_is_free() -> None:
    assert isinstance(
        read(CHAT, "com.anthropic.sdk.python", name="anthropic.messages.count_tokens"), NotBillable
    )


@pytest.mark.parametrize("tokens", ["1000", 1000.0, 1000])
def test_counts_arrive_as_int_float_or_digits(tokens: Any) -> None:
    assert call({**CHAT, "gen_ai.usage.input_tokens": tokens}).usage == call(CHAT).usage


@pytest.mark.parametrize(
    "tokens",
    [
        -1,
        1.5,
        True,
        "many",
        "\N{FULLWIDTH DIGIT ONE}2",
        "-3",
        float("nan"),
        float("inf"),
        (1, 2),
        2.0**70,
        b"5",
        "9" * 40,
    ],
)
def test_a_count_that_is_no_whole_number_is_invalid_usage(tokens: Any) -> None:
    usage = call({**CHAT, "gen_ai.usage.input_tokens": tokens}).usage

    assert isinstance(usage, Unpriced)
    assert usage.reason == "invalid_usage"


def test_a_cache_larger_than_an_inclusive_input_is_contradictory() -> None:
    usage = call({**CHAT, "gen_ai.usage.cache_read.input_tokens": 5000}).usage

    assert isinstance(usage, Unpriced)
    assert usage.reason == "contradictory_usage"


@pytest.mark.parametrize(
    ("said", "host", "model", "expected"),
    [
        ("openai", "my-resource.openai.azure.com", "gpt-5-mini", "azure.ai.openai"),
        ("openai", "openrouter.ai", "openai/gpt-5-mini", "openrouter"),
        ("openai", "127.0.0.1", "gpt-5-mini", "openai"),
        ("strands-agents", "", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock"),
        ("strands-agents", "", "claude-sonnet-4-5", "anthropic"),
        ("", "", "gemini-2.5-flash", "gcp.gemini"),
        ("aws.bedrock", "bedrock-runtime.eu-west-1.amazonaws.com", "x", "aws.bedrock"),
        ("", "", "who-knows", ""),
    ],
)
def test_the_provider_is_who_answered(said: str, host: str, model: str, expected: str) -> None:
    attributes = {
        **CHAT,
        "gen_ai.provider.name": said,
        "server.address": host,
        "gen_ai.response.model": model,
    }

    assert call(attributes).provider == expected


@pytest.mark.parametrize(
    ("attributes", "tier", "assumptions"),
    [
        ({}, "standard", ()),
        ({"openai.response.service_tier": "default"}, "default", ()),
        (
            {"openai.response.service_tier": "priority", "openai.request.service_tier": "auto"},
            "priority",
            (),
        ),
        ({"gen_ai.openai.response.service_tier": "flex"}, "flex", ()),
        ({"openai.request.service_tier": "auto"}, "standard", ("assumed_tier",)),
        ({"openai.response.service_tier": "Turbo"}, "turbo", ()),
    ],
)
def test_the_service_tier_is_the_one_that_answered(
    attributes: dict[str, str], tier: str, assumptions: tuple[str, ...]
) -> None:
    read_back = call({**CHAT, **attributes})

    assert (read_back.tier, read_back.assumptions) == (tier, assumptions)


def test_what_others_say_a_call_cost_is_kept_apart() -> None:
    reported = call({**CHAT, "operation.cost": 0.00058}).reported

    assert reported is not None
    assert reported.usd == Decimal("0.00058")
    assert reported.by == "operation.cost"


@pytest.mark.parametrize("nothing", [0, 0.0, "0", "free", -1, float("nan"), True, None, "9" * 500])
def test_a_reported_cost_of_zero_or_nonsense_is_unknown(nothing: Any) -> None:
    assert call({**CHAT, "gen_ai.usage.cost": nothing}).reported is None


def test_a_document_fills_only_what_no_attribute_says() -> None:
    document = '{"id":"msg_01Xyz","usage":{"cache_creation":{"ephemeral_1h_input_tokens":100,"ephemeral_5m_input_tokens":400},"cache_read_input_tokens":999,"service_tier":"priority"}}'
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.provider": "anthropic",
        "llm.model_name": "claude-sonnet-4-5",
        "llm.token_count.prompt": 1800,
        "llm.token_count.prompt_details.cache_read": 300,
        "llm.token_count.prompt_details.cache_write": 500,
        "llm.token_count.completion": 200,
        "output.value": document,
    }
    read_back = call(attributes, "openinference.instrumentation.anthropic")

    assert read_back.usage == Usage(
        input=1000, cache_read=300, cache_write_5m=400, cache_write_1h=100, output=200
    )
    assert read_back.tier == "priority"
    assert read_back.response_id == "msg_01Xyz"


def test_a_reported_cost_of_thousands_of_digits_is_unknown() -> None:
    assert call({**CHAT, "gen_ai.usage.cost": 10**5000}).reported is None


NASTY = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=10**30, max_value=10**31),
    st.floats(),
    st.text(max_size=60),
    st.binary(max_size=20),
    st.lists(st.integers(), max_size=3).map(tuple),
    st.just("[" * 5000),
    st.just("{'a':" * 500),
    st.just('{"usage": {"input_tokens": -5}}'),
    st.just("\ud800"),
)
NAMES = st.sampled_from(
    sorted({*ALIASES, *REPORTED, *(carrier.attribute for carrier in CARRIERS.values())})
)
SCOPES = st.sampled_from(
    [
        OTEL,
        "unknown",
        "langfuse-sdk",
        "litellm",
        "logfire.openai",
        "openinference.instrumentation.openai",
        "ai",
    ]
)


@given(st.dictionaries(NAMES, NASTY, max_size=12), SCOPES, st.booleans())
def test_no_attribute_whatever_its_value_raises_or_goes_negative(
    attributes: dict[str, Any], scope: str, failed: Any
) -> None:
    result = read({**attributes, "gen_ai.operation.name": "chat"}, scope, failed=failed)

    if isinstance(result, Call):
        if isinstance(result.usage, Unpriced):
            assert result.usage.reason in REASONS
        else:
            assert all(quantity > 0 for quantity in result.usage.values())
