"""One call's usage priced here and by genai-prices, which knows the same models."""

from __future__ import annotations

from datetime import UTC, datetime

from genai_prices import Usage as TheirUsage
from genai_prices import calc_price

from otel_costing import Usage, price
from tests.benchmarks.measure import Figure, in_turn, percent_of, spread_of

AT = datetime(2026, 11, 1, tzinfo=UTC)
OURS = Usage(input=1000, cache_read=300, cache_write_5m=500, output=150, reasoning=50)
THEIRS = TheirUsage(
    input_tokens=1800, cache_read_tokens=300, cache_write_tokens=500, output_tokens=200
)


def _ours() -> object:
    return price("anthropic", "claude-sonnet-4-5", OURS, at=AT).total_usd  # type: ignore[union-attr]


def _theirs() -> object:
    return calc_price(
        THEIRS, "claude-sonnet-4-5", provider_id="anthropic", genai_request_timestamp=AT
    ).total_price


def figures() -> list[Figure]:
    """Measure both in turn, the total read from each answer."""
    if _ours() != _theirs():
        raise SystemExit(f"the two do not price the same call: {_ours()} and {_theirs()}")
    rounds = in_turn([_ours, _theirs], times=200, rounds=40)
    ours, theirs = zip(*rounds, strict=True)
    return [
        Figure("price() of five meters", spread_of(ours), "us", None),
        Figure("genai_prices.calc_price() of the same", spread_of(theirs), "us", None),
        Figure("price() / calc_price()", percent_of(ours, theirs), "%", 10),
    ]
