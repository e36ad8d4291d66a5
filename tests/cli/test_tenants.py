"""The commands by which people see who vouches for what, and set right what nobody said."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.store import Store
from otel_costing.finding import once_a_day
from otel_costing.mandatory_tags import Rule, marked
from otel_costing.rates import default_rates
from otel_costing.skeleton import skeleton_of
from tests.calls import NOON, TRACE, batch, hex_id, record, sighting, skeleton
from tests.cli.conftest import Command

POLICY = {"*": Rule(("team", "feature"), quarantines=True, owner="finance")}
CALLED = Attribution(team="search", feature="find", origin_team="support", origin_source="baggage")


def told(span: int, said: Attribution, trace: str) -> Examined:
    """Return a call as a collector with mandatory tags takes it."""
    of_span = record(span, 9, trace=trace)
    return Examined(skeleton_of(of_span, said), marked(sighting(of_span, attribution=said), POLICY))


def filled(dsn: str, *, token: str) -> str:
    """Return a ledger of three calls; two say who called, and the root of one came under a token."""
    claim = {"sender": "edge", "service": "assistant", "team": "search", "claimed_team": "x"}
    root = skeleton(9, attribution=Attribution(team="support"))
    examined = [
        told(1, CALLED, TRACE),
        told(2, CALLED, hex_id(2, 32)),
        told(3, Attribution(team="drafts"), hex_id(3, 32)),
        Examined(root._replace(authenticated_team=token), None),
    ]
    with Store.open(dsn) as store:
        for sealed in seal(examined, default_rates(), NOON, largest=10):
            store.book(sealed)
        found = once_a_day("team_claim", claim, TRACE, hex_id(1), NOON)
        store.book(batch(findings=(found,), name="claims"))
    return dsn


@pytest.fixture(scope="module")
def ledger(directory: Path) -> str:
    """The address of one that nothing here changes."""
    return filled(f"chdb://{directory}?database=tenants", token="support")  # noqa: S106 - a team


def test_what_callers_only_claim_is_shown_apart(command: Command, ledger: str) -> None:
    asked = ("report", "--pays", "caller", "--dsn", ledger)
    document = command(*asked, "--format", "json").document
    support = next(row for row in document["rows"] if row["team"] == "support")

    assert (support["usd"], support["unverified_usd"]) == ("0.009000000000", "0.004500000000")
    assert (support["unverified_calls"], document["unverified_usd"]) == (1, "0.004500000000")
    header = command(*asked, "--format", "csv").out.splitlines()[0]
    assert header == "team,usd,calls,unpriced_calls,unverified_usd,unverified_calls"
    table = command(*asked).out
    assert "unverified: part of USD, a mere claim" in table


def test_the_total_is_the_same_from_both_sides(command: Command, ledger: str) -> None:
    totals = {
        command("report", "--pays", pays, "--dsn", ledger, "--format", "json").document["total_usd"]
        for pays in ("caller", "owner")
    }

    assert totals == {"0.013500000000"}


def test_a_report_can_be_cut_by_whether_the_caller_is_verified(
    command: Command, ledger: str
) -> None:
    cut = ("--by", "team,origin_verified", "--where", "origin_verified=true")
    document = command(
        "report", "--pays", "caller", *cut, "--dsn", ledger, "--format", "json"
    ).document

    (row,) = document["rows"]
    assert (row["team"], row["origin_verified"], row["calls"]) == ("support", "true", 1)


def test_where_no_token_binds_a_team_nothing_is_said_of_claims(command: Command, dsn: str) -> None:
    asked = ("report", "--pays", "caller", "--dsn", filled(dsn, token=""))

    assert "unverified" not in command(*asked).out
    assert "unverified" not in command(*asked, "--format", "json").out
    assert "unverified" not in command(*asked, "--format", "csv").out


def test_coverage_lists_what_is_in_quarantine_with_its_owner(command: Command, ledger: str) -> None:
    asked = ("coverage", "--section", "quarantined", "--dsn", ledger)
    (row,) = command(*asked, "--format", "json").document["quarantined"]

    assert row == {
        "owner": "finance",
        "service": "assistant",
        "environment": None,
        "team": "drafts",
        "missing": "feature",
        "calls": 1,
        "usd": "0.004500000000",
    }
    assert "finance" in command(*asked).out


def test_coverage_lists_data_that_is_not_of_the_team_it_says(command: Command, ledger: str) -> None:
    asked = ("coverage", "--section", "sender_claims", "--dsn", ledger)
    (row,) = command(*asked, "--format", "json").document["sender_claims"]

    assert (row["kind"], row["sender"], row["claimed_team"]) == ("team_claim", "edge", "x")
    assert row["first_on"] == "2026-11-22"
    assert "edge" in command(*asked).out


def test_what_is_set_right_leaves_the_quarantine_once(command: Command, dsn: str) -> None:
    asked = ("attribute", "--where", "service=assistant", "--set", "feature=find")
    filled(dsn, token="")

    first = command(*asked, "--quarantined", "--dsn", dsn)
    again = command(*asked, "--dsn", dsn, "--format", "json").document
    listed = command("coverage", "--section", "quarantined", "--dsn", dsn, "--format", "json")
    paid = command("report", "--dsn", dsn, "--format", "csv").out

    assert first.out.strip() == "1 calls looked at, 1 set right by 2 entries."
    assert again == {"calls": 3, "changed": 0, "entries": 0}
    assert listed.document["quarantined"] == []
    assert "drafts,0.004500000000,1,0" in paid


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--set", "team=a"), "No call is chosen; name some, or give a condition."),
        (("--set", "team", "--quarantined"), "'team' is no NAME=VALUE"),
        (
            ("--set", "team=a", "--set", "team=b", "--quarantined"),
            "--set names one field twice",
        ),
        (("--set", "usd=1", "--quarantined"), "what can be set is team"),
        (("--set", "team=a", "--where", "day=2026-11-22"), "cannot be chosen by 'day'"),
    ],
)
def test_what_cannot_be_set_right_is_said_in_a_sentence(
    command: Command, ledger: str, arguments: tuple[str, ...], said: str
) -> None:
    answer = command("attribute", *arguments, "--dsn", ledger)

    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
