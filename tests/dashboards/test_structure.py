"""What stands in every dashboard's JSON, beside its questions: the rules of Grafana's dashboard-linter, and this house's."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from dashboards import links
from dashboards.generate import DASHBOARDS, FOLDER, documents
from dashboards.layout import COLUMNS, Row
from dashboards.panels import stat
from dashboards.queries import question
from tests.dashboards.asked_panels import FILTERS, QUESTIONS

Json = Mapping[str, Any]
SQL = Path(links.__file__).parent / "sql"
READ = {name: json.loads(text) for name, text in documents().items()}
PANELS = [
    pytest.param(panel, id=f"{name}: {panel['title']}")
    for name, told in READ.items()
    for panel in told["panels"]
    if panel["type"] != "row"
]
every_dashboard = pytest.mark.parametrize("told", READ.values(), ids=READ)
every_panel = pytest.mark.parametrize("panel", PANELS)
HAS_LEDGER_FILTERS = (
    "spend.json",
    "workflow_cost.json",
    "teams.json",
    "rates_and_corrections.json",
)


def test_the_committed_files_are_what_the_generator_writes() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.json")}

    assert committed == documents(), "run make dashboards"


@every_dashboard
def test_ids_are_unique_and_panels_lie_side_by_side(told: Json) -> None:
    ids = [panel["id"] for panel in told["panels"]]
    places = [panel["gridPos"] for panel in told["panels"]]

    assert len(set(ids)) == len(ids)
    assert [(one, other) for one, other in combinations(places, 2) if overlap(one, other)] == []
    assert all(one["x"] >= 0 and one["x"] + one["w"] <= COLUMNS for one in places)


def overlap(one: Mapping[str, int], other: Mapping[str, int]) -> bool:
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


@every_dashboard
def test_nobody_edits_it_where_it_is_provisioned(told: Json) -> None:
    assert told["editable"] is False
    assert (told["id"], told["schemaVersion"], told["timezone"]) == (None, 41, "utc")


def test_each_dashboard_has_an_address_of_its_own() -> None:
    uids = [told["uid"] for told in READ.values()]

    assert len(set(uids)) == len(uids)
    assert all(len(uid) <= 40 for uid in uids)


@every_dashboard
def test_whoever_looks_chooses_the_data_source(told: Json) -> None:
    chosen = {one["name"] for one in told["templating"]["list"] if one["type"] == "datasource"}
    named = {one["uid"] for one in data_sources(told)}

    assert "datasource" in chosen
    assert named <= {f"${{{name}}}" for name in chosen}


def data_sources(value: object) -> Iterator[Json]:
    if isinstance(value, dict):
        if "datasource" in value:
            yield value["datasource"]
        for one in value.values():
            yield from data_sources(one)
    elif isinstance(value, list):
        for one in value:
            yield from data_sources(one)


@every_panel
def test_a_panel_says_what_it_is_and_what_to_do_where_nothing_is_found(panel: Json) -> None:
    assert panel["title"]
    assert panel["description"].endswith(".")
    assert len(panel["fieldConfig"]["defaults"]["noValue"]) > len("No data")


@every_panel
def test_a_panel_has_a_unit(panel: Json) -> None:
    assert panel["fieldConfig"]["defaults"]["unit"]


@every_panel
def test_dollars_show_what_one_call_costs(panel: Json) -> None:
    """A call costs 0.0006 USD and less: with two decimals it would be nothing."""
    for one in (panel["fieldConfig"]["defaults"], *map(said, panel["fieldConfig"]["overrides"])):
        if one.get("unit") == "currencyUSD":
            assert one.get("decimals", 4) >= 4  # none: as many as it needs


def said(override: Json) -> Json:
    return {one["id"]: one["value"] for one in override["properties"]}


@every_panel
def test_a_question_has_a_letter_of_its_own(panel: Json) -> None:
    letters = [target["refId"] for target in panel["targets"]]

    assert letters
    assert len(set(letters)) == len(letters)


@every_panel
def test_an_amount_that_is_not_known_is_not_shown_as_a_number(panel: Json) -> None:
    for one in map(said, panel["fieldConfig"]["overrides"]):
        if one.get("unit") == "currencyUSD":
            assert not re.search(
                r"\d", one.get("noValue", panel["fieldConfig"]["defaults"]["noValue"])
            )


@pytest.mark.parametrize("name", HAS_LEDGER_FILTERS)
def test_a_dashboard_of_spend_has_every_filter(name: str) -> None:
    variables = {one["name"]: one for one in READ[name]["templating"]["list"]}

    assert set(FILTERS) <= set(variables)
    for one in (variables[name] for name in FILTERS):
        assert (one["multi"], one["includeAll"], one["current"]["value"]) == (
            True,
            True,
            ["$__all"],
        )


@every_dashboard
def test_links_take_the_time_and_what_is_chosen_along(told: Json) -> None:
    (link,) = told["links"]

    assert (link["keepTime"], link["includeVars"], link["tags"]) == (True, True, told["tags"])


@every_dashboard
def test_a_link_of_a_cell_leads_to_a_dashboard_and_carries_what_there_is(told: Json) -> None:
    uids = {one["uid"]: one for one in READ.values()}
    here = {one["name"] for one in told["templating"]["list"]}
    for url in cell_links(told):
        uid, _, parameters = url.removeprefix("/d/").partition("?")
        there = {f"var-{one['name']}" for one in uids[uid]["templating"]["list"]}
        first, *others = parameters.split("&")
        carried = {one[2:-12] for one in others if one.endswith(":queryparam}")}
        chosen = {one.partition("=")[0] for one in others if one.startswith("var-")}

        assert first == "${__url_time_range}"
        assert carried <= here
        assert chosen <= there
        assert len(carried) + len(chosen) == len(others)


def cell_links(told: Json) -> Iterator[str]:
    for panel in told["panels"]:
        for one in map(said, panel.get("fieldConfig", {}).get("overrides", ())):
            yield from (link["url"] for link in one.get("links", ()))


def test_no_value_is_put_into_a_query_but_percent_encoded() -> None:
    r"""Grafana's other formats let a backslash through: a team named `\' OR 1=1 --` would end the literal."""
    for one in QUESTIONS.values():
        formats = re.findall(r"\$\{\w+(?::(\w+))?\}", one.sql)
        bare = re.findall(r"\$(?!__)\w+", one.sql)

        assert set(formats) <= {"queryparam"}, one.name
        assert Counter(bare) == Counter(re.findall(r", (\$(?!__)\w+)\)", one.sql)), one.name


