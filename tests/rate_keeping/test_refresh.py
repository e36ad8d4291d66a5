"""A refresh: what a newer catalogue adds to the tables, and what it leaves alone."""

from __future__ import annotations

from datetime import date
from typing import Any

from otel_costing.rate_book.files import ModelEntry, Table
from otel_costing.rate_book.names import NameRules, Rewrite
from otel_costing.rate_keeping.refresh import Change, refresh
from tests.rate_books import one_model, table
from tests.small_catalogues import catalogue, day_ns, model, priced, table_of

TODAY = date(2026, 11, 22)
DATED_NAMES = NameRules({}, {}, (Rewrite("(?P<model>.+)-[0-9]{8}", ()),))
ONE = one_model('      - {from: null, prices: {input: "3"}}\n')


def refreshed(text: str, *models: dict[str, Any], **more: Any) -> tuple[Table, list[Change]]:
    """The one table after a refresh, and the changes."""
    found = refresh([table_of(text)], DATED_NAMES, catalogue(*models, **more), TODAY)
    (only,) = found.tables
    return only, list(found.changes)


def models(found: Table) -> dict[str, ModelEntry]:
    return {model.id: model for model in found.models}


def test_an_unchanged_catalogue_changes_only_the_day_of_the_check() -> None:
    before = table_of(ONE)
    after, changes = refreshed(ONE, model("m", priced(input_mtok="3")))
    assert changes == []
    assert (after.checked, after.via) == ("2026-11-22", "genai-prices 9.9")
    assert [each._replace(checked="") for each in after.models] == [
        each._replace(checked="") for each in before.models
    ]


def test_a_changed_price_is_appended_and_told() -> None:
    after, changes = refreshed(ONE, model("m", priced(input_mtok="2")))
    old, new = after.models[0].rates
    assert old == table_of(ONE).models[0].rates[0]
    assert (new.starts_ns, new.effective) == (day_ns("2026-11-22"), "unknown")
    assert changes == [Change("price", "acme", "m", old, new)]


def test_a_model_the_catalogue_lost_stays() -> None:
    after, changes = refreshed(ONE, model("other", priced(input_mtok="1")))
    assert set(models(after)) == {"m", "other"}
    assert [(each.kind, each.model) for each in changes] == [("model", "other")]


def test_a_provider_the_catalogue_lost_stays_as_it_was() -> None:
    found = refresh([table_of(ONE)], DATED_NAMES, catalogue(provider="other"), TODAY)
    assert [each.provider for each in found.tables] == ["other", "acme"]
    assert found.tables[1] == table_of(ONE)


def test_a_new_provider_is_a_table_of_its_own() -> None:
    found = refresh([], DATED_NAMES, catalogue(model("m", priced(input_mtok="1"))), TODAY)
    (new,) = found.tables
    assert (new.provider, new.source, new.name) == ("acme", "https://acme.example/pricing", "")
    assert [each.kind for each in found.changes] == ["provider", "model"]


def test_what_a_person_keeps_by_hand_is_left_alone_and_the_disagreement_told() -> None:
    kept = ONE.replace("  m:\n", "  m:\n    by_hand: our contract says so\n")
    after, changes = refreshed(kept, model("m", priced(input_mtok="2")))
    assert after.models[0].rates == table_of(kept).models[0].rates
    assert [(each.kind, each.what) for each in changes] == [("kept", "our contract says so")]
    assert refreshed(kept, model("m", priced(input_mtok="3")))[1] == []


def test_new_names_are_added_and_known_names_keep_their_meaning() -> None:
    two = table(
        '  m:\n    rates: [{from: null, prices: {input: "3"}}]\n'
        '  n:\n    aliases: [taken]\n    rates: [{from: null, prices: {input: "4"}}]\n'
    )
    named = {"or": [{"equals": "m"}, {"equals": "m-large"}, {"equals": "taken"}]}
    after, changes = refreshed(two, model("m", priced(input_mtok="3"), match=named))
    assert models(after)["m"].aliases == ("m-large",)
    assert models(after)["n"].aliases == ("taken",)
    assert [(each.kind, each.what) for each in changes] == [("name", "m-large")]


def test_two_ids_that_differ_by_a_date_are_two_models() -> None:
    after, _ = refreshed(ONE, model("m-20240513", priced(input_mtok="5")))
    assert {name: len(each.rates) for name, each in models(after).items()} == {
        "m": 1,
        "m-20240513": 1,
    }


def test_a_name_that_becomes_a_model_of_its_own_is_left_to_a_person() -> None:
    named = ONE.replace("  m:\n", "  m:\n    aliases: [m-mini]\n")
    whole, mini = model("m", priced(input_mtok="3")), model("m-mini", priced(input_mtok="1"))
    for order in ((whole, mini), (mini, whole)):
        after, changes = refreshed(named, *order)
        assert after.models[0].rates == table_of(named).models[0].rates
        assert [(each.kind, each.model, each.what) for each in changes] == [
            ("split", "m", "m-mini")
        ]
    assert refreshed(named, whole, model("m-mini", priced(input_mtok="3")))[1] == []


def test_a_tier_that_is_new_is_told_apart_from_a_price_that_changed() -> None:
    batch = {"when": {"processing": "batch"}, "prices": priced(input_mtok="1.5")}
    after, changes = refreshed(ONE, model("m", priced(input_mtok="3"), price_variants=[batch]))
    assert [rate.tier for rate in after.models[0].rates] == ["standard", "batch"]
    assert [each.kind for each in changes] == ["condition"]


def test_a_tier_the_catalogue_lost_stays() -> None:
    text = ONE + '      - {tier: batch, from: null, prices: {input: "1"}}\n'
    after, changes = refreshed(text, model("m", priced(input_mtok="3")))
    assert after.models[0].rates == table_of(text).models[0].rates
    assert changes == []


BEDROCK = table(
    '  x:\n    rates:\n      - {region: [eu, us], from: null, prices: {input: "3.3"}}\n'
    '      - {region: global, from: null, prices: {input: "3"}}\n',
    provider="aws.bedrock",
)


def test_scopes_of_bedrock_are_regions_of_one_model() -> None:
    after, changes = refreshed(
        BEDROCK,
        model("regional.x", priced(input_mtok="4.4")),
        model("global.x", priced(input_mtok="3")),
        provider="aws",
    )
    assert [(each.kind, each.model) for each in changes] == [("price", "x")]
    assert [
        (rate.regions, str(rate.bands[0].prices["input"].usd)) for rate in after.models[0].rates
    ] == [
        (("eu", "us"), "3.3"),
        (("eu", "us"), "4.4"),
        (("global",), "3"),
    ]


def test_a_new_model_of_two_scopes_is_one_model() -> None:
    after, changes = refreshed(
        BEDROCK,
        model("regional.y", priced(input_mtok="1.1")),
        model("global.y", priced(input_mtok="1")),
        provider="aws",
    )
    assert [rate.regions for rate in models(after)["y"].rates] == [(), ("global",)]
    assert [(each.kind, each.model) for each in changes] == [("model", "y")]
