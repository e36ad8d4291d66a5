"""A collector that is told to read its rates again uses the new ones, or keeps the old ones and says so."""

from __future__ import annotations

import logging
from functools import partial
from pathlib import Path

import pytest

from otel_costing_collector.settings import load
from tests.collector.conftest import Start

HALF = """\
name: half
contracts:
  - {provider: openai, models: gpt-4o, from: 2020-01-01, discount_percent: "50", source: MSA, checked: 2026-01-01}
"""


def test_a_good_book_is_used_from_then_on(start: Start, tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text(HALF)
    collector = start(f"rates.overrides={overrides}")
    before = collector.service.books.current
    overrides.write_text(HALF.replace('"50"', '"40"'))

    collector.call(collector.service.reload, _again(overrides))

    books = collector.service.books
    assert books.current.digest != before.digest
    assert set(books.by_digest) == {before.digest, books.current.digest}
    assert collector.counted("reloads_total", outcome="done") == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (HALF.replace("gpt-4o", "gpt-4oo"), "gpt-4oo"),
        (HALF.replace("openai", "opnai"), "opnai"),
        ("name: [", "is not YAML"),
    ],
)
def test_a_bad_book_changes_nothing_and_every_problem_is_told(
    start: Start, tmp_path: Path, caplog: pytest.LogCaptureFixture, text: str, says: str
) -> None:
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text(HALF)
    collector = start(f"rates.overrides={overrides}")
    before = collector.service.books.current
    overrides.write_text(text)

    with caplog.at_level(logging.ERROR):
        collector.call(collector.service.reload, _again(overrides))

    assert collector.service.books.current is before
    assert collector.counted("reloads_total", outcome="refused") == 1
    told = [str(vars(record).get("problem", "")) for record in caplog.records]
    assert any(says in problem for problem in told), told


def test_a_collector_does_not_start_with_a_bad_book(tmp_path: Path) -> None:
    overrides = tmp_path / "overrides.yaml"
    overrides.write_text(HALF.replace("openai", "opnai"))

    problems = load(None, environment={"OTEL_COSTING_OVERRIDES": str(overrides)})

    assert isinstance(problems, list)
    assert any("opnai" in str(problem) for problem in problems)


def _again(overrides: Path) -> object:
    return partial(load, None, environment={}, options=(f"rates.overrides={overrides}",))
