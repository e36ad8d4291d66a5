"""The past of the tables: nothing of it changes without a correction that says why."""

from __future__ import annotations

import pytest

from otel_costing.cli.rates_check import sources_at
from otel_costing.problems import Problem
from otel_costing.rate_book.compile import Sources, read_sources
from otel_costing.rate_book.located_yaml import parse_yaml
from otel_costing.rate_book.names import read_names
from otel_costing.rate_keeping.history import name_changes, past_changes
from otel_costing.rates import tables_directory
from tests.rate_books import NAMES, table
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
        (
            "  n:\n    rates:\n",
            (
                '  n:\n    rates:\n      - {region: eu, from: null, prices: {input: "5"}}\n'
                '      - {region: eu, from: 2026-11-23, prices: {input: "6"}}\n'
            ),
        ),
        (
            "  n:\n    rates:\n",
            '  n:\n    rates:\n      - {tier: flex, from: 2026-01-01, prices: {input: "3"}}\n',
        ),
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
        "a region is priced as before until today",
        "a tier that had no price is added",
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
            "  n:\n    rates:\n",
            '  n:\n    rates:\n      - {region: eu, from: 2026-01-01, prices: {input: "6"}}\n',
            "model 'n', tier standard, region eu, which had the rates for everywhere: the rate from open is gone",
        ),
        (
            "  n:\n    rates:\n",
            '  n:\n    rates:\n      - {region: eu, from: 2027-01-01, prices: {input: "6"}}\n',
            "model 'n', tier standard, region eu, which had the rates for everywhere: the rate from open is gone",
        ),
        (
            "  n:\n    rates:\n",
            '  n:\n    rates:\n      - {region: eu, from: null, prices: {input: "6"}}\n',
            "region eu, which had the rates for everywhere: the prices of the rate from open were edited",
        ),
        (
            '  n:\n    rates:\n      - {from: null, prices: {input: "5"}}\n',
            "",
            "acme.yaml:1: model 'n' is gone; retired models stay for ever, restore it",
        ),
    ],
)
def test_the_past_is_guarded(old: str, new: str, problem: str) -> None:
    found = changes(BEFORE.replace(old, new))
    assert any(problem in each for each in found), found


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
        (
            '{from: null, prices: {input: "5"}}\n',
            '{from: null, prices: {input: "6"}}\n    correction: it was never sold at 5\n',
        ),
        (
            "  n:\n    rates:\n",
            '  n:\n    rates:\n      - {region: eu, from: null, correction: dearer there, prices: {input: "6"}}\n',
        ),
    ],
    ids=["on the rate", "on the model", "on the rate of a region"],
)
def test_a_correction_that_says_why_is_allowed(old: str, new: str) -> None:
    assert changes(BEFORE.replace(old, new)) == []


def test_an_old_correction_excuses_nothing_new() -> None:
    corrected = BEFORE.replace("  m:\n", "  m:\n    correction: said before\n")
    assert changes(corrected.replace('input: "2"', 'input: "9"'), before=corrected)
    on_rate = BEFORE.replace(', prices: {input: "2"}', ', correction: said, prices: {input: "2"}')
    assert changes(on_rate.replace('input: "2"', 'input: "9"'), before=on_rate)


def sources(models: str, names: str = NAMES) -> Sources:
    """One table and the names, as read from a directory."""
    problems: list[Problem] = []
    value = parse_yaml(names, "names.yaml", problems)
    rules = value and read_names(value, "names.yaml", problems)
    assert problems == []
    assert rules
    return Sources((table_of(table(models)),), rules)


def renamed(
    models: str = BEFORE, names: str = NAMES, *, before: tuple[str, str] = (BEFORE, NAMES)
) -> list[str]:
    """What newer texts change of what names meant."""
    return [str(problem) for problem in name_changes(sources(*before), sources(models, names))]


ALIAS = "    aliases: [m-large]\n"
MOVED = BEFORE.replace(ALIAS, "").replace("  n:\n", f"  n:\n{ALIAS}")
NEW_MODEL = '  m-20260101:\n    rates: [{from: null, prices: {input: "1"}}]\n'


def test_a_name_that_is_lost_or_moved_to_another_model_is_named() -> None:
    assert renamed(BEFORE.replace(ALIAS, "")) == [
        f"acme.yaml:6: model 'm' lost its name 'm-large'{FIX}"
    ]
    assert renamed(MOVED) == [f"acme.yaml:6: 'm-large' means 'n' now, not 'm'{FIX}"]


def test_a_new_model_that_takes_a_name_a_pattern_gave_another_is_named() -> None:
    dated = "  m:\n    aliases: [m-large, m-20260101]\n"
    assert renamed(BEFORE + NEW_MODEL) == [
        f"acme.yaml:6: 'm-20260101' means 'm-20260101' now, not 'm'{FIX}"
    ]
    assert renamed(BEFORE.replace(f"  m:\n{ALIAS}", dated)) == []
    assert renamed(before=(BEFORE.replace(f"  m:\n{ALIAS}", dated), NAMES)) == []


