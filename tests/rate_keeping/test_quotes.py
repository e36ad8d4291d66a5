"""Other catalogues' files, read as exact prices per meter."""

from __future__ import annotations

import json
from decimal import Decimal

import pytest

from otel_costing.rate_keeping.quotes import Quote, read_quotes
from tests.small_catalogues import day_ns

NOW = day_ns("2026-11-22")
LITELLM = """{
  "sample_spec": {"litellm_provider": "one of many", "input_cost_per_token": 0.0},
  "fallback_generalizations": {"rules": []},
  "nothing": null,
  "a list": [1],
  "no/provider": {"litellm_provider": null, "input_cost_per_token": 1},
  "xai/grok-x": {
    "litellm_provider": "xai",
    "input_cost_per_token": 3e-07,
    "input_cost_per_token_above_200k_tokens": 6e-07,
    "input_cost_per_token_batches": 1.5e-07,
    "output_cost_per_token_above_200k_tokens_priority": 1.1e-06,
    "cache_creation_input_token_cost_above_1hr": 7.5e-07,
    "max_tokens": 4096,
    "output_cost_per_token": null,
    "output_cost_per_reasoning_token": "4e-06",
    "cache_read_input_token_cost": "free of charge",
    "cache_creation_input_token_cost": NaN,
    "input_cost_per_image_token": "NaN",
    "input_cost_per_audio_token": true,
    "input_cost_per_second": 0.0001,
    "input_cost_per_token_ultrafast": 1,
    "search_context_cost_per_query": {"search_context_size_high": 0.01}
  },
  "vertex_ai/claude-x": {"litellm_provider": "vertex_ai-anthropic_models", "ocr_cost_per_page": 0.001}
}"""


def test_litellms_prices_are_per_unit_and_their_keys_say_the_conditions() -> None:
    """What is no price, or of what no meter counts, is passed over."""
    assert read_quotes(LITELLM, NOW) == [
        Quote("xai", "grok-x", "standard", "", 0, "input", Decimal("0.3")),
        Quote("xai", "grok-x", "standard", "", 200001, "input", Decimal("0.6")),
        Quote("xai", "grok-x", "batch", "", 0, "input", Decimal("0.15")),
        Quote("xai", "grok-x", "priority", "", 200001, "output", Decimal("1.1")),
        Quote("xai", "grok-x", "standard", "", 0, "cache_write_1h", Decimal("0.75")),
        Quote("xai", "grok-x", "standard", "", 0, "reasoning", Decimal(4)),
        Quote("gcp.vertex_ai", "claude-x", "standard", "", 0, "pages", Decimal(1)),
    ]


def test_a_price_keeps_every_digit_of_the_text() -> None:
    text = LITELLM.replace("3e-07,", "3.00000000000000000001e-07,")
    assert read_quotes(text, NOW)[0].usd == Decimal("0.300000000000000000001")


def test_the_other_catalogues_prices_are_those_of_the_instant() -> None:
    prices = [
        {"prices": {"input_mtok": 3}},
        {"constraint": {"start_date": "2026-06-01"}, "prices": {"input_mtok": 2.5}},
        {"constraint": {"start_date": "2027-01-01"}, "prices": {"input_mtok": 9}},
    ]
    known = {"id": "acme", "models": [{"id": "m", "match": {"equals": "m"}, "prices": prices}]}
    assert read_quotes(json.dumps([known]), NOW) == [
        Quote("acme", "m", "standard", "", 0, "input", Decimal("2.5"))
    ]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("[]", "is neither"),
        ("{}", "is neither"),
        ("[1]", "is neither"),
        ('{"a": 1}', "is neither"),
        ('"text"', "is neither"),
        ('[{"id": "x"}]', "is neither"),
    ],
)
def test_another_file_is_refused_with_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        read_quotes(text, NOW)
