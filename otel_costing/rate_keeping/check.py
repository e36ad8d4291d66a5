"""`otel-costing rates check`: everything that is wrong with rate tables, all at once."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from pathlib import Path

from otel_costing.problems import Problem
from otel_costing.rate_book.compile import BOOK_FILE, Sources, compile_book, read_sources
from otel_costing.rate_book.files import Table


def check(
    paths: Path | Iterable[Path],
    max_age: timedelta | None = None,
    today: date | None = None,
) -> list[Problem]:
    """Return every problem of the tables, in the order of their places.

    Args:
        paths: a directory of tables, or files and directories.
        max_age: how long ago a provider may have been checked last; needs `today`.
        today: the day of the check, UTC.
    """
    given = [paths] if isinstance(paths, Path) else list(paths)
    sources, problems = read_sources(given)
    if max_age is not None and today is not None:
        problems.extend(_old(sources.tables, max_age, today))
    if not problems:
        problems.extend(_stale(sources, given))
    return sorted(problems, key=_file_then_line)


def _old(tables: Iterable[Table], max_age: timedelta, today: date) -> Iterator[Problem]:
    for table in tables:
        age = today - date.fromisoformat(table.checked) if table.checked else max_age
        if age > max_age:
            what = f"{table.provider} was last checked {age.days} days ago; at most {max_age.days} are allowed"
            yield Problem(f"{table.name}:{table.line}", what)


def _stale(sources: Sources, given: Iterable[Path]) -> Iterator[Problem]:
    for compiled in (path / BOOK_FILE for path in given):
        if compiled.is_file() and json.loads(compiled.read_text(encoding="utf-8")) != compile_book(
            sources
        ):
            yield Problem(
                str(compiled),
                "is older than the tables; run python -m otel_costing.rate_book.compile",
            )


def _file_then_line(problem: Problem) -> tuple[str, int]:
    name, _, line = problem.place.rpartition(":")
    return (name, int(line)) if line.isdigit() else (problem.place, 0)
