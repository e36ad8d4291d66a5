"""The past of the tables: nothing of it changes without a correction that says why."""

from __future__ import annotations

import pytest

from otel_costing.cli.rates_check import tables_at
from otel_costing.rate_book.compile import read_sources
from otel_costing.rate_keeping.history import past_changes
from otel_costing.rates import tables_directory
from tests.rate_books import table
from tests.small_catalogues import day_ns, table_of

TODAY = day_ns("2026-11-22")
BEFORE = """\
  m:
    aliases: [m-large]
    rates:
      - {from: null, prices: {input: "3"}}
      - {from: 2026-06-01, prices: {input: "2"}}
      - {from: 2027-01-01, prices: {input: "1"}}
      - {tier: batch, from: null, until: 2026-10-01, prices: {input: "1"}}
  n:
    rates:
      - {from: null, prices: {input: "5"}}
"""


def changes(after: str, before: str = BEFORE) -> list[str]:
    """What a newer text of the one table changes of the past."""
    old, new = table_of(table(before), "REV:acme.yaml"), table_of(table(after))
    return [str(problem) for problem in past_changes([old], [new], TODAY)]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ('{from: 2027-01-01, prices: {input: "1"}}', '{from: 2027-02-01, prices: {input: "0.9"}}'),
        ('      - {from: 2027-01-01, prices: {input: "1"}}\n', ""),
        (
            "      - {from: 2027-01-01",
            '      - {from: 2026-11-22, prices: {input: "1.5"}}\n      - {from: 2027-01-01',
        ),
        (
            "      - {from: 2027-01-01",
            '      - {from: 2026-07-01, prices: {input: "1.5"}}\n      - {from: 2027-01-01',
        ),
        ("  n:\n", "  n:\n    aliases: [n-new]\n"),
        ("  n:\n", '  between:\n    rates: [{from: null, prices: {input: "1"}}]\n  n:\n'),
        ("from: 2026-06-01, prices", "from: 2026-06-01, until: 2027-01-01, prices"),
    ],
    ids=[
        "nothing",
        "a rate that has not begun is changed",
        "a rate that has not begun is removed",
        "an open rate is closed by a newer one",
        "an open rate is closed by one that began before it was noticed",
        "a name is added",
        "a model is added",
        "an until in the future is added",
    ],
)
def test_the_future_and_what_is_added_are_free(old: str, new: str) -> None:
    assert changes(BEFORE.replace(old, new)) == []


FIX = "; restore it, or say why in a correction"


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            'prices: {input: "2"}',
            'prices: {input: "2.1"}',
            f"acme.yaml:6: model 'm', tier standard: the prices of the rate from 2026-06-01T00:00:00Z were edited{FIX}",
        ),
        (
            '{from: 2026-06-01, prices: {input: "2"}}',
            '{from: 2026-06-01, prices: {input: "2"}, context: [{over: 9, prices: {input: "4"}}]}',
            "the prices of the rate from 2026-06-01T00:00:00Z were edited",
        ),
        (
            "from: 2026-06-01, prices",
            "from: 2026-06-01, clock: start, prices",
            "the clock of the rate",
        ),
        (
            '      - {from: 2026-06-01, prices: {input: "2"}}\n',
            "",
            "the rate from 2026-06-01T00:00:00Z is gone",
        ),
        ("from: 2026-06-01", "from: 2026-05-01", "the rate from 2026-06-01T00:00:00Z is gone"),
        (
            "from: 2026-06-01, prices",
            "from: 2026-06-01, until: 2026-09-01, prices",
            "the until of the rate from 2026-06-01T00:00:00Z was moved within the past",
        ),
        (
            "until: 2026-10-01, ",
            "",
            "tier batch: the until of the rate from open was moved within the past",
        ),
        (
            "      - {from: 2026-06-01",
            '      - {from: 2026-02-01, prices: {input: "2.5"}}\n      - {from: 2026-06-01',
            "a rate from 2026-02-01T00:00:00Z was put before a later one",
        ),
        ("tier: batch, ", "tier: flex, ", "tier batch: the rate from open is gone"),
        (
            "{tier: batch, from",
            "{tier: batch, region: eu, from",
            "tier batch: the rate from open is gone",
        ),
        (
            '  n:\n    rates:\n      - {from: null, prices: {input: "5"}}\n',
            "",
            "acme.yaml:1: model 'n' is gone; retired models stay for ever, restore it",
        ),
        ("    aliases: [m-large]\n", "", "model 'm' lost its name 'm-large'"),
    ],
)
def test_the_past_is_guarded(old: str, new: str, problem: str) -> None:
    found = changes(BEFORE.replace(old, new))
    assert any(problem in each for each in found), found


def test_a_name_that_moved_to_another_model_is_named() -> None:
    moved = BEFORE.replace("    aliases: [m-large]\n", "").replace(
        "  n:\n", "  n:\n    aliases: [m-large]\n"
    )
    assert changes(moved) == [f"acme.yaml:6: 'm-large' means 'n' now, not 'm'{FIX}"]


def test_a_table_that_is_gone_is_named() -> None:
    (problem,) = past_changes([table_of(table(BEFORE), "REV:acme.yaml")], [], TODAY)
    assert "the table of acme is gone" in problem.what


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (
            '      - {from: 2026-06-01, prices: {input: "2"}}',
            '      - from: 2026-05-20\n        correction: the notice was late\n        prices: {input: "2"}',
        ),
        ("    aliases: [m-large]\n", "    correction: m-large was never sold\n"),
    ],
    ids=["on the rate", "on the model"],
)
def test_a_correction_that_says_why_is_allowed(old: str, new: str) -> None:
    assert changes(BEFORE.replace(old, new)) == []


def test_an_old_correction_excuses_nothing_new() -> None:
    corrected = BEFORE.replace("  m:\n", "  m:\n    correction: said before\n")
    assert changes(corrected.replace('input: "2"', 'input: "9"'), before=corrected)
    on_rate = BEFORE.replace(', prices: {input: "2"}', ', correction: said, prices: {input: "2"}')
    assert changes(on_rate.replace('input: "2"', 'input: "9"'), before=on_rate)


@pytest.mark.skipif(not (tables_directory().parent / ".git").exists(), reason="no git checkout")
def test_the_tables_of_this_repository_leave_their_own_past_alone() -> None:
    before = list(tables_at(tables_directory(), "HEAD"))
    sources, problems = read_sources(tables_directory())
    assert problems == []
    assert before
    assert past_changes(before, sources.tables, TODAY) == []
