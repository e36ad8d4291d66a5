"""Whatever stands on a span, it is read and priced without an exception, a negative amount or a long wait."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from otel_costing.carriers import LARGEST_JSON, LARGEST_PYTHON
from otel_costing.dialects import CARRIERS, DIALECTS, OPERATIONS, usage_attributes
from otel_costing.meters import METERS
from otel_costing.pricing import Cost, PricedCall, price_call, price_span
from otel_costing.usage import REASONS, Call, NotBillable, Unpriced, read_call

NOW = 1_795_000_000 * 10**9
LONGEST_S = 0.05
NAMES = sorted(usage_attributes() | {carrier.attribute for carrier in CARRIERS.values()})
COUNTS = [name for name in NAMES if "token" in name.lower()]
DOCUMENTED = [
    "langfuse.observation.cost_details",
    *(carrier.attribute for carrier in CARRIERS.values()),
]
SCOPES = [scope.removesuffix("*") for dialect in DIALECTS for scope in dialect.scopes] + ["", "?"]

FIGURES: list[dict[str, Any]] = [
    {"usage": {"input_tokens": -5, "cache_read_input_tokens": 10**30}},
    {"input": 1e400, "output": float("nan"), "input_cache_read": True},
    {"prompt_tokens_details": [1, 2], "completion_tokens_details": "50", "cost": "NaN"},
    {"generations": [[{"message": None}]], "service_tier": ["flex"], "id": {"a": 1}},
    {"openai": {"serviceTier": "\ud800"}, "anthropic": {"cacheCreationInputTokens": 0.5}},
    {"total": "1e999999999", "cost": 1e308},
]
BOMBS = [
    "[" * 100_000 + "cache",
    '{"usage":' * 30_000,
    "{'cache': " * 1500,
    "cache" + "-" * 16_000 + "1",
    "1+" * 7000 + "1j  # cache",
    "not " * 3900 + "cache",
    "lambda cache:" * 1000,
    "{'cache': 9**9**9**9}",
    "{'cache': '\\N{DIGIT ONE}\\ud800\\d'}",
    "{'cache': __import__('os').abort()}",
    '{"cache": ' + "9" * 10_000 + "}",
    "\x00cache",
]
WORDS = st.sampled_from(
    [
        "",
        "auto",
        "gpt-5-mini",
        "claude-sonnet-4-5",
        "openai",
        "langchain",
        "https://api.openai.com:443/v1",
        "\ud800",
        "\x00",
        "EUR",
        "9" * 5000,
        *OPERATIONS,
    ]
)
NUMBERS = st.one_of(
    st.integers(0, 2000),
    st.integers(),
    st.sampled_from([2**63 - 1, 2**63, -(2**63), 10**8, 10**8 + 1, 10**30, 10**5000]),
    st.floats(),
    st.sampled_from(["1000", "-1", " 5", "1_000", "\N{FULLWIDTH DIGIT ONE}", "1e3", "NaN"]),
)
DOCUMENTS = st.one_of(
    st.sampled_from(FIGURES).map(json.dumps),
    st.sampled_from(FIGURES).map(repr),
    st.sampled_from(BOMBS),
    st.recursive(
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5)),
        lambda inner: st.one_of(
            st.lists(inner, max_size=3),
            st.dictionaries(
                st.sampled_from(["usage", "cache_creation", "input", "total", "cost", "id"]), inner
            ),
        ),
        max_leaves=8,
    ).map(json.dumps),
)
ANYTHING = st.one_of(
    NUMBERS,
    WORDS,
    DOCUMENTS,
    st.none(),
    st.booleans(),
    st.text(max_size=20),
    st.binary(max_size=20),
    st.lists(st.integers(), max_size=3),
    st.lists(st.text(max_size=3), max_size=3).map(tuple),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
)
SPANS = st.one_of(
    st.dictionaries(st.sampled_from(NAMES), ANYTHING, max_size=12),
    st.dictionaries(st.sampled_from(COUNTS), NUMBERS, max_size=10),
    st.dictionaries(st.sampled_from(DOCUMENTED), DOCUMENTS, min_size=1, max_size=3),
)
CHAT = {
    "gen_ai.operation.name": "chat",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 200,
}
CALLS = st.fixed_dictionaries(
    {
        "gen_ai.operation.name": st.sampled_from(["chat", "invoke_agent", "embeddings", "?"]),
        "gen_ai.request.model": st.sampled_from(["gpt-5-mini", "claude-sonnet-4-5", ""]),
        "gen_ai.usage.input_tokens": st.one_of(st.just(1000), NUMBERS),
        "gen_ai.usage.output_tokens": st.one_of(st.just(200), NUMBERS),
    }
)
VERSIONS = st.one_of(
    st.sampled_from(["", "1.3b0", "0.1.17", "9" * 5000, "\ud800"]), st.text(max_size=9)
)


def calls_of(result: Call | NotBillable) -> list[Call]:
    """What was read as a call: itself, or what it sums up."""
    if isinstance(result, NotBillable):
        return [] if result.aggregate is None else [result.aggregate]
    return [result]


def check_read(result: Call | NotBillable) -> None:
    for call in calls_of(result):
        if isinstance(call.usage, Unpriced):
            assert call.usage.reason in REASONS
            call.usage.detail.encode()
        else:
            assert call.usage
            assert all(type(quantity) is int and quantity > 0 for quantity in call.usage.values())
        assert call.reported is None or 0 < call.reported.usd < 10**12
        texts = (call.provider, call.model, call.request_model, call.operation, call.tier)
        for text in (*texts, call.response_id, call.error_type):
            assert len(text.encode()) <= 1024


def check_priced(result: PricedCall | NotBillable) -> None:
    if isinstance(result, PricedCall) and isinstance(result.cost, Cost):
        for line in result.cost.lines:
            assert 0 < line.quantity <= METERS[line.meter].largest
            assert line.amount_usd is None or line.amount_usd >= 0
        assert result.cost.total_usd >= 0


def seconds(attributes: dict[str, Any], scope: str) -> float:
    """The shorter of two readings: what a reading takes when nothing else runs."""

    def once() -> float:
        begin = time.perf_counter()
        read_call(attributes, scope_name=scope)
        return time.perf_counter() - begin

    return min(once(), once())


@settings(max_examples=800, deadline=None)
@given(SPANS, st.one_of(st.just({}), CALLS), st.sampled_from(SCOPES), VERSIONS, st.booleans())
@example({"gen_ai.usage.cache_read.input_tokens": 10**5000}, CHAT, "ai-sdk", "", False)
@example({"gen_ai.usage.reasoning.output_tokens": 10**5000}, CHAT, "litellm", "", False)
@example({"gen_ai.response.id": "resp_\ud800"}, CHAT, "?", "", False)
@example({"langfuse.observation.cost_details": "[" * 4000}, CHAT, "langfuse-sdk", "", False)
@example({"gen_ai.usage.raw": "[" * 100_000 + "cache"}, CHAT, "logfire.openai", "", False)
@example({"gen_ai.usage.raw": '{"cost":' + "9" * 10_000 + "}"}, CHAT, "?", "", False)
@example({"metadata.usage_object": "cache" + "-" * 15_000 + "1"}, CHAT, "litellm", "", False)
def test_a_hostile_span_is_read_and_priced_within_bounds(
    attributes: dict[str, Any], call: dict[str, Any], scope: str, version: str, failed: Any
) -> None:
    span = {**call, **attributes}
    read = read_call(span, scope_name=scope, scope_version=version, failed=failed)
    check_read(read)
    for each in calls_of(read):
        check_priced(price_call(each, start_ns=NOW, end_ns=NOW))
    check_priced(
        price_span(
            span,
            scope_name=scope,
            scope_version=version,
            start_time=NOW,
            end_time=NOW,
            failed=failed,
        )
    )


def _padded(document: str, size: int) -> str:
    return document + " " * (size - len(document))


LARGE_JSON = {
    "a prompt": json.dumps({"usage": {"cost": 1}, "cache": "x" * (LARGEST_JSON - 60)}),
    "many small objects": _padded(
        json.dumps({"cache": [{"usage": i} for i in range(12_000)]}), LARGEST_JSON
    ),
    "many keys": _padded(json.dumps({f"cache{i}": i for i in range(10_000)}), LARGEST_JSON),
    "open brackets": _padded("[" * 200_000 + '"cache"', LARGEST_JSON),
    "escapes": '"cache' + "\\u0041" * 40_000 + '"',
    "digits": '{"cache": ' + "9" * 200_000 + "}",
    "beyond the limit": '"cache"' + " " * 20 * LARGEST_JSON,
}


@pytest.mark.parametrize("carrier", [each for each in CARRIERS.values() if each.format == "json"])
@pytest.mark.parametrize("document", LARGE_JSON.values(), ids=LARGE_JSON.keys())
def test_a_document_of_any_size_is_read_in_time(carrier: Any, document: str) -> None:
    hinted = carrier.hints[0] if carrier.hints[0].startswith('"') else f'"{carrier.hints[0]}"'
    attributes = {
        "gen_ai.operation.name": "chat",
        "gen_ai.request.model": "gpt-5-mini",
        carrier.attribute: document.replace('"cache"', hinted, 1),
        **dict(carrier.only_if),
    }

    assert seconds(attributes, "anything.else") < LONGEST_S


@pytest.mark.parametrize("bomb", [each for each in BOMBS if len(each) <= LARGEST_PYTHON], ids=len)
def test_the_text_of_a_python_dict_is_read_in_time_and_never_run(bomb: str) -> None:
    attributes = {"gen_ai.operation.name": "chat", "metadata.usage_object": bomb}

    assert seconds(attributes, "litellm") < LONGEST_S


def test_many_attributes_are_read_in_time() -> None:
    attributes: dict[str, Any] = {f"app.attribute{number}": "x" * 100 for number in range(10_000)}
    attributes |= {"gen_ai.operation.name": "chat", "gen_ai.usage.input_tokens": 5}

    assert seconds(attributes, "anything.else") < LONGEST_S
