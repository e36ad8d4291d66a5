"""One span read: a model call with its usage, or why it is none."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import pytest

from otel_costing.usage import Call, NotBillable, Unpriced, Usage, read_call

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
    "tokens",
    [
        {},
        {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0},
        {"gen_ai.usage.total_tokens": 1200},
    ],
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
        2**63,
        pytest.param(10**5000, id="of 5001 digits"),
        str(2**63),
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
        "output.mime_type": "application/json",
    }
    read_back = call(attributes, "openinference.instrumentation.anthropic")

    assert read_back.usage == Usage(
        input=1000, cache_read=300, cache_write_5m=400, cache_write_1h=100, output=200
    )
    assert read_back.tier == "priority"
    assert read_back.response_id == "msg_01Xyz"


def test_a_cost_in_a_document_is_reported_by_its_attribute() -> None:
    raw = '{"prompt_tokens": 1000, "completion_tokens": 200, "cost": 0.00123}'
    reported = call({**CHAT, "gen_ai.usage.raw": raw}, "logfire.openai").reported

    assert reported == (Decimal("0.00123"), "gen_ai.usage.raw")


OPENLIT_STREAM = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.request.stream": True,
    "gen_ai.usage.input_tokens": 12,
    "gen_ai.usage.output_tokens": 11,
}


@pytest.mark.parametrize(
    ("more", "scope", "assumptions"),
    [
        ({}, "openlit.instrumentation.openai", ("estimated_usage",)),
        ({"gen_ai.usage.cache_read.input_tokens": 0}, "openlit.instrumentation.openai", ()),
        ({"gen_ai.request.stream": False}, "openlit.instrumentation.openai", ()),
        ({}, OTEL, ()),
    ],
)
def test_figures_that_the_emitter_guessed_are_marked(
    more: dict[str, Any], scope: str, assumptions: tuple[str, ...]
) -> None:
    assert call({**OPENLIT_STREAM, **more}, scope).assumptions == assumptions


def test_a_stream_without_figures_is_no_estimate() -> None:
    counts = {"gen_ai.usage.input_tokens": 0, "gen_ai.usage.output_tokens": 0}
    read_back = call({**OPENLIT_STREAM, **counts}, "openlit.instrumentation.openai")

    assert isinstance(read_back.usage, Unpriced)
    assert read_back.assumptions == ()


@pytest.mark.parametrize(("version", "uncached"), [("0.1.17", 1000), ("0.1.61", 700)])
def test_one_emitter_is_read_as_its_version_meant_it(version: str, uncached: int) -> None:
    attributes = {
        "openinference.span.kind": "LLM",
        "llm.model_name": "anthropic.claude-sonnet-4-5",
        "llm.token_count.prompt": 1000,
        "llm.token_count.prompt_details.cache_read": 300,
        "llm.token_count.completion": 20,
    }
    read_back = call(attributes, "openinference.instrumentation.bedrock", scope_version=version)

    assert read_back.usage == Usage(input=uncached, cache_read=300, output=20)
    assert read_back.dialect.endswith("<0.1.18") == (version == "0.1.17")


def test_a_lone_surrogate_in_an_id_does_not_get_past_the_reader() -> None:
    call({**CHAT, "gen_ai.response.id": "resp_\ud800"}).response_id.encode()


def langfuse(details: dict[str, int]) -> Call:
    attributes = {
        "langfuse.observation.type": "generation",
        "langfuse.observation.model.name": "claude-sonnet-4-5",
        "langfuse.observation.usage_details": json.dumps(details),
    }
    return call(attributes, "langfuse-sdk")


@pytest.mark.parametrize(
    ("details", "usage", "assumptions"),
    [
        (
            {"input": 100, "output": 50, "cache_read_input_tokens": 900, "total": 1050},
            Usage(input=100, cache_read=900, output=50),
            (),
        ),
        (
            {"input_tokens": 1000, "output_tokens": 50, "cache_read_input_tokens": 900},
            Usage(input=1000, cache_read=900, output=50),
            (),
        ),
        (
            {"input": 100, "output": 50, "input_audio": 700, "output_audio": 300, "total": 1150},
            Usage(input=100, output=50, input_audio=700, output_audio=300),
            (),
        ),
        (
            {"input": 1000, "output": 50, "cache_read_input_tokens": 900, "total": 1050},
            Usage(input=100, cache_read=900, output=50),
            ("dialect_unverified",),
        ),
        (
            {"input": 100, "output": 50, "cache_read_input_tokens": 900, "total": 150},
            Usage(input=100, cache_read=900, output=50),
            ("dialect_unverified",),
        ),
        ({"input": 100, "output": 50, "total": 0}, Usage(input=100, output=50), ()),
    ],
)
def test_a_document_of_disjoint_classes_is_read_by_what_adds_up_to_its_total(
    details: dict[str, int], usage: Usage, assumptions: tuple[str, ...]
) -> None:
    read_back = langfuse(details)

    assert (read_back.usage, read_back.assumptions) == (usage, assumptions)


def test_what_a_total_has_beyond_all_known_names_is_not_lost_in_silence() -> None:
    usage = langfuse({"input": 100, "input_video": 1000, "output": 50, "total": 1150}).usage

    assert isinstance(usage, Unpriced)
    assert usage.reason == "contradictory_usage"
    assert "1000 of 1150" in usage.detail


def test_two_ids_that_begin_alike_stay_two() -> None:
    ids = ["resp_" + "a" * 300 + end for end in "01"]
    one, other = (call({**CHAT, "gen_ai.response.id": each}).response_id for each in ids)

    assert one != other
    assert one == call({**CHAT, "gen_ai.response.id": ids[0]}).response_id
