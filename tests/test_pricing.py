"""Usage x rate: figures that others were billed, and what happens where there is no figure."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from otel_costing.pricing import Cost, price, price_call, price_usage
from otel_costing.rates import METERS, RateBook, default_rates
from otel_costing.usage import Call, Unpriced, Usage
from tests.rate_books import book_of, instant_ns, one_model

TODAY = datetime(2026, 11, 1, 12, tzinfo=UTC)
MILLION = 10**6


def cost_of(answer: Cost | Unpriced) -> Cost:
    assert isinstance(answer, Cost), answer
    return answer


def test_reasoning_is_its_own_line_at_the_output_rate() -> None:
    cost = cost_of(
        price(
            "openai",
            "gpt-5-mini",
            Usage(input=700, cache_read=300, output=150, reasoning=50),
            at=TODAY,
        )
    )
    lines = {
        line.meter: (line.quantity, line.unit, line.unit_price_usd, line.per, line.amount_usd)
        for line in cost.lines
    }
    assert lines["reasoning"] == (50, "token", Decimal(2), MILLION, Decimal("0.0001"))
    assert cost.total_usd == Decimal("0.0005825")
    assert cost.rates_digest == default_rates().digest
    assert cost.rate_id.startswith("openai/gpt-5-mini#")


def test_the_packaged_priority_tier_costs_its_own_price() -> None:
    usage = {"input": MILLION, "cache_read": MILLION, "output": MILLION}
    assert cost_of(
        price("openai", "gpt-5-mini", usage, at=TODAY, tier="priority")
    ).total_usd == Decimal("4.095")


def test_a_meter_without_a_rate_makes_the_call_partial_and_is_named() -> None:
    cost = cost_of(price("openai", "gpt-5-mini", {"input": 1000, "cache_write_5m": 120}, at=TODAY))
    assert (cost.status, cost.status_reason) == ("partial", "no_rate_for_meter: cache_write_5m")
    assert cost.total_usd == Decimal("0.00025")
    assert [(line.meter, line.amount_usd) for line in cost.lines][1] == ("cache_write_5m", None)


def test_a_call_of_which_nothing_has_a_rate_is_unpriced() -> None:
    answer = price("openai", "gpt-5-mini", {"cache_write_5m": 120}, at=TODAY)
    assert isinstance(answer, Unpriced)
    assert answer.reason == "no_rate_for_meter"


@pytest.mark.parametrize(
    ("usage", "reason"),
    [
        ({}, "no_usage"),
        ({"input": 0}, "no_usage"),
        ({"input": -1}, "invalid_usage"),
        ({"input": METERS["input"].largest + 1}, "invalid_usage"),
        ({"input": 1.5}, "invalid_usage"),
        ({"input": True}, "invalid_usage"),
        ({"input": "7"}, "invalid_usage"),
        ({"inptu": 7}, "invalid_usage"),
        ({"input": 10**400}, "invalid_usage"),
    ],
)
def test_usage_that_no_call_can_have_is_never_money(usage: dict[str, int], reason: str) -> None:
    answer = price("openai", "gpt-5-mini", usage, at=TODAY)
    assert isinstance(answer, Unpriced)
    assert answer.reason == reason


def test_a_gateways_slug_is_not_the_providers_model() -> None:
    answer = price("openai", "openai/gpt-5-mini", {"input": 1}, at=TODAY)
    assert isinstance(answer, Unpriced)
    assert answer.reason == "unknown_model"


def test_a_naive_instant_is_refused() -> None:
    with pytest.raises(ValueError, match="timezone-aware"):
        price("openai", "gpt-5-mini", {"input": 1}, at=datetime(2026, 1, 1))  # noqa: DTZ001 - the naive instant is the point


def two_prices(directory: Path, clock: str) -> RateBook:
    return book_of(
        directory,
        one_model(f"""\
      - {{from: null, clock: {clock}, prices: {{input: "1"}}}}
      - {{from: 2026-01-01, clock: {clock}, prices: {{input: "2"}}}}
