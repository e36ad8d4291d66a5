"""Wrong rate tables: every problem at once, each with its file, its line and the fix."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from otel_costing.rate_book.compile import write_book
from otel_costing.rate_keeping.check import check
from otel_costing.rates import RateBook
from tests.rate_books import NAMES, book_files, one_model, table

WRONG = """\
provider: acme
source: https://acme.example/pricing
checked: soon
models:
  unquoted:
    rates:
      - {from: null, prices: {input: 2.50}}
  misspelt:
    rates:
      - {from: null, prizes: {input: "1"}}
      - {from: null, prices: {inptu: "1"}, tier: cheap}
  negative:
    rates:
      - {from: someday, prices: {input: "-1"}}
  negative:
    rates: []
"""


def problems_of(directory: Path, *tables: str, names: str = NAMES) -> list[str]:
    """The problems as text, the directory left out."""
    found = check(book_files(directory, *tables, names=names))
    return [str(problem).replace(f"{directory}/", "") for problem in found]


def test_a_wrong_file_shows_all_its_problems_at_once(tmp_path: Path) -> None:
    assert problems_of(tmp_path, WRONG) == [
        "table0.yaml:3: checked is a date such as 2026-10-14, not 'soon'",
        "table0.yaml:7: model 'unquoted': input: quote the price: \"2.50\"; an unquoted number loses digits",
        "table0.yaml:10: a rate of model 'misspelt' has no key 'prizes'; the keys are from, until, tier, region, clock, effective, correction, note, prices, context, hours",
        "table0.yaml:10: a rate of model 'misspelt' lacks prices",
        "table0.yaml:11: model 'misspelt': there is no meter 'inptu'; see meters.yaml",
        "table0.yaml:11: model 'misspelt': tier is one of standard, batch, flex, priority, provisioned, not 'cheap'",
        "table0.yaml:14: model 'negative': input: '-1' is not a price; prices are finite and not negative",
        "table0.yaml:14: model 'negative': from is a date or an instant such as 2026-10-14T12:00:00Z, not 'someday'",
        "table0.yaml:15: 'negative' stands twice; keep one",
    ]


def test_a_book_with_a_problem_is_not_loaded(tmp_path: Path) -> None:
    book, problems = RateBook.load(book_files(tmp_path, WRONG))
    assert book is None
    assert problems


ONE = '{from: null, prices: {input: "1"}}'


@pytest.mark.parametrize(
    ("rates", "problem"),
    [
        (
            f"      - {ONE}\n      - {ONE}\n",
            "table0.yaml:8: 'm', tier standard: two rates start at the same instant; line 7 has the other",
        ),
        (
            '      - {from: 2025-01-01, until: 2026-01-01, prices: {input: "1"}}\n      - {from: 2025-06-01, prices: {input: "1"}}\n',
            "table0.yaml:8: 'm', tier standard: overlaps the rate of line 7, whose until is later",
        ),
        (
            '      - {from: 2025-01-01, until: 2025-01-01, prices: {input: "1"}}\n',
            "until is not after from",
        ),
        (
            '      - {region: [eu, us], from: null, prices: {input: "1"}}\n      - {region: us, from: null, prices: {input: "1"}}\n',
            "region us: two rates start at the same instant",
        ),
        ('      - {from: "2025-01-01T00:00:00", prices: {input: "1"}}\n', "lacks its offset"),
        (
            '      - {from: null, prices: {input: "1"}, context: [{over: 5, from: 6, prices: {input: "2"}}]}\n',
            "either over",
        ),
        (
            '      - {from: null, prices: {input: "1"}, context: [{over: 5, prices: {input: "2"}}, {from: 6, prices: {input: "3"}}]}\n',
            "context bands rise; this one overlaps",
        ),
        (
            '      - {from: null, prices: {input: "1"}, context: [{over: many, prices: {input: "2"}}]}\n',
            "whole number above 0",
        ),
        (
            '      - {from: null, prices: {input: "1"}, hours: [{between: 9-5, prices: {input: "2"}}]}\n',
            '"16:30-00:30"',
        ),
        (
            '      - {from: null, prices: {input: "1"}, hours: [{between: "09:00-12:00", prices: {input: "2"}}, {between: "23:00-10:00", prices: {input: "3"}}]}\n',
            "overlaps another one",
        ),
        (
            '      - {from: null, prices: {input: "1"}, hours: [{between: "01:00-02:00", days: [moonday], prices: {input: "2"}}]}\n',
            "days are of mon",
        ),
        (
            '      - {from: 2025-01-01, effective: soon, prices: {input: "1"}}\n',
            "effective is one of unknown, not 'soon'",
        ),
        ("      - {from: null, prices: {}}\n", "prices is a mapping of meter to price"),
        (
            '      - {from: null, prices: {input: {usd: "1", per: 0}}}\n',
            "per is a whole number above 0",
        ),
        ('      - {from: null, prices: {input: {usd: "1", pre: 5}}}\n', "has no key 'pre'"),
        ('      - {from: null, prices: {input: ["1"]}}\n', "a quoted decimal, USD per 1000000"),
        (
            '      - {from: 2025-01-01, until: 9999-12-31, prices: {input: "1"}}\n',
            "until lies within 1970-01-01 to 2199-12-31, not at 9999-12-31; leave until out if it is open",
        ),
        (
            '      - {from: "1970-01-01T00:00:00+01:00", prices: {input: "1"}}\n',
            "from lies within 1970-01-01 to 2199-12-31",
        ),
        ("      - hello\n", "is a mapping with from"),
        ("      []\n", "a list of at least one rate"),
    ],
)
def test_each_mistake_is_named_with_its_fix(tmp_path: Path, rates: str, problem: str) -> None:
    problems = problems_of(tmp_path, one_model(rates))
    assert any(problem in each for each in problems), problems


def test_one_name_with_two_meanings_is_a_problem(tmp_path: Path) -> None:
    models = f"  one:\n    aliases: [same]\n    rates: [{ONE}]\n  two:\n    aliases: [same]\n    rates: [{ONE}]\n"
    assert problems_of(tmp_path, table(models)) == [
        "table0.yaml:9: 'same' names both 'one' and 'two'; a name has one meaning"
    ]


def test_one_provider_has_one_file(tmp_path: Path) -> None:
    text = one_model(f"      - {ONE}\n")
    assert "acme already has a table" in problems_of(tmp_path, text, text)[0]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: &x [1]\nb: *x\n", "table0.yaml:1: uses an anchor or alias"),
        ("a: !!python/object:os.system x\n", "uses the tag"),
        ("[" * 50 + "]" * 50, "nested deeper"),
        ("a: [1\n", "is not YAML"),
        ("", "is empty"),
        ("a: 1\n---\nb: 1\n", "second document"),
        ("? [1]\n: 2\n", "list or mapping as a key"),
        ("just a text\n", "a rate table is a mapping"),
        ("#" * (4 * 2**20 + 1), "over 4 MiB"),
    ],
)
def test_a_hostile_or_broken_file_is_refused_with_a_sentence(
    tmp_path: Path, text: str, problem: str
) -> None:
    problems = problems_of(tmp_path, text)
    assert len(problems) == 1
    assert problem in problems[0]


def test_another_encoding_and_a_missing_file_are_refused_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("provider: caf\xe9".encode("latin-1"))
    problems = check([tmp_path, tmp_path / "absent.yaml"])
    assert [problem.what for problem in problems] == [
        "cannot be read: No such file or directory",
        "is not UTF-8 (byte 13); save it as UTF-8",
    ]


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("(?P<model>.+)(?=x)", "uses what RE2 cannot do"),
        ("(?P<model>.+)(?<!x)", "uses what RE2 cannot do"),
        (r"(?P<model>a)\1", "uses what RE2 cannot do"),
        ("(?P<model>.++)", "uses what RE2 cannot do"),
        ("(?P<model>.+", "is not a regular expression"),
        ("(.+)", "lacks the group (?P<model>...)"),
    ],
)
def test_patterns_keep_to_what_re2_can_do(tmp_path: Path, pattern: str, problem: str) -> None:
    names = f"providers: {{}}\ntiers: {{}}\npatterns:\n  - {{pattern: '{pattern}', why: a test}}\n"
    problems = problems_of(tmp_path, names=names)
    assert len(problems) == 1
    assert problem in problems[0]


def test_a_provider_alias_with_two_meanings_is_a_problem(tmp_path: Path) -> None:
    names = "providers:\n  one: [same]\n  two: [same]\ntiers: {}\npatterns: []\n"
    assert problems_of(tmp_path, names=names) == [
        "names.yaml:3: 'same' names both one and two; keep one"
    ]


def test_a_table_that_was_not_checked_for_long_is_a_problem_on_request(tmp_path: Path) -> None:
    files = book_files(tmp_path, one_model(f"      - {ONE}\n"))
    assert check(files, timedelta(days=31), date(2026, 11, 1)) == []
    (problem,) = check(files, timedelta(days=30), date(2026, 11, 1))
    assert problem.what == "acme was last checked 31 days ago; at most 30 are allowed"


def test_a_compiled_book_older_than_its_tables_is_a_problem(tmp_path: Path) -> None:
    files = book_files(tmp_path, one_model(f"      - {ONE}\n"))
    assert write_book(files) == []
    assert check(files) == []
    book_files(tmp_path, one_model(f"      - {ONE}\n").replace('"1"', '"2"'))
    (problem,) = check(files)
    assert "is older than the tables" in problem.what


def test_a_wrong_table_is_not_compiled(tmp_path: Path) -> None:
    assert write_book(book_files(tmp_path, WRONG))
    assert not (tmp_path / "book.json").exists()
