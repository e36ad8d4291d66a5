"""`report` in a time zone, between teams, and of two periods, over one ledger of many teams."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from otel_costing.attribution import Attribution
from otel_costing.cli.report_comparison import COMPARED, show_comparison
from otel_costing.cli.report_matrix import show_matrix
from otel_costing.clickhouse.promotions import promote
from otel_costing.clickhouse.store import Store
from otel_costing.instants import ns_of
from otel_costing.ledger import LedgerEntry
from otel_costing.rollup import Total, sum_of
from tests.calls import batch, entry, hex_id, skeleton
from tests.cli.conftest import Command

SEPTEMBER = ns_of(datetime(2026, 9, 30, 23, 30, tzinfo=UTC))
OCTOBER = ns_of(datetime(2026, 10, 5, 12, tzinfo=UTC))
TEAMS = [f"team-{number:02}-of-the-platform" for number in range(12)]


def call(number: int, at_ns: int, team: str, origin: str = "", **asked: Any) -> LedgerEntry:
    """Return a call of a team, in a trace of its own."""
    told = Attribution(team=team, origin_team=origin, origin_source="baggage" if origin else "none")
    return entry(number, attribution=told, trace=hex_id(number, 32), end_ns=at_ns, **asked)


def half(one: LedgerEntry) -> LedgerEntry:
    """Return a call at half the price."""
    items = [
        item._replace(amount_usd=None if item.amount_usd is None else item.amount_usd / 2)
        for item in one.items
    ]
    return one._replace(items=tuple(items), total_usd=sum_of(item.amount_usd for item in items))


def _calls() -> Iterator[LedgerEntry]:
    for number, team in enumerate(TEAMS):
        usage = {"input": 1000 * (number + 1), "output": 200}
        yield call(3 * number, SEPTEMBER, team, TEAMS[number // 3], usage=usage)
        yield half(call(3 * number + 1, OCTOBER, team, TEAMS[number // 3], usage=usage))
    yield call(90, OCTOBER, "newcomer", usage={"cache_read": 10**6})
    yield call(91, OCTOBER, "newcomer", unpriced="unknown_model")
    hostile = call(92, SEPTEMBER, "\x1b[31m[bold]red\n", usage={"input": 5})
    yield hostile._replace(promoted=(("promoted_1", "blue"),), provider_account="acct-1")


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory, directory: Path) -> str:
    """A ledger of two months, in which a token binds one team."""
    del tmp_path_factory
    dsn = f"chdb://{directory}?database=reports"
    vouched = skeleton(0, trace=hex_id(0, 32))._replace(team=TEAMS[0], authenticated_team=TEAMS[0])
    with Store.open(dsn) as store:
        store.book(batch(list(_calls()), [vouched]))
        promote(store.connection, "k8s.namespace.name", "namespace")
    return dsn


@pytest.fixture
def asked(command: Command, ledger: str) -> Any:
    """Ask for a report's JSON."""
    return lambda *arguments: (
        command("report", *arguments, "--dsn", ledger, "--format", "json").document
    )


def test_a_month_is_that_of_the_zone_and_the_document_says_which(asked: Any) -> None:
    utc = asked("--by", "month")
    berlin = asked("--by", "month", "--time-zone", "Europe/Berlin")

    assert {row["month"]: row["calls"] for row in utc["rows"]} == {"2026-09": 13, "2026-10": 14}
    assert [row["month"] for row in berlin["rows"]] == ["2026-10"]
    assert (utc["time_zone"], berlin["time_zone"]) == ("UTC", "Europe/Berlin")
    assert berlin["total_usd"] == utc["total_usd"]


def test_a_date_without_an_offset_begins_where_the_zone_has_its_midnight(asked: Any) -> None:
    since = ("--by", "provider", "--since", "2026-10-01")

    assert sum(row["calls"] for row in asked(*since)["rows"]) == 14
    in_berlin = asked(*since, "--time-zone", "Europe/Berlin")
    assert in_berlin["since"] == "2026-10-01T00:00:00+02:00"
    assert sum(row["calls"] for row in in_berlin["rows"]) == 27


@pytest.mark.parametrize(
    ("by", "value", "calls"),
    [
        ("account", "acct-1", 1),
        ("namespace", "blue", 1),
        ("run", hex_id(90, 32), 1),
        ("origin_team", TEAMS[1], 6),
    ],
)
def test_every_dimension_narrows_and_breaks_down(
    asked: Any, by: str, value: str, calls: int
) -> None:
    (row,) = asked("--by", by, "--where", f"{by}={value}")["rows"]

    assert (row[by], row["calls"]) == (value, calls)


