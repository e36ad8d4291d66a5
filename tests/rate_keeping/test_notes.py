"""The release notes of a refresh say what changed, from when and by how much."""

from __future__ import annotations

from datetime import date
from typing import Any

from otel_costing.rate_book.names import NameRules
from otel_costing.rate_keeping.notes import release_notes
from otel_costing.rate_keeping.refresh import refresh
from tests.rate_books import table
from tests.small_catalogues import catalogue, from_day, model, priced, table_of

TABLE = table("""\
  announced:
    rates:
      - {from: null, prices: {input: "1"}}
      - {from: 2027-01-01, prices: {input: "2"}}
  cut:
    rates:
      - {from: null, prices: {input: "4", output: "10"}}
  dated:
    rates:
      - {from: null, prices: {input: "1"}}
  hand:
    by_hand: our contract
    rates:
      - {from: null, prices: {input: "7"}}
""")


def notes(*models: dict[str, Any], text: str = TABLE) -> str:
    found = refresh([table_of(text)], NameRules({}, {}, ()), catalogue(*models), date(2026, 11, 22))
    return release_notes(found.changes, "genai-prices 9.9", "2026-11-22")


def test_the_notes_tell_everything_a_refresh_did() -> None:
    batch = {"when": {"processing": "batch"}, "prices": priced(input_mtok="0.5")}
    named = {"or": [{"equals": "dated"}, {"equals": "dated-latest"}]}
    assert (
        notes(
            model("announced", priced(input_mtok="1"), price_variants=[batch]),
            model("cut", priced(input_mtok="3", output_mtok="12.5")),
            model(
                "dated",
                [{"prices": priced(input_mtok="1")}, from_day("2026-12-01", input_mtok="0.8")],
                match=named,
            ),
            model("hand", priced(input_mtok="8")),
            model("new", priced(input_mtok="0.3", output_mtok="0.6")),
        )
        == """\
# Rates refreshed 2026-11-22 from genai-prices 9.9

2 price changes, 1 withdrawal, 1 new condition, 1 new model, 1 new name. 1 left to a person.

## Prices that changed

- acme/cut, found 2026-11-22, in effect since an unknown day: input 4 to 3 (-25.0 %); output 10 to 12.5 (+25.0 %)
- acme/dated, from 2026-12-01: input 1 to 0.8 (-20.0 %)

## Announced prices that were withdrawn

- acme/announced, from 2027-01-01: the rate before it stays

## New tiers and regions

- acme/announced [batch], start unknown: input 0.5

## New models

- acme/new, start unknown: input 0.3, output 0.6

## New names

- acme/dated: dated-latest

## Kept by hand, where the catalogue disagrees

- acme/hand, start unknown: input 7 to 8 (+14.3 %) (our contract)
"""
    )


def test_a_meter_that_only_falls_back_is_not_told_twice() -> None:
    assert "reasoning" not in notes(model("cut", priced(input_mtok="4", output_mtok="9")))


def test_nothing_changed_is_one_sentence() -> None:
    text = table('  m:\n    rates:\n      - {from: null, prices: {input: "1"}}\n')
    assert notes(model("m", priced(input_mtok="1")), text=text).endswith("\n\nNo price changed.\n")


def test_a_new_provider_is_one_line_whatever_it_sells() -> None:
    found = refresh(
        [],
        NameRules({}, {}, ()),
        catalogue(model("a", priced(input_mtok="1")), model("b", priced(input_mtok="1"))),
        date(2026, 11, 22),
    )
    told = release_notes(found.changes, "genai-prices 9.9", "2026-11-22")
    assert "- acme: 2 models" in told
    assert "acme/a" not in told
