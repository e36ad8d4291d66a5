"""Files of spans into the ledger.

Run again after it was cut short it reads everything anew: what was booked before is among the duplicates then.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from otel_costing.clickhouse.store import Store
from otel_costing.ingest import IngestReport, ingesting
from otel_costing.jobs.arguments import flag, one_of, only
from otel_costing.jobs.work import Content, JobRefused, Result, Steps
from otel_costing.kept_spans import KeptSpans
from otel_costing.rates import RateBook, packaged_rates
from otel_costing.sources import RefusedFile, Source

FILES = "files"
"""The role of what holds spans."""
OVERRIDES = "overrides"
"""The role of a team's own prices, in the order in which they win."""
COUNTS = (
    "files",
    "requests",
    "spans",
    "billable_calls",
    "priced",
    "partial",
    "unpriced",
    "duplicates",
)


class Arguments(NamedTuple):
    """How to ingest."""

    backfill: bool
    spans: KeptSpans
    refused: tuple[RefusedFile, ...]
    """What was named and is not there to be read."""


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"backfill": false, "spans": "all", "refused": [{"file", "reason"}]}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, ("backfill", "spans", "refused"))
    return Arguments(
        flag(arguments, "backfill"),
        KeptSpans(one_of({"spans": "all", **arguments}, "spans", tuple(KeptSpans))),
        _refused(arguments.get("refused") or []),
    )


def _refused(named: object) -> tuple[RefusedFile, ...]:
    if not isinstance(named, list) or not all(map(_is_refused, named)):
        raise JobRefused("refused is a list of files, each with its reason")
    return tuple(RefusedFile(**one) for one in named)


def _is_refused(one: object) -> bool:
    if not isinstance(one, dict) or one.keys() != {"file", "reason"}:
        return False
    return all(isinstance(text, str) for text in one.values())


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Book what the files hold; yields after each request."""
    report = yield from ingesting(
        content.get(FILES, ()),
        store,
        received_ns=began_ns,
        rates=book_under(content.get(OVERRIDES, ())),
        backfill=arguments.backfill,
        spans=arguments.spans,
        refused=arguments.refused,
    )
    yield Result(document_of(report))


def document_of(report: IngestReport) -> dict[str, Any]:
    """Return the counts as JSON, with what was refused and why."""
    counts = {name: getattr(report, name) for name in COUNTS}
    return {
        **counts,
        "refused": [{"file": each.file, "reason": each.reason} for each in report.refused],
    }


def book_under(overrides: Sequence[Source], base: RateBook | None = None) -> RateBook:
    """Return a book, the packaged one if none is given, as the files change it; these are read by path."""
    with TemporaryDirectory(prefix="otel-costing-") as directory:
        copies = [_copied(one, Path(directory) / str(at)) for at, one in enumerate(overrides)]
        book, problems = (base or packaged_rates()).with_overrides(copies)
    if book is None:
        raise JobRefused(f"the overrides cannot be used: {problems[0].what}")
    return book


def _copied(source: Source, directory: Path) -> Path:
    directory.mkdir()
    copy = directory / (Path(source.name).name or "overrides.yaml")
    with source.open() as given, copy.open("wb") as written:
        shutil.copyfileobj(given, written)
    return copy