def test_both_edges_of_the_matrix_are_what_either_side_pays(asked: Any) -> None:
    matrix = asked("--matrix")

    for edge, pays in (("callers", "caller"), ("owners", "owner")):
        side = asked("--by", "team", "--pays", pays)
        assert {row["team"]: (row["usd"], row["calls"]) for row in matrix[edge]} == {
            row["team"]: (row["usd"], row["calls"]) for row in side["rows"]
        }
    assert sum(Decimal(row["usd"]) for row in matrix["rows"] if row["usd"]) == Decimal(
        matrix["total_usd"]
    )
    claimed = {row["team"]: row["unverified_calls"] for row in matrix["callers"]}
    assert (claimed[TEAMS[0]], claimed[TEAMS[1]], claimed[None]) == (5, 6, 0)


def test_a_matrix_of_many_teams_is_readable_at_80_columns(command: Command, ledger: str) -> None:
    out = command("report", "--matrix", "--dsn", ledger).out

    assert max(map(len, out.splitlines())) <= 80
    assert "others" in out
    assert "unverified: part of the total" in out
    assert "1 of 27 calls have no price" in out
    assert "\x1b" not in out


def test_two_months_are_compared_by_price_volume_and_mix_exactly(asked: Any) -> None:
    document = asked("--compare", "2026-09..2026-10", "--by", "team")
    effects = ("price_usd", "volume_usd", "mix_usd", "new_usd", "vanished_usd", "other_usd")

    for row in (*document["rows"], document):
        if row["change_usd"] is not None:
            assert sum(Decimal(row[name]) for name in effects) == Decimal(row["change_usd"])
    by_team = {row["team"]: row for row in document["rows"]}
    cheaper = by_team[TEAMS[0]]
    assert Decimal(cheaper["price_usd"]) == Decimal(cheaper["before_usd"]) / -2
    newcomer = by_team["newcomer"]
    assert (newcomer["before_usd"], newcomer["before_calls"]) == (None, 0)
    assert newcomer["new_usd"] == newcomer["after_usd"] == newcomer["change_usd"]
    assert newcomer["after_unpriced_calls"] == 1
    sides = [
        asked("--since", since, "--until", until)["total_usd"]
        for since, until in (("2026-09-01", "2026-10-01"), ("2026-10-01", "2026-11-01"))
    ]
    assert sides == [document["before_usd"], document["after_usd"]]


@pytest.mark.parametrize(
    ("text", "before", "calls"),
    [
        ("2026-09..2026-10", "2026-09-01T00:00:00+00:00", (13, 14)),
        ("2026-09-30..2026-10-05", "2026-09-30T00:00:00+00:00", (13, 14)),
        ("2026-W40..2026-W41", "2026-09-28T00:00:00+00:00", (13, 14)),
        ("2026-W40-3..2026-W41-1", "2026-09-30T00:00:00+00:00", (13, 14)),
        ("2026-09-01/2026-10-06..2026-10-01/2026-10-02", "2026-09-01T00:00:00+00:00", (27, 0)),
    ],
)
def test_periods_are_months_weeks_days_and_intervals(
    asked: Any, text: str, before: str, calls: tuple[int, int]
) -> None:
    document = asked("--compare", text, "--by", "provider")
    (row,) = document["rows"]

    assert document["before"]["since"] == before
    assert (row["before_calls"], row["after_calls"]) == calls


def test_a_comparison_is_readable_at_80_columns(command: Command, ledger: str) -> None:
    out = command("report", "--compare", "2026-09..2026-10", "--dsn", ledger).out

    assert max(map(len, out.splitlines())) <= 80
    assert "\x1b" not in out
    assert "0 before, 1 after" in out


def test_names_give_way_to_amounts_at_80_columns(command: Command, ledger: str) -> None:
    by = "service,model,provider,team,workflow"
    asked = ("report", "--compare", "2026-09..2026-10", "--dsn", ledger, "--by", by)
    out = command(*asked).out

    assert max(map(len, out.splitlines())) <= 80
    assert "\N{HORIZONTAL ELLIPSIS}" not in out


def test_no_amount_of_a_matrix_is_cut_however_large() -> None:
    usd = Decimal("123456789.12")
    totals = [Total((a, b), usd, 1, 0, None, None, 0) for a in "abcdef" for b in "abcdef"]
    show_matrix(out := Console(file=io.StringIO(), width=80), totals, claims=False)

    said = _printed(out)
    assert "4,444,444,408" in said
    assert "\N{HORIZONTAL ELLIPSIS}" not in said


def test_names_in_a_matrix_are_cut_only_where_there_is_no_room() -> None:
    names = ("support-assistant", "search-platform", "content-ai")
    totals = [Total((names[0], one), Decimal("0.5"), 1, 0, None, None, 0) for one in names]
    for width, cut in ((80, False), (70, True)):
        show_matrix(out := Console(file=io.StringIO(), width=width), totals, claims=False)

        assert max(map(len, _printed(out).splitlines())) <= width
        assert ("\N{HORIZONTAL ELLIPSIS}" in _printed(out)) is cut


