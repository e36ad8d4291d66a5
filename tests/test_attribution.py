"""Who caused a call, as its span and its resource say it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.attribution import (
    FIELDS,
    LONGEST_VALUE,
    Attribution,
    as_attributes,
    attribution_attributes,
    attribution_of,
)


@pytest.mark.parametrize(
    ("attribute", "field"),
    [
        ("otel_costing.team", "team"),
        ("litellm.team.alias", "team"),
        ("otel_costing.project", "project"),
        ("gen_ai.workflow.name", "workflow"),
        ("traceloop.workflow.name", "workflow"),
        ("otel_costing.workflow_run_id", "workflow_run_id"),
        ("ai.telemetry.functionId", "feature"),
        ("otel_costing.customer_id", "customer_id"),
        ("user.id", "user_id"),
        ("enduser.id", "user_id"),
        ("llm.user", "user_id"),
        ("session.id", "session_id"),
        ("gen_ai.conversation.id", "session_id"),
        ("deployment.environment.name", "environment"),
        ("deployment.environment", "environment"),
        ("otel_costing.purpose", "purpose"),
        ("otel_costing.release", "release"),
        ("gen_ai.agent.name", "agent"),
        ("gen_ai.tool.name", "tool"),
        ("otel_costing.origin.team", "origin_team"),
        ("otel_costing.origin.feature", "origin_feature"),
    ],
)
def test_a_span_says_it_by_our_names_and_the_usual_ones(attribute: str, field: str) -> None:
    assert attribution_of({attribute: "x"}, {}) == Attribution(**{field: "x"})
    assert attribute in attribution_attributes()


@pytest.mark.parametrize(
    ("attribute", "field"),
    [
        ("service.namespace", "team"),
        ("otel_costing.team", "team"),
        ("otel_costing.project", "project"),
        ("deployment.environment.name", "environment"),
        ("service.version", "release"),
        ("otel_costing.purpose", "purpose"),
    ],
)
def test_a_resource_says_it_of_all_its_spans(attribute: str, field: str) -> None:
    assert attribution_of({}, {attribute: "x"}) == Attribution(**{field: "x"})


@pytest.mark.parametrize(
    ("attributes", "resource", "team"),
    [
        ({"litellm.team.alias": "b", "otel_costing.team": "a"}, {}, "a"),
        ({"otel_costing.team": "a", "litellm.team.alias": "b"}, {}, "a"),
        ({"litellm.team.alias": "b"}, {"otel_costing.team": "c"}, "b"),
        ({}, {"service.namespace": "d", "otel_costing.team": "c"}, "c"),
        ({"otel_costing.team": ""}, {"service.namespace": "d"}, "d"),
        ({"otel_costing.team": 1.5, "litellm.team.alias": "b"}, {}, "b"),
    ],
)
def test_our_own_names_come_first_then_the_usual_then_the_resource(
    attributes: dict[str, Any], resource: dict[str, Any], team: str
) -> None:
    assert attribution_of(attributes, resource).team == team


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        (42, "42"),
        (True, ""),
        (1.0, ""),
        (None, ""),
        (("a",), ""),
        (2**64, ""),
        ("a\r\nb\x1b[31m", "ab[31m"),
        ("é", "é"),
        ("x" * 1000, "x" * LONGEST_VALUE),
    ],
)
def test_a_value_is_short_text_without_control_characters_or_not_said(
    value: Any, kept: str
) -> None:
    assert attribution_of({"user.id": value}, {}).user_id == kept


@pytest.mark.parametrize(
    ("said", "source"), [("baggage", "baggage"), ("root", "root"), ("me", "none"), (3, "none")]
)
def test_the_origin_has_one_of_three_sources(said: Any, source: str) -> None:
    assert attribution_of({"otel_costing.origin.source": said}, {}).origin_source == source


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.binary())
NAMES = st.one_of(st.sampled_from(sorted(attribution_attributes())), st.text(max_size=5))


@given(st.dictionaries(NAMES, VALUES), st.dictionaries(NAMES, VALUES))
def test_whatever_is_said_comes_back_as_short_printable_text(
    attributes: dict[str, Any], resource: dict[str, Any]
) -> None:
    for value in attribution_of(attributes, resource):
        assert len(value) <= LONGEST_VALUE
        assert value.isprintable()


@given(st.fixed_dictionaries({name: st.sampled_from(["", "x", "y"]) for name in FIELDS[:-1]}))
def test_what_is_written_as_attributes_is_read_back_as_it_was(said: dict[str, str]) -> None:
    attribution = Attribution(**said, origin_source="root")

    assert attribution_of(as_attributes(attribution), {}) == attribution


def test_what_nobody_says_is_written_nowhere() -> None:
    assert as_attributes(Attribution()) == {}
