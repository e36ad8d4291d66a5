"""What the texts of a span say of its call is worked out once and never differs from working it out anew."""

from __future__ import annotations

import sys
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing import identity
from otel_costing.dialects import ALIASES, TEXTS, dialect_of, gather, layout_of
from otel_costing.identity import Identity, id_of, identity_of, identity_on, provider_of, text_of

SCOPE = "opentelemetry.instrumentation.genai.openai"
NAMES = sorted(name for name, (field, _) in ALIASES.items() if field in TEXTS)
WORDS = st.sampled_from(["", "chat", "openai", "gpt-5", "auto", "api.x.ai", "x" * 300])
VALUES = st.one_of(WORDS, st.none(), st.booleans(), st.integers(0, 1), st.lists(WORDS, max_size=1))


def on(attributes: dict[str, Any], scope: str = SCOPE) -> Identity:
    return identity_on(attributes, layout_of(tuple(attributes)), scope)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES, max_size=5), st.sampled_from([SCOPE, "ai"]))
def test_what_is_remembered_is_what_the_texts_say(attributes: dict[str, Any], scope: str) -> None:
    anew = identity_of(gather(attributes), dialect_of(scope))

    assert on(attributes, scope) == anew
    assert on(attributes, scope) == anew


def test_two_scopes_and_two_names_for_one_text_are_told_apart() -> None:
    asked = on({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5"})
    answered = on({"gen_ai.operation.name": "chat", "gen_ai.response.model": "gpt-5"})
    elsewhere = on({"gen_ai.operation.name": "chat", "gen_ai.request.model": "gpt-5"}, "litellm")

    assert (asked.request_model, answered.request_model) == ("gpt-5", "")
    assert (asked.dialect.name, elsewhere.dialect.name) == ("otel-genai", "litellm")


def test_a_flood_of_texts_costs_bounded_memory() -> None:
    for number in range(10_000):
        on({"gen_ai.request.model": f"model-{number}"})
    before = len(identity._remembered)  # noqa: SLF001 - the bound itself is the behaviour under test
    on({"gen_ai.request.model": "long" * 100_000})

    assert len(identity._remembered) == before <= 4096  # noqa: SLF001
    assert sys.getsizeof(identity._remembered) < 2**20  # noqa: SLF001


@pytest.mark.parametrize(
    ("said", "host", "model", "expected"),
    [
        # The host knows better than the client library.
        ("openai", "my-resource.openai.azure.com", "gpt-5-mini", "azure.ai.openai"),
        ("openai", "my-resource.openai.azure.us", "gpt-5-mini", "azure.ai.openai"),
        ("openai", "my-hub.cognitiveservices.azure.com", "my-deployment", "azure.ai.openai"),
        ("openai", "my-hub.services.ai.azure.com", "gpt-5-mini", "azure.ai.openai"),
        ("openai", "models.inference.ai.azure.com", "gpt-4o", "azure.ai.inference"),
        ("mistral_ai", "m.eastus.models.ai.azure.com", "mistral-large", "azure.ai.inference"),
        ("openai", "openrouter.ai", "openai/gpt-5-mini", "openrouter"),
        ("openai", "eu.openrouter.ai", "openai/gpt-5-mini", "openrouter"),
        ("openai", "api.x.ai", "grok-4", "x_ai"),
        ("openai", "api.deepseek.com", "deepseek-chat", "deepseek"),
        ("openai", "api.groq.com", "llama-3.3-70b-versatile", "groq"),
        ("openai", "generativelanguage.googleapis.com", "gemini-2.5-flash", "gcp.gemini"),
        ("gemini", "us-central1-aiplatform.googleapis.com", "gemini-2.5-flash", "gcp.vertex_ai"),
        ("gemini", "aiplatform.googleapis.com", "gemini-2.5-flash", "gcp.vertex_ai"),
        ("openai", "eu.api.openai.com", "gpt-5-mini", "openai"),
        ("anthropic", "bedrock-runtime.eu-west-1.amazonaws.com", "claude", "aws.bedrock"),
        ("anthropic", "bedrock-runtime-fips.us-gov-west-1.amazonaws.com", "x", "aws.bedrock"),
        ("", "vpce-1-2.bedrock-runtime.us-east-1.vpce.amazonaws.com", "x", "aws.bedrock"),
        ("openai", "bedrock-mantle.us-east-1.api.aws", "openai.gpt-oss-120b", "aws.bedrock"),
        ("openai", "API.Together.xyz", "llama", "together"),
        ("openai", "https://openrouter.ai:443/api/v1", "openai/gpt-5-mini", "openrouter"),
        # A gateway's host, a proxy of one's own and a machine's address tell nothing.
        ("openai", "127.0.0.1", "gpt-5-mini", "openai"),
        ("openai", "litellm.internal.example", "gpt-5-mini", "openai"),
        ("anthropic", "gateway.ai.cloudflare.com", "claude-sonnet-4-5", "anthropic"),
        ("openai", "my-proxy-1.us-east-1.elb.amazonaws.com", "gpt-5-mini", "openai"),
        ("openai", "notopenrouter.ai", "gpt-5-mini", "openai"),
        ("openai", "openai.azure.com.example.org", "gpt-5-mini", "openai"),
        # What was said, where no host tells.
        ("OpenAI", "", "gpt-5-mini", "openai"),
        ("aws.bedrock", "", "x", "aws.bedrock"),
        # The model, where a framework or a gateway speaks.
        ("strands-agents", "", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "aws.bedrock"),
        ("strands-agents", "", "claude-sonnet-4-5", "anthropic"),
        ("LangChain", "", "o3-mini", "openai"),
        ("gateway", "ai-gateway.vercel.sh", "anthropic/claude-sonnet-4.5", "anthropic"),
        ("", "", "gemini-2.5-flash", "gcp.gemini"),
        ("", "", "converse/us.anthropic.claude-sonnet-4-5", "aws.bedrock"),
        ("", "", "arn:aws:bedrock:us-east-1:1:application-inference-profile/x", "aws.bedrock"),
        ("", "", "azure/my-deployment", "azure.ai.openai"),
        ("", "", "who-knows", ""),
    ],
)
def test_the_provider_is_who_answered(said: str, host: str, model: str, expected: str) -> None:
    attributes = {
        "gen_ai.provider.name": said,
        "server.address": host,
        "gen_ai.response.model": model,
    }

    assert provider_of(said, host, model) == expected
    assert on(attributes).provider == expected


def test_the_version_of_a_scope_is_part_of_what_is_remembered() -> None:
    attributes = {"openinference.span.kind": "LLM", "llm.model_name": "claude-sonnet-4-5"}
    layout = layout_of(tuple(attributes))
    scope = "openinference.instrumentation.anthropic"
    read = [identity_on(attributes, layout, scope, version) for version in ("0.1.13", "0.1.14")]

    assert [identity.dialect.input for identity in read] == ["exclusive", "inclusive"]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x" * 300, "x" * 256),
        ("\ud800a", "?a"),
        ("modèle", "modèle"),
        (7, ""),
        (None, ""),
        (b"x", ""),
    ],
)
def test_a_text_is_short_and_fit_for_any_store(value: object, text: str) -> None:
    assert text_of(value) == text


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("resp_1", "resp_1"),
        ("x" * 256, "x" * 256),
        ("x" * 257, f"sha256:{sha256(b'x' * 257).hexdigest()}"),
        (7, ""),
    ],
)
def test_an_id_is_whole_or_a_digest_that_says_so(value: object, expected: str) -> None:
    assert id_of(value) == expected


def test_a_long_id_of_lone_surrogates_has_a_digest() -> None:
    assert id_of("\ud800" * 300) != id_of("\ud801" * 300)