def test_no_effect_is_cut_however_small() -> None:
    usd = Decimal("0.000000001234")
    known = dict.fromkeys((*COMPARED[:9], "team"), usd) | dict.fromkeys(COMPARED[9:], 1)
    between = {"since": "2026-09-01", "until": "2026-10-01"}
    document = {**known, "rows": [{**known, "team": "search"}], "before": between, "after": between}
    show_comparison(out := Console(file=io.StringIO(), width=80), ("team",), document)

    said = _printed(out)
    assert said.count("0.000000001234") == 2 * 9
    assert max(map(len, said.splitlines())) <= 80


def _printed(out: Console) -> str:
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue()


def test_a_report_by_nothing_is_its_total(command: Command, ledger: str) -> None:
    lines = command("report", "--by", ",", "--dsn", ledger).out.splitlines()

    assert lines[-1].split() == lines[-2].split()


def test_rows_are_the_same_in_csv(command: Command, ledger: str, asked: Any) -> None:
    for arguments in (("--matrix",), ("--compare", "2026-09..2026-10")):
        said = command("report", *arguments, "--dsn", ledger, "--format", "csv").out
        read = list(csv.DictReader(io.StringIO(said)))
        rows = asked(*arguments)["rows"]
        assert [{name: value or None for name, value in row.items()} for row in read][:3] == [
            {name: None if value is None else str(value) for name, value in row.items()}
            for row in rows
        ][:3]


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (("--time-zone", "Berlin"), "no time zone 'Berlin'"),
        (("--compare", "2026-09"), "is no A..B"),
        (("--compare", "2026-13..2026-14"), "is no A..B"),
        (("--compare", "2026-09..2026-10", "--by", "billing_period"), "by billing_period"),
        (("--compare", "2026-10-02/2026-10-01..2026-10"), "is no A..B"),
        (("--compare", "2026-09..2026-10", "--by", "day"), "not compared by day"),
        (("--compare", "2026-09..2026-10", "--since", "2026-09-01"), "exclude each other"),
        (("--matrix", "--by", "team"), "exclude each other"),
        (("--by", "k8s.namespace.name"), "no dimension 'k8s.namespace.name'"),
    ],
)
def test_what_cannot_be_asked_is_refused_in_a_sentence(
    command: Command, ledger: str, arguments: tuple[str, ...], why: str
) -> None:
    answer = command("report", *arguments, "--dsn", ledger)

    assert answer.status == 2
    assert why in " ".join(answer.err.split())


@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        (
            ("team=newcommer",),
            "No call is of the team newcommer; the nearest that calls are of: newcomer.",
        ),
        (("team=zzz",), "No call is of the team zzz."),
        (("day=",), "No call is without a day."),
        (("trace_id=0af7",), "No call is of the trace_id 0af7."),
        (
            ("team=newcomer", "namespace=blues"),
            "No call is of the namespace blues; the nearest that calls are of: blue.",
        ),
        (("team=newcomer", "namespace=blue"), "No call meets every --where at once."),
    ],
)
def test_a_report_that_nothing_matched_names_what_no_call_is_of_to_people_alone(
    command: Command, ledger: str, conditions: tuple[str, ...], why: str
) -> None:
    where = [part for one in conditions for part in ("--where", one)]
    arguments = ("report", *where, "--dsn", ledger)

    said = " ".join(command(*arguments).err.split())
    assert said == why
    assert command(*arguments, "--format", "json").err == ""
    assert command(*arguments, "--format", "csv").err == ""


def test_a_matrix_that_nothing_matched_names_what_no_call_is_of(
    command: Command, ledger: str
) -> None:
    answer = command("report", "--matrix", "--where", "team=newcommer", "--dsn", ledger)

    assert "No call is of the team newcommer" in answer.err
    assert not command("report", "--matrix", "--where", "team=newcomer", "--dsn", ledger).err


def test_dimensions_are_listed_and_added_once(command: Command, ledger: str) -> None:
    added = command("dimensions", "add", "cloud.region", "--dsn", ledger, "--format", "json")
    again = command("dimensions", "add", "cloud.region", "--dsn", ledger, "--format", "json")
    listed = command("dimensions", "list", "--dsn", ledger, "--format", "json").document

    assert added.document == again.document
    assert [one["name"] for one in listed["promoted"]] == ["namespace", "cloud_region"]
    shown = command("dimensions", "list", "--dsn", ledger).out
    assert "promoted_2" in shown
    refused = command("dimensions", "add", "user.id", "--dsn", ledger)
    assert (refused.status, "names a person" in refused.err) == (2, True)
