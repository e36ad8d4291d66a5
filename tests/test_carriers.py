"""Documents without their content: read to the same figures, and holding nothing else."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.carriers import fill, without_content
from otel_costing.dialects import CARRIERS, Carrier
from otel_costing.otlp import decode_json

SPANS = sorted((Path(__file__).parent / "conformance" / "spans").glob("*.json"))
ANSWER: dict[str, Any] = {
    "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
    "content": [{"type": "text", "text": "the answer"}],
    "usage": {"cache_creation": {"ephemeral_1h_input_tokens": 100}, "service_tier": "standard"},
}


def _filled(carrier: Carrier, text: object) -> tuple[dict[str, Any], bool]:
    found: dict[str, Any] = {}
    disjoint = fill(found, carrier, {carrier.attribute: text, **dict(carrier.only_if)})
    return found, disjoint


def _documents() -> list[tuple[Carrier, object]]:
    return [
        (carrier, span.attributes[carrier.attribute])
        for path in SPANS
        for span in decode_json(path.read_bytes()).spans
        for carrier in CARRIERS.values()
        if carrier.attribute in span.attributes
    ]


def test_every_captured_document_gives_the_same_figures_without_its_content() -> None:
    documents = _documents()

    assert len(documents) > 20
    for carrier, text in documents:
        assert _filled(carrier, without_content(carrier, text)) == _filled(carrier, text)


def test_what_no_path_leads_to_is_gone() -> None:
    kept = without_content(CARRIERS["openinference"], json.dumps(ANSWER))

    assert kept is not None
    assert json.loads(kept) == {"id": ANSWER["id"], "usage": ANSWER["usage"]}


@pytest.mark.parametrize(
    "text",
    [
        None,
        7,
        "",
        "not a document, and no figure: usage",
        '{"usage": ["the answer"]}',
        json.dumps({"usage": {"service_tier": "an answer in the place of a figure " * 4}}),
    ],
)
def test_a_document_without_figures_leaves_nothing(text: object) -> None:
    assert without_content(CARRIERS["openinference"], text) is None


@pytest.mark.parametrize(
    ("carrier", "text", "found"),
    [
        (
            "provider_usage",
            '{"prompt_tokens_details": {"audio_tokens": 7, "cached_tokens": 3}, "cost": 0.5}',
            {"input_audio": 7, "cache_read": 3, "reported": 0.5},
        ),
        (
            "provider_usage",
            '{"cache_creation": {"ephemeral_1h_input_tokens": 9}, "service_tier": "batch"}',
            {"cache_write_1h": 9, "tier": "batch"},
        ),
        (
            "openinference",
            (
                '{"generations": [[{"message": {"kwargs": {"id": "lc_run--1", "response_metadata":'
                ' {"id": "chatcmpl-0152", "service_tier": "flex", "token_usage": {}}}}}]]}'
            ),
            {"response_id": "chatcmpl-0152", "tier": "flex"},
        ),
        (
            "openinference_request",
            '{"model": "gpt-5-mini", "service_tier": "flex"}',
            {"request_tier": "flex"},
        ),
        (
            "litellm",
            "{'prompt_tokens_details': None, 'service_tier': 'priority', 'cache_read_input_tokens': 3}",
            {"tier": "priority", "cache_read": 3},
        ),
        (
            "langfuse",
            '{"input": 5, "output": 2, "output_reasoning": 1}',
            {"input": 5, "output": 2, "reasoning": 1},
        ),
        (
            "langfuse",
            '{"input": 5, "cache_read_input_tokens": 3, "cache_creation_input_tokens": 2}',
            {"input": 5, "cache_read": 3, "cache_write": 2},
        ),
        (
            "langfuse",
            (
                '{"input": 5, "input_cache_read": 3, "input_ephemeral_5m_input_tokens": 2,'
                ' "input_ephemeral_1h_input_tokens": 1, "input_audio": 4, "output_audio": 6}'
            ),
            {
                "input": 5,
                "cache_read": 3,
                "cache_write_5m": 2,
                "cache_write_1h": 1,
                "input_audio": 4,
                "output_audio": 6,
            },
        ),
        (
            "langfuse",
            '{"input_audio_tokens": 4, "output_audio_tokens": 6}',
            {"input_audio": 4, "output_audio": 6},
        ),
        ("langfuse_request", '{"top_p": 1, "service_tier": "auto"}', {"request_tier": "auto"}),
        (
            "vercel",
            (
                '{"anthropic": {"cacheCreationInputTokens": 9, "usage": {"service_tier": "standard",'
                ' "cache_creation": {"ephemeral_5m_input_tokens": 9}}}}'
            ),
            {"tier": "standard", "cache_write": 9, "cache_write_5m": 9},
        ),
        ("vercel", '{"openrouter": {"usage": {"cost": 0.00123}}}', {"reported": 0.00123}),
    ],
)
def test_a_document_gives_what_no_attribute_says(
    carrier: str, text: str, found: dict[str, Any]
) -> None:
    filled, _ = _filled(CARRIERS[carrier], text)

    assert filled == found


@pytest.mark.parametrize("kind", [{}, {"output.mime_type": "text/plain"}])
def test_a_bare_answer_that_looks_like_a_response_is_not_opened(kind: dict[str, str]) -> None:
    found: dict[str, Any] = {}
    fill(found, CARRIERS["openinference"], {"output.value": json.dumps(ANSWER), **kind})

    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "{'cache_read_input_tokens': 1if 1 else 0}",
        "{'cache_read_input_tokens': '\\d'}",
        "{'cache_read_input_tokens': 0xfor 1}",
        "[x for x in 'cache']",
        "lambda cache: 1",
        "{'cache_read_input_tokens': dict(a=1)}",
        "1if 'cache' is 1 else 2",
        "not 'cache'",
        "'cache' if 1else 2",
    ],
)
def test_text_that_is_no_plain_literal_is_refused_without_a_warning(text: str) -> None:
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        found, _ = _filled(CARRIERS["litellm"], text)

    assert (found, warned) == ({}, [])


LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(LITERALS)
def test_whatever_python_writes_of_plain_values_is_read(value: Any) -> None:
    text = repr({"cache_read_input_tokens": 7, "more": value})
    found, _ = _filled(CARRIERS["litellm"], text)

    assert found == {"cache_read": 7}
