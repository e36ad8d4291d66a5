"""The table of emitters holds together and covers every captured one."""

from __future__ import annotations

import json
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from otel_costing import dialects
from otel_costing.dialects import CONVENTION, dialect_of, looks_like_model_call, usage_attributes

SPANS = Path(__file__).parent / "conformance" / "spans"
TABLE = yaml.safe_load(Path(dialects.__file__).with_name("dialects.yaml").read_text())
SCHEMA = json.loads(Path(dialects.__file__).with_name("dialects.schema.json").read_text())
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


@pytest.mark.parametrize(
    ("version", "input_mode"),
    [
        ("0.1.17", "exclusive"),
        ("0.1.18", "unknown"),
        ("0.1.60", "unknown"),
        ("0.1.61", "inclusive"),
        ("0.1.61rc1", "inclusive"),
        ("0.1.7", "exclusive"),
        ("0.2", "inclusive"),
        ("v1", "inclusive"),
        ("", "inclusive"),
        ("\N{FULLWIDTH DIGIT ONE}", "inclusive"),
        ("9" * 5000, "inclusive"),
    ],
)
def test_the_version_of_a_scope_decides_and_an_unknown_one_is_the_newest(
    version: str, input_mode: str
) -> None:
    assert dialect_of("openinference.instrumentation.bedrock", version).input == input_mode


def test_the_table_is_of_its_schema() -> None:
    assert problems_of(TABLE) == []


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        (("fields", "inputs"), ["gen_ai.usage.input_tokens"]),
        (("operations", "chat"), "billable"),
        (("dialects", 0, "input"), "perhaps"),
        (("dialects", 0, "versions"), [{"before": 1.2, "input": "exclusive"}]),
        (("dialects", 0, "versions"), [{"before": "1.2"}]),
        (("hosts", 0), ["(", "openai"]),
        (("hosts", 0), ["openai", "openai", "openai"]),
        (("carriers", "vercel", "format"), "xml"),
        (("carriers", "vercel", "hints"), []),
        (("carriers", "vercel", "only_if"), {}),
        (("reported", 0), {"currency": "gen_ai.usage.cost.currency"}),
        (("not_providers", 0), "LangChain"),
        (("unheard_of",), {}),
    ],
)
def test_a_wrong_table_is_refused_with_its_place(place: tuple[str | int, ...], wrong: Any) -> None:
    table = deepcopy(TABLE)
    part = table
    for step in place[:-1]:
        part = part[step]
    part[place[-1]] = wrong

    found = problems_of(table)

    assert found
    assert all(
        found_at == place[: len(found_at)] or place == found_at[: len(place)] for found_at in found
    )


def problems_of(table: Any) -> list[tuple[str | int, ...]]:
    """Where the table is not of its schema."""
    validator = Draft202012Validator(SCHEMA, format_checker=Draft202012Validator.FORMAT_CHECKER)
    return [tuple(error.absolute_path) for error in validator.iter_errors(table)]


def test_every_carrier_of_a_dialect_is_in_the_table() -> None:
    named = {name for spec in TABLE["dialects"] for name in spec.get("carriers", ())}

    assert named == set(TABLE["carriers"])


def test_no_dialect_hides_behind_an_earlier_one() -> None:
    for dialect in dialects.DIALECTS:
        for scope in dialect.scopes:
            assert dialect_of(scope.removesuffix("*")).name == dialect.name


def test_names_and_versions_are_in_order() -> None:
    names = [dialect.name for dialect in dialects.DIALECTS]

    assert len(names) == len(set(names))
    for dialect in dialects.DIALECTS:
        versions = [earlier.before for earlier in dialect.versions]
        assert versions == sorted(versions)


def test_no_attribute_fills_two_fields() -> None:
    names = [name for attributes in TABLE["fields"].values() for name in attributes]

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


def test_what_tells_a_document_is_kept_with_its_usage() -> None:
    assert "output.mime_type" in usage_attributes()
