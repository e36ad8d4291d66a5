"""What the genai-prices catalogue says, in our words, and what it cannot say in them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from otel_costing.rate_book.files import RateEntry
from otel_costing.rate_book.hours import Hours
from otel_costing.rate_keeping.catalogue import unscoped, words
from tests.small_catalogues import catalogue, day_ns, from_day, model, priced


def rates(*models: dict[str, Any], provider: str = "acme") -> tuple[RateEntry, ...]:
    """The rates of the first model of the only table."""
    (table,) = catalogue(*models, provider=provider).tables
    return table.models[0].rates


def usd(rate: RateEntry, band: int = 0) -> dict[str, str]:
    return {meter: str(price.usd) for meter, price in rate.bands[band].prices.items()}


def test_each_price_is_of_our_meter_and_exact() -> None:
    (rate,) = rates(
        model("m", priced(input_mtok="0.1", cache_write_mtok="0.125", requests_kcount="5"))
    )
    assert usd(rate) == {"input": "0.1", "cache_write_5m": "0.125", "request": "5"}
    assert rate.bands[0].prices["request"].per == 1000
    assert rate.starts_ns is None


def test_every_price_it_has_a_meter_for_is_known() -> None:
    from genai_prices.data_units import unit_data

    ours = words().meters
    kept = {unit["price_key"]: unit["per"] for unit in unit_data.values()}
    assert set(ours) <= set(kept)


def test_a_tier_above_a_context_length_is_a_band_from_the_next_token() -> None:
    tiered = {"base": Decimal(1), "tiers": [{"start": 200000, "price": Decimal(2)}]}
    (rate,) = rates(model("m", {"input_mtok": tiered, "output_mtok": Decimal(5)}))
    assert [band.floor for band in rate.bands] == [0, 200001]
    assert usd(rate, 1) == {"input": "2", "output": "5"}


def test_dated_prices_are_dated_rates_and_hours_belong_to_the_last_one() -> None:
    night = {"start_time": "16:30:00Z", "end_time": "00:30:00Z"}
    catalogued = catalogue(
        model(
            "m",
            [
                {"prices": priced(input_mtok="3")},
                from_day("2026-03-01", input_mtok="2"),
                {"constraint": night, "prices": priced(input_mtok="1")},
            ],
        )
    )
    first, second = catalogued.tables[0].models[0].rates
    assert (first.starts_ns, second.starts_ns) == (None, day_ns("2026-03-01"))
    assert first.windows == ()
    assert second.windows[0].hours == Hours(59400, 1800)
    assert catalogued.left_out["hours of the day of rates that ended"] == 1


def variant(day: str, asked: dict[str, str], **prices: str) -> dict[str, object]:
    return {"when": asked, "constraint": {"start_date": day}, "prices": priced(**prices)}


BATCH = {"processing": "batch"}


def test_a_tier_keeps_the_standard_prices_it_does_not_replace() -> None:
    rate = rates(
        model(
            "m",
            priced(input_mtok="2", web_searches_kcount="10"),
            price_variants=[variant("2026-10-14", BATCH, input_mtok="1")],
        )
    )[1]
    assert (rate.tier, usd(rate)) == ("batch", {"input": "1", "web_search": "10"})
    assert rate.starts_ns is None


def test_a_tier_of_a_model_whose_price_changed_starts_when_it_was_read() -> None:
    rate = rates(
        model(
            "m",
            [{"prices": priced(input_mtok="4")}, from_day("2026-03-01", input_mtok="2")],
            price_variants=[variant("2026-10-14", BATCH, input_mtok="1")],
        )
    )[2]
    assert rate.starts_ns == day_ns("2026-10-14")


def test_what_cannot_be_told_from_a_span_is_left_out_and_counted() -> None:
    catalogued = catalogue(
        model(
            "m",
            priced(input_mtok="2", output_citation_mtok="2"),
            price_variants=[
                variant("2026-10-14", {"speed": "fast"}, input_mtok="9"),
                variant("2026-10-14", {"service_tier": "default"}, input_mtok="2"),
            ],
        ),
        model("empty", {}),
    )
    assert [model.id for model in catalogued.tables[0].models] == ["m"]
    assert dict(catalogued.left_out) == {
        "models without a price": 1,
        "prices for speed=fast": 1,
        "prices of output_citation_mtok": 1,
    }


def test_an_empty_price_is_free_only_where_the_name_says_so() -> None:
    (table,) = catalogue(model("m:free", {}), model("m", {}), provider="openrouter").tables
    (free,) = table.models
    assert (free.id, usd(free.rates[0]), free.note != "") == (
        "m:free",
        {"input": "0", "output": "0"},
        True,
    )


def test_googles_list_is_of_two_providers_one_of_which_sells_no_claude() -> None:
    gemini, vertex = catalogue(
        model("claude-x", priced(input_mtok="3")),
        model("gemini-x", priced(input_mtok="1"), price_variants=[variant("2026-10-14", BATCH)]),
        provider="google",
    ).tables
    assert [each.id for each in gemini.models] == ["gemini-x"]
    assert [each.id for each in vertex.models] == ["claude-x", "gemini-x"]
    assert {rate.tier for rate in gemini.models[0].rates} == {"standard", "batch"}
    assert {rate.tier for rate in vertex.models[1].rates} == {"standard"}


@pytest.mark.parametrize(
    ("name", "bare", "regions"),
    [
        ("global.anthropic.x-v1:0", "anthropic.x-v1:0", ("global",)),
        ("regional.anthropic.x-v1:0", "anthropic.x-v1:0", ()),
        ("amazon.y", "amazon.y", ()),
    ],
)
def test_a_scope_before_a_bedrock_id_is_a_region(
    name: str, bare: str, regions: tuple[str, ...]
) -> None:
    (rate,) = rates(model(name, priced(input_mtok="3")), provider="aws")
    assert rate.regions == regions
    assert unscoped("aws.bedrock", name) == bare
