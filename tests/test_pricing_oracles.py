"""Figures that somebody was billed, or that a peer's own test asserts, met to the last digit.

The published rates of the day are inputs here, not endorsements; those of the packaged book are dated.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from otel_costing.money import usd_of
from otel_costing.pricing import Cost, price
from otel_costing.usage import Unpriced
from tests.rate_books import book_of, one_model

TODAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
MILLION = 10**6


def cost_of(answer: Cost | Unpriced) -> Cost:
    assert isinstance(answer, Cost), answer
    return answer


@dataclass(frozen=True)
class Oracle:
    """A figure somebody was billed, or that a peer's own test asserts."""

    usd: str
    usage: dict[str, int]
    prices: dict[str, str]
    """USD per million tokens, per thousand searches."""


ORACLES = {
    "LibreChat#13798, cache write": Oracle(
        "0.0165795", {"input": 14, "cache_write_5m": 4410}, {"input": "3", "cache_write_5m": "3.75"}
    ),
    "LibreChat#13798, cache read": Oracle(
        "0.001365", {"input": 14, "cache_read": 4410}, {"input": "3", "cache_read": "0.30"}
    ),
    "gpt-4.1, cached": Oracle(
        "0.070722",
        {"input": 25, "cache_read": 131584, "output": 610},
        {"input": "2", "cache_read": "0.5", "output": "8"},
    ),
    "gpt-4.1, blind to the cache": Oracle(
        "0.268098", {"input": 131609, "output": 610}, {"input": "2", "output": "8"}
    ),
    "Sonnet 4, both cache lifetimes": Oracle(
        "0.0024",
        {"input": 100, "cache_write_5m": 200, "cache_write_1h": 100, "output": 50},
        {"input": "3", "cache_write_5m": "3.75", "cache_write_1h": "6", "output": "15"},
    ),
    "claude-3-7": Oracle(
        "0.435621", {"input": 144222, "output": 197}, {"input": "3", "output": "15"}
    ),
    "claude-3-7, write": Oracle(
        "0.54377925",
        {"input": 11, "cache_write_5m": 144211, "output": 197},
        {"input": "3", "cache_write_5m": "3.75", "output": "15"},
    ),
    "claude-3-7, read": Oracle(
        "0.0462513",
        {"input": 11, "cache_read": 144211, "output": 197},
        {"input": "3", "cache_read": "0.3", "output": "15"},
    ),
    "claude-3-7, two searches": Oracle(
        "0.02105",
        {"input": 100, "output": 50, "web_search": 2},
        {"input": "3", "output": "15", "web_search": "10"},
    ),
    "Sonnet 4.6, global": Oracle(
        "1.80", {"input": 100_000, "output": 100_000}, {"input": "3", "output": "15"}
    ),
    "Sonnet 4.6, regional": Oracle(
        "1.98", {"input": 100_000, "output": 100_000}, {"input": "3.3", "output": "16.5"}
    ),
    "SigNoz, gpt-4o": Oracle(
        "0.0125", {"input": 1000, "output": 500}, {"input": "5", "output": "15"}
    ),
    "SigNoz, gpt-4o-mini by a wrong match": Oracle(
        "0.012",
        {"input": 800, "cache_read": 200, "output": 500},
        {"input": "5", "cache_read": "2.5", "output": "15"},
    ),
    "SigNoz, additive": Oracle(
        "0.010935",
        {"input": 1000, "output": 500, "cache_read": 200, "cache_write_5m": 100},
        {"input": "3", "output": "15", "cache_read": "0.3", "cache_write_5m": "3.75"},
    ),
    "openlit": Oracle(
        "0.010305",
        {"input": 800, "cache_read": 100, "cache_write_5m": 100, "output": 500},
        {"input": "3", "cache_read": "0.3", "cache_write_5m": "3.75", "output": "15"},
    ),
    "pi#2148": Oracle(
        "0.0055649",
        {"input": 3914, "cache_read": 16298, "output": 931},
        {"input": "0.5", "cache_read": "0.05", "output": "3"},
    ),
    "needlr": Oracle("0.00436", {"input": 4000, "output": 180}, {"input": "1", "output": "2"}),
    "Phoenix, prices per token": Oracle(
        "0.05", {"input": 10, "output": 20}, {"input": "1000", "output": "2000"}
    ),
    "oh-my-pi#6876": Oracle("3.44139", {"cache_write_1h": 344139}, {"cache_write_1h": "10"}),
    "oh-my-pi#6876, as 5m": Oracle(
        "2.15086875", {"cache_write_5m": 344139}, {"cache_write_5m": "6.25"}
    ),
    "litellm#11364, Bedrock eu Opus": Oracle(
        "0.400343625",
        {"input": 10, "cache_read": 66360, "cache_write_5m": 32435, "output": 5120},
        {"input": "5.5", "cache_read": "0.55", "cache_write_5m": "6.875", "output": "27.5"},
    ),
    "logfire#2156": Oracle(
        "0.36",
        {"input": 10_000, "cache_read": 90_000, "output": 1000},
        {"input": "15", "cache_read": "1.5", "output": "75"},
    ),
    "phoenix#13379": Oracle(
        "0.09973545",
        {"input": 4299, "output": 631, "cache_read": 35574, "cache_write_5m": 17787},
        {"input": "3", "output": "15", "cache_read": "0.3", "cache_write_5m": "3.75"},
    ),
}


