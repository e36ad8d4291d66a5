"""The table of emitters holds together and covers every captured one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import yaml

from otel_costing import dialects
from otel_costing.dialects import CONVENTION, dialect_of, looks_like_model_call, usage_attributes

SPANS = Path(__file__).parent / "conformance" / "spans"
APPLICATION_SCOPES = {"app", "sample-app.http"}


def captured() -> list[tuple[str, str]]:
    """Every (scope, span name) of the captured spans."""
    return sorted(
        {
            (scope["scope"]["name"], span["name"])
            for path in SPANS.glob("*.json")
            for resource in json.loads(path.read_text())["resourceSpans"]
            for scope in resource["scopeSpans"]
            for span in scope["spans"]
        }
    )


def test_every_captured_emitter_has_a_dialect() -> None:
    unnamed = {
        scope for scope, _ in captured() if dialect_of(scope) is CONVENTION
    } - APPLICATION_SCOPES

    assert unnamed == set()


@pytest.mark.parametrize(
    ("scope", "name"),
    [
        ("opentelemetry.instrumentation.genai.bedrock", "otel-genai-bedrock"),
        ("opentelemetry.instrumentation.genai.openai", "otel-genai"),
        ("opentelemetry.instrumentation.bedrock", "traceloop-bedrock"),
        ("opentelemetry.instrumentation.google_generativeai", "traceloop-google"),
        ("opentelemetry.instrumentation.google_genai", "otel-google-genai"),
        ("com.anthropic.sdk.python.vertex", "anthropic-sdk"),
        ("ai", "vercel-ai"),
        ("airflow", "convention"),
    ],
)
def test_the_scope_decides_the_dialect(scope: str, name: str) -> None:
    assert dialect_of(scope).name == name


def test_modes_are_of_the_words_that_arithmetic_knows() -> None:
    for dialect in dialects.DIALECTS:
        assert dialect.input in {"inclusive", "exclusive"}, dialect.name
        assert dialect.output in {"inclusive", "exclusive", "from_total"}, dialect.name


def test_no_attribute_fills_two_fields() -> None:
    table = yaml.safe_load((Path(dialects.__file__).parent / "dialects.yaml").read_text())
    names = [name for attributes in table["fields"].values() for name in attributes]

    assert len(names) == len(set(names))


def test_attributes_that_may_hold_prompts_are_not_listed_as_usage() -> None:
    assert (
        not {"output.value", "input.value", "gen_ai.input.messages", "gen_ai.output.messages"}
        & usage_attributes()
    )


@pytest.mark.parametrize(
    "name", ["GET /health", "SELECT tickets", "charge card", "redis.get", "HTTP POST"]
)
def test_ordinary_spans_do_not_look_like_model_calls(name: str) -> None:
    assert not looks_like_model_call(name, {"http.request.method": "GET"})


def test_an_attribute_of_the_conventions_makes_any_name_look_like_a_model_call() -> None:
    assert looks_like_model_call("anything", {"gen_ai.request.model": "gpt-5-mini"})