def test_names_that_meant_nothing_are_free() -> None:
    assert renamed(BEFORE.replace("  n:\n", "  n:\n    aliases: [n-new]\n")) == []
    assert renamed(names=NAMES.replace("[acme_inc]", "[acme_inc, acme_llc]")) == []
    assert renamed(names=NAMES + "  - {pattern: 'x/(?P<model>.+)', why: route}\n") == []


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (
            "acme: [acme_inc]",
            "acme: []",
            "provider 'acme_inc' no longer means 'acme'; restore it, or list acme_inc",
        ),
        (
            "  acme: [acme_inc]\n  aws.bedrock: [bedrock]",
            "  acme: []\n  aws.bedrock: [bedrock, acme_inc]",
            "provider 'acme_inc' means 'aws.bedrock' now, not 'acme'",
        ),
        ("standard: [default]", "batch: [default]", "tier 'default' means 'batch' now"),
        ("standard: [default]", "standard: []", "tier 'default' no longer means 'standard'"),
    ],
)
def test_a_provider_or_tier_that_is_renamed_is_named(old: str, new: str, problem: str) -> None:
    found = renamed(names=NAMES.replace(old, new))
    assert any(each.startswith(f"names.yaml: {problem}") for each in found), found


def bedrock(names: str, before: str = NAMES) -> list[str]:
    """What a newer table of names changes of the pinned names of a cloud with one model."""
    model = '  claude-3-haiku:\n    rates: [{from: null, prices: {input: "5"}}]\n'
    cloud = (table_of(table(model, "aws.bedrock")),)
    old, new = (sources(BEFORE, each)._replace(tables=cloud) for each in (before, names))
    return [str(problem) for problem in name_changes(old, new)]


VENDOR = "  - {pattern: 'us-gov\\.anthropic\\.(?P<model>.+)-2024.+', why: vendor}\n"
LOSS = (
    "names.yaml: model 'claude-3-haiku' lost its name 'us-gov.anthropic.claude-3-haiku-20240307-v1:0'; "
    "restore it, or list aws.bedrock/us-gov.anthropic.claude-3-haiku-20240307-v1:0 among the corrections and say why"
)
EXCUSE = """\
corrections:
  - names: [bedrock/us-gov.anthropic.claude-3-haiku-20240307-v1:0]
    correction: it was never sold there
"""


def test_a_pattern_that_loses_a_name_in_the_wild_is_named() -> None:
    assert bedrock(NAMES, before=NAMES + VENDOR) == [LOSS]
    assert bedrock(NAMES + VENDOR) == []


def test_a_pattern_that_gives_a_name_another_scope_is_named() -> None:
    scoped = VENDOR.replace("'us-gov", "'(?P<region>us-gov)")
    (problem,) = bedrock(NAMES + scoped, before=NAMES + VENDOR)
    assert "carries the region 'us-gov' now, not ''" in problem


@pytest.mark.parametrize("name", ["acme_inc", "default"])
def test_the_corrections_of_the_names_say_why(name: str) -> None:
    corrected = f"corrections:\n  - {{names: [{name}], correction: a slip}}\n"
    less = NAMES.replace(f"[{name}]", "[]")
    assert renamed(names=less)
    assert renamed(names=less + corrected) == []
    assert renamed(names=less + corrected, before=(BEFORE, NAMES + corrected))


def test_a_correction_of_a_name_may_call_its_provider_as_it_likes() -> None:
    assert bedrock(NAMES + EXCUSE, before=NAMES + VENDOR) == []
    assert bedrock(NAMES + EXCUSE, before=NAMES + VENDOR + EXCUSE) == [LOSS]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (BEFORE, BEFORE.replace(ALIAS, "    correction: m-large was never sold\n")),
        (BEFORE, MOVED.replace("  n:\n", "  n:\n    correction: m-large was n all along\n")),
    ],
    ids=["on the model that lost it", "on the model that has it now"],
)
def test_a_correction_on_a_model_says_why_of_its_names(old: str, new: str) -> None:
    assert renamed(new, before=(old, NAMES)) == []


def test_a_model_that_is_gone_is_told_once() -> None:
    without = BEFORE[: BEFORE.index("  n:\n")]
    assert renamed(without) == []
    assert len(changes(without)) == 1


@pytest.mark.skipif(not (tables_directory().parent / ".git").exists(), reason="no git checkout")
def test_the_tables_of_this_repository_leave_their_own_past_alone() -> None:
    before = sources_at([tables_directory()], "HEAD")
    after, problems = read_sources(tables_directory())
    assert problems == []
    assert before.tables
    assert past_changes(before.tables, after.tables, TODAY) == []
    assert name_changes(before, after) == []