"""),
    )


@pytest.mark.parametrize(("clock", "usd"), [("end", "2"), ("start", "1")])
def test_a_call_over_a_price_change_is_priced_by_its_providers_clock(
    tmp_path: Path, clock: str, usd: str
) -> None:
    cost = price_usage(
        two_prices(tmp_path, clock),
        "acme",
        "m",
        Usage(input=MILLION),
        start_ns=instant_ns("2025-12-31T23:59:59"),
        at_ns=instant_ns("2026-01-01"),
    )
    assert cost_of(cost).total_usd == Decimal(usd)


@pytest.mark.parametrize(
    ("end", "received", "backfill", "usd", "assumed"),
    [
        ("2025-12-31", None, False, "1", False),
        ("2025-12-31", "2026-01-29", False, "1", False),
        ("2025-12-01", "2026-01-29", False, "2", True),
        ("2025-12-01", "2026-01-29", True, "1", False),
        ("2026-01-01T00:10:00", "2026-01-01", False, "2", False),
        ("2026-01-01T00:10:01", "2025-12-31T23:59:59", False, "1", True),
        ("1970-01-01", "2026-01-29", True, "2", True),
    ],
)
def test_an_end_that_cannot_be_believed_is_replaced_by_the_receipt(
    tmp_path: Path,
    end: str,
    received: str | None,
    backfill: bool,  # noqa: FBT001 - a column of the table
    usd: str,
    assumed: bool,  # noqa: FBT001 - a column of the table
) -> None:
    priced = price_call(
        Call("acme", "m", "m", "chat", Usage(input=MILLION)),
        start_ns=instant_ns(end),
        end_ns=instant_ns(end),
        received_ns=None if received is None else instant_ns(received),
        backfill=backfill,
        rates=two_prices(tmp_path, "end"),
    )
    assert isinstance(priced.cost, Cost)
    assert priced.cost.total_usd == Decimal(usd)
    assert ("assumed_time" in priced.assumptions) == assumed


meters_of_sonnet = st.dictionaries(
    st.sampled_from(
        [
            "input",
            "cache_read",
            "cache_write_5m",
            "cache_write_1h",
            "output",
            "reasoning",
            "web_search",
        ]
    ),
    st.integers(min_value=1, max_value=100_000),
    min_size=1,
)


@given(usage=meters_of_sonnet)
def test_the_items_sum_to_the_total(usage: dict[str, int]) -> None:
    cost = cost_of(price("anthropic", "claude-sonnet-4-5", usage, at=TODAY))
    assert sum(line.amount_usd or 0 for line in cost.lines) == cost.total_usd
    assert {line.meter: line.quantity for line in cost.lines} == usage


@given(
    usage=meters_of_sonnet,
    meter=st.sampled_from(["input", "output", "cache_write_1h", "web_search"]),
    more=st.integers(1, 10_000),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_more_of_any_meter_costs_more(usage: dict[str, int], meter: str, more: int) -> None:
    assume(usage.get(meter, 0) + more <= METERS[meter].largest)
    before = cost_of(price("anthropic", "claude-opus-4-5", usage, at=TODAY))
    after = cost_of(
        price(
            "anthropic", "claude-opus-4-5", {**usage, meter: usage.get(meter, 0) + more}, at=TODAY
        )
    )
    assert after.total_pico > before.total_pico


def test_the_last_moment_before_a_change_is_priced_at_the_old_rate() -> None:
    """o3 became cheaper at midnight of 2025-06-10; not a fraction of a second earlier."""
    before = price(
        "openai", "o3", {"input": 1000}, at=datetime(2025, 6, 9, 23, 59, 59, 999_999, tzinfo=UTC)
    )
    after = price("openai", "o3", {"input": 1000}, at=datetime(2025, 6, 10, tzinfo=UTC))

    assert isinstance(before, Cost)
    assert isinstance(after, Cost)
    assert before.total_usd == Decimal("0.01")
    assert after.total_usd == Decimal("0.002")


WITH_A_FEE = '      - {from: null, prices: {input: "1", request: "5"}}\n'


def test_a_fee_per_request_is_charged_once_whether_or_not_the_span_counts_requests(
    tmp_path: Path,
) -> None:
    book = book_of(tmp_path, one_model(WITH_A_FEE))
    uncounted = cost_of(price("acme", "m", {"input": MILLION}, at=TODAY, rates=book))
    counted = cost_of(price("acme", "m", {"input": MILLION, "request": 1}, at=TODAY, rates=book))

    assert uncounted.total_usd == counted.total_usd == Decimal("1.005")
    assert [line.meter for line in uncounted.lines] == ["input", "request"]


def test_a_fee_per_request_does_not_stand_for_usage_that_has_no_rate(tmp_path: Path) -> None:
    book = book_of(tmp_path, one_model(WITH_A_FEE))
    cost = cost_of(price("acme", "m", {"output": 10}, at=TODAY, rates=book))

    assert cost.status == "partial"
    assert cost.total_usd == Decimal("0.005")