@pytest.mark.parametrize("oracle", ORACLES.values(), ids=ORACLES.keys())
def test_a_figure_that_was_billed_is_met_to_the_last_digit(tmp_path: Path, oracle: Oracle) -> None:
    prices = ", ".join(f'{meter}: "{usd}"' for meter, usd in oracle.prices.items())
    book = book_of(tmp_path, one_model(f"      - {{from: null, prices: {{{prices}}}}}\n"))
    cost = cost_of(price("acme", "m", oracle.usage, at=TODAY, rates=book))
    assert cost.total_usd == Decimal(oracle.usd)
    assert cost.status == "priced"


def test_a_million_tiny_calls_add_up_exactly(tmp_path: Path) -> None:
    """A float sum drifts to 3499.9999999303323."""
    book = book_of(tmp_path, one_model('      - {from: null, prices: {input: "3.5"}}\n'))
    one = cost_of(price("acme", "m", {"input": 1000}, at=TODAY, rates=book))
    assert usd_of(one.total_pico * MILLION) == 3500


def test_published_cache_prices_and_cliffs(tmp_path: Path) -> None:
    """grok-4.20 is dearer at exactly 200,000 tokens, gpt-5.6-sol only above 272,000."""
    book = book_of(
        tmp_path,
        one_model("""\
      - from: null
        prices: {input: "1.25"}
        context: [{from: 200000, prices: {input: "2.5"}}]
      - tier: batch
        from: null
        prices: {cache_write_5m: "6.25"}
        context: [{over: 272000, prices: {cache_write_5m: "12.5"}}]
"""),
    )
    inclusive = [
        cost_of(price("acme", "m", {"input": n}, at=TODAY, rates=book)).total_usd
        for n in (199_999, 200_000, 200_001)
    ]
    assert inclusive == [Decimal("0.24999875"), Decimal("0.5"), Decimal("0.5000025")]
    exclusive = [
        cost_of(
            price("acme", "m", {"cache_write_5m": n}, at=TODAY, tier="batch", rates=book)
        ).total_usd
        for n in (272_000, 272_001)
    ]
    assert exclusive == [Decimal("1.7"), Decimal("3.4000125")]


@pytest.mark.parametrize(
    ("provider", "model", "usage", "at", "usd"),
    [
        ("openai", "o3", {"input": 1000, "output": 100}, "2025-06-09", "0.014"),
        ("openai", "o3", {"input": 1000, "output": 100}, "2025-06-10", "0.0028"),
        ("openai", "gpt-5-mini", {"input": MILLION, "output": MILLION}, "2026-11-01", "2.25"),
        ("openai", "gpt-5-mini", {"cache_read": MILLION}, "2026-11-01", "0.025"),
        ("openai", "gpt-5.4", {"input": 300_000, "output": 100_000}, "2026-11-01", "3.75"),
        ("openai", "gpt-5.6-sol", {"cache_write_5m": 272_000}, "2026-08-20", "1.7"),
        ("openai", "gpt-5.6-sol", {"cache_write_5m": 272_001}, "2026-08-20", "3.4000125"),
        ("openai", "gpt-5.6-sol", {"cache_write_5m": 272_000}, "2026-08-21", "1.36"),
        ("gemini", "models/gemini-2.5-pro", {"input": 200_000}, "2026-11-01", "0.25"),
        ("gemini", "models/gemini-2.5-pro", {"input": 200_001}, "2026-11-01", "0.5000025"),
        ("anthropic", "claude-sonnet-4-5-20250929", {"input": 200_000}, "2026-01-01", "0.6"),
        ("anthropic", "claude-sonnet-4-5-20250929", {"input": 200_001}, "2026-01-01", "1.200006"),
        (
            "anthropic",
            "claude-sonnet-4-5-20250929",
            {"input": 300_000, "output": 100_000},
            "2026-01-01",
            "4.05",
        ),
        (
            "bedrock",
            "global.anthropic.claude-sonnet-4-6-v1:0",
            {"input": 100_000, "output": 100_000},
            "2026-11-01",
            "1.80",
        ),
        (
            "bedrock",
            "eu.anthropic.claude-sonnet-4-6-v1:0",
            {"input": 100_000, "output": 100_000},
            "2026-11-01",
            "1.98",
        ),
        ("x_ai", "grok-4.20", {"input": 199_999}, "2026-03-01", "0.399998"),
    ],
)
def test_the_packaged_rates_meet_published_figures(
    provider: str, model: str, usage: dict[str, int], at: str, usd: str
) -> None:
    when = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert cost_of(price(provider, model, usage, at=when)).total_usd == Decimal(usd)
