"""Documents without their content: read to the same figures, and holding nothing else."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

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
    disjoint = fill(found, carrier, {carrier.attribute: text})
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
