"""Names in the wild: exact names first, written patterns next, nothing by resemblance."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from otel_costing.pricing import price
from otel_costing.rates import default_rates
from otel_costing.usage import Unpriced
from tests.rate_books import NAMED, book_of, found, refused, table


@pytest.mark.parametrize(
    ("provider", "model", "canonical"),
    [
        ("acme", "m", "m"),
        ("ACME_Inc", "m-20250101", "m"),
        ("acme", "m-20259999", "m"),
        ("acme", "m-20250202", "m-20250202"),
    ],
)
def test_an_exact_name_beats_a_pattern(
    tmp_path: Path, provider: str, model: str, canonical: str
) -> None:
    assert found(book_of(tmp_path, NAMED), model, provider=provider).model == canonical


@pytest.mark.parametrize("model", ["M", "m ", "m-mini", "mm", "acme/m", "", "m-2025", "x" * 10_000])
def test_nothing_is_priced_by_resemblance(tmp_path: Path, model: str) -> None:
    assert refused(book_of(tmp_path, NAMED), model).reason == "unknown_model"


def test_an_unknown_model_names_the_closest_known_ones(tmp_path: Path) -> None:
    rates = '    rates:\n      - {from: null, prices: {input: "1"}}\n'
    book = book_of(tmp_path, table(f"  grand-5-mini:\n{rates}  small-1:\n{rates}"))
    assert (
        refused(book, "grand-5-mimi").detail
        == "acme has no model 'grand-5-mimi'; closest: grand-5-mini"
    )
    assert book.close_names("grand-5") == ["acme/grand-5-mini"]
    assert book.close_names("zzz") == []


def test_an_unknown_provider_names_the_known_ones(tmp_path: Path) -> None:
    reason = refused(book_of(tmp_path, NAMED), provider="nobody")
    assert (reason.reason, "it has acme" in reason.detail) == ("unknown_model", True)


def test_resolving_tells_every_step_it_tried(tmp_path: Path) -> None:
    book = book_of(tmp_path, NAMED)
    resolution = book.resolve("acme_inc", "m-20259999")
    assert resolution is not None
    assert resolution.steps == ("m-20259999", "m")
    assert book.resolve("acme", "n-20259999") is None
    assert book.steps("acme", "n-20259999") == ("n-20259999", "n")


@pytest.mark.parametrize(
    ("provider", "model", "canonical", "region"),
    [
        ("aws.bedrock", "us.anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5", "us"),
        (
            "aws.bedrock",
            "global.anthropic.claude-sonnet-4-5-20250929-v1:0",
            "claude-sonnet-4-5",
            "global",
        ),
        ("aws.bedrock", "anthropic.claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5", ""),
        ("aws.bedrock", "claude-sonnet-4-5-20250929-v1:0", "claude-sonnet-4-5", ""),
        ("aws", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5", ""),
        (
            "bedrock",
            "converse/eu.anthropic.claude-haiku-4-5-20251001-v1:0",
            "claude-haiku-4-5",
            "eu",
        ),
        ("amazon_bedrock", "amazon.nova-lite-v1:0", "nova-lite", ""),
        (
            "aws.bedrock",
            "arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-opus-4-5-20251101-v1:0",
            "claude-opus-4-5",
            "us",
        ),
        ("vertex_ai", "claude-sonnet-4-5@20250929", "claude-sonnet-4-5", ""),
        ("vertex_ai", "publishers/google/models/gemini-2.5-flash", "gemini-2.5-flash", ""),
        ("gcp.gen_ai", "models/gemini-2.5-flash", "gemini-2.5-flash", ""),
        ("google", "gemini-2.0-flash-001", "gemini-2.0-flash", ""),
        ("gemini", "models/gemini-embedding-001", "gemini-embedding-001", ""),
        ("openai", "gpt-5-mini-2025-08-07", "gpt-5-mini", ""),
        ("openai", "ft:gpt-4o-mini-2024-07-18:acme::9xYz", "ft:gpt-4o-mini", ""),
        ("openai", "text-embedding-3-small", "text-embedding-3-small", ""),
        ("az.ai.openai", "gpt-35-turbo", "gpt-3.5-turbo", ""),
        ("anthropic", "claude-sonnet-4-5-20250929", "claude-sonnet-4-5", ""),
        ("anthropic", "claude-3-5-haiku-latest", "claude-3-5-haiku", ""),
        ("xai", "grok-4.20-0309-reasoning", "grok-4.20", ""),
        ("mistral", "mistral-large-latest", "mistral-large", ""),
        ("openrouter", "openai/gpt-5-mini", "openai/gpt-5-mini", ""),
        ("openrouter", "openai/gpt-5-mini-2025-08-07", "openai/gpt-5-mini", ""),
        ("openrouter", "openrouter/openai/gpt-5-mini", "openai/gpt-5-mini", ""),
        ("openrouter", "openai/gpt-4o-2024-05-13", "openai/gpt-4o-2024-05-13", ""),
        ("openrouter", "deepseek/deepseek-r1:free", "deepseek/deepseek-r1:free", ""),
        ("together_ai", "MiniMaxAI/MiniMax-M3", "MiniMaxAI/MiniMax-M3", ""),
        ("fireworks", "accounts/fireworks/models/deepseek-v3p2", "deepseek-v3p2", ""),
        ("perplexity.chat", "perplexity/sonar", "perplexity/sonar", ""),
        ("moonshot", "moonshot/kimi-k2.6", "kimi-k2.6", ""),
        ("cerebras", "cerebras/gpt-oss-120b", "gpt-oss-120b", ""),
        ("typesafe", "jev-latest", "jev-1.14.0", ""),
    ],
)
def test_names_from_the_wild_mean_one_model(
    provider: str, model: str, canonical: str, region: str
) -> None:
    resolution = default_rates().resolve(provider, model)
    assert resolution is not None, default_rates().steps(provider, model)
    assert (resolution.model, resolution.region) == (canonical, region)


@pytest.mark.parametrize(
    ("provider", "model"),
    [
        ("openai", "openai/gpt-5-mini"),
        ("openai", "gpt-5-mini-turbo"),
        ("openai", "gpt-nonsense"),
        ("openai", "ft:gpt-nonsense:acme::1"),
        (
            "aws.bedrock",
            "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123",
        ),
        ("aws.bedrock", "amazon.titan-embed-text"),
        ("azure.ai.openai", "our-deployment"),
        ("anthropic", "claude-sonnet"),
        ("", "gpt-5-mini"),
        ("openrouter", "gpt-5-nonsense"),
        ("openrouter", "openai/gpt-5-mini:nitro"),
        ("openrouter", "perplexity/openai/gpt-5-mini"),
        ("together", "DeepSeek-V3"),
        ("openai", "openrouter/openai/gpt-5-mini"),
    ],
)
def test_names_that_mean_no_model_stay_unknown(provider: str, model: str) -> None:
    answer = price(provider, model, {"input": 1}, at=datetime(2026, 11, 1, tzinfo=UTC))
    assert isinstance(answer, Unpriced)
    assert answer.reason == "unknown_model"
