"""The file of mandatory tags: what is demanded where, and every mistake in it at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from otel_costing.attribution import Attribution
from otel_costing.mandatory_tags import Rule
from otel_costing.problems import Problem
from otel_costing_collector.tag_policy import refused_for, tag_policy_in

POLICY = """\
production:
  required: [team, feature]
  action: quarantine
  owner: finance
  rest: refuse
"*":
  required: team
  action: mark
  owner: platform
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tags.yaml"
    path.write_text(POLICY)
    return path


def test_each_environment_has_its_rule(file: Path) -> None:
    problems: list[Problem] = []

    assert tag_policy_in(str(file), problems) == {
        "production": Rule(("team", "feature"), True, "finance", True),
        "*": Rule(("team",), False, "platform", False),
    }
    assert problems == []


def test_an_environment_may_be_exempt(file: Path) -> None:
    file.write_text("development:\n  required: []\n")
    problems: list[Problem] = []

    assert tag_policy_in(str(file), problems)["development"].required == ()
    assert problems == []


def test_without_a_file_nothing_is_demanded() -> None:
    assert tag_policy_in("", []) == {}


def test_a_usage_event_is_refused_where_the_rule_says_so_and_nowhere_else(file: Path) -> None:
    refused = refused_for(tag_policy_in(str(file), []))

    assert list(refused(Attribution(environment="production", team="search"))) == ["feature"]
    assert list(refused(Attribution(environment="production", team="a", feature="b"))) == []
    assert list(refused(Attribution(environment="staging"))) == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "1: is a mapping of environments, or `*` for all others, to their rules"),
        ("a: b", "1: a rule is a mapping with required, action, owner, rest"),
        ("a:\n  required: team", "2: a rule that demands something lacks action, owner"),
        ("a: {required: colour, action: mark, owner: x}", "1: required has no 'colour'; it is any"),
        (
            "a: {required: team, action: drop, owner: x}",
            "1: action is one of mark, quarantine, not",
        ),
        ("a: {required: team, action: mark, owner: ''}", "1: owner is a text"),
        ("a: {required: team, action: mark, owner: x, rest: no}", "1: rest is one of book, refuse"),
    ],
)
def test_a_mistake_is_told_by_line(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    problems: list[Problem] = []
    tag_policy_in(str(file), problems)

    assert [str(one).removeprefix(f"{file}:")[: len(said)] for one in problems] == [said]