def test_every_question_is_asked() -> None:
    asked = {sql.splitlines()[0] for sql in (one.sql for one in QUESTIONS.values())}
    for path in SQL.glob("*.sql"):
        heading = path.read_text(encoding="utf-8").splitlines()[0]
        pattern = re.sub(r"\\\{\\\{\w+\\\}\\\}", ".+", re.escape(heading))

        assert heading.startswith("-- ")
        assert path.stem.startswith("alert_") or any(re.fullmatch(pattern, one) for one in asked), (
            path
        )


def test_a_row_that_does_not_fill_the_grid_is_refused() -> None:
    with pytest.raises(ValueError, match="do not fill 24"):
        Row([stat("a", "b", "SELECT 1", width=10)], 4).widths()


def test_parts_of_a_question_are_indented_as_they_stand() -> None:
    assert "\n    toUnixTimestamp64Nano(toDateTime64($__fromTime_ms" in question("repricings_made")


def test_a_part_is_of_the_column_that_is_named_beside_it() -> None:
    asked = question("price_history")

    assert "'&var-provider=', '&${provider:queryparam}'" in asked
    assert ", provider), $provider)" in asked
    assert "{{" not in asked


def test_every_part_is_in_some_question() -> None:
    texts = [path.read_text(encoding="utf-8") for path in SQL.rglob("*.sql")]
    named = set(re.findall(r"\{\{(\w+)", "\n".join(texts)))

    assert {path.stem for path in (SQL / "parts").glob("*.sql")} <= named


def test_no_dashboard_is_left_out() -> None:
    assert {told["uid"] for told in READ.values()} == {
        links.SPEND,
        links.WORKFLOW_COST,
        links.TEAMS,
        links.TRACE,
        links.RATES_AND_CORRECTIONS,
        links.PIPELINE_HEALTH,
    }
    assert len(DASHBOARDS) == 6
