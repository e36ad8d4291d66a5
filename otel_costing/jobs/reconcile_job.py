"""What providers billed beside what was booked, and on request the remainder into the ledger.

Run again after it was cut short it completes what was decided, and decides the rest.
"""

from __future__ import annotations

import shutil
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from otel_costing.clickhouse import reconciled
from otel_costing.clickhouse.reconciling import (
    Posted,
    Span,
    billed_before,
    billed_in_another_format,
    compared,
    posting,
    stated,
    undo,
)
from otel_costing.clickhouse.store import Store
from otel_costing.finops.invoices.amounts import DateOrder
from otel_costing.finops.invoices.formats import title_of
from otel_costing.finops.invoices.line import InvoiceLine
from otel_costing.finops.invoices.reading import Invoices, read_invoices
from otel_costing.finops.reconciliation.drift import Tolerance, tolerance_of
from otel_costing.instants import ns_of
from otel_costing.jobs.arguments import flag, instant, one_of, only
from otel_costing.jobs.ingest_job import OVERRIDES, book_under
from otel_costing.jobs.reconcile_document import document_of, posted_document
from otel_costing.jobs.work import Content, JobRefused, Result, Steps
from otel_costing.progress import Progress
from otel_costing.rates import RateBook
from otel_costing.sources import Source

FILES = "files"
"""The role of what holds invoices."""
_LONGEST_TEXT = 1_000
_NAMES = (
    "provider",
    "account",
    "since",
    "until",
    "tolerance",
    "post",
    "note",
    "dates",
    "also",
)


class Arguments(NamedTuple):
    """What to compare, and whether to post."""

    provider: str
    """As a person names it; empty for all."""
    account: str
    """Empty for all."""
    asked: Span
    tolerance: Tolerance
    post: bool
    note: str
    dates: DateOrder | None
    """How dates with slashes are written; None for as `formats.yaml` says."""
    also: bool
    """Whether it is meant that what another format was posted for is posted, too."""


class Undoing(NamedTuple):
    """What to take back."""

    document: str
    note: str


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"provider", "account", "since", "until", "tolerance": "0.5%", "post": false, "note", "dates", "also": false}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, _NAMES)
    since, until = instant(arguments, "since"), instant(arguments, "until")
    if flag(arguments, "post") and _text(arguments, "account"):
        raise JobRefused(
            "post takes the lines of all accounts: calls do not say of which they are, and would be set against one"
        )
    try:
        tolerance = tolerance_of(_text(arguments, "tolerance"))
    except ValueError as refused:
        raise JobRefused(str(refused)) from None
    return Arguments(
        _text(arguments, "provider"),
        _text(arguments, "account"),
        Span(None if since is None else ns_of(since), None if until is None else ns_of(until)),
        tolerance,
        flag(arguments, "post"),
        _text(arguments, "note"),
        _dates(arguments),
        flag(arguments, "also"),
    )


def _dates(arguments: Mapping[str, Any]) -> DateOrder | None:
    if arguments.get("dates") is None:
        return None
    return DateOrder(one_of(arguments, "dates", tuple(DateOrder)))


def read_undo(arguments: Mapping[str, Any]) -> Undoing:
    """Read `{"document", "note"}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, ("document", "note"))
    document = _text(arguments, "document")
    if not document:
        raise JobRefused("document names no export; give its file name or its digest")
    return Undoing(document, _text(arguments, "note"))


def writes(arguments: Arguments) -> bool:
    """Tell whether it posts, or only compares."""
    return arguments.post


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Compare, post where that is asked for, and say how both sides stand then."""
    del began_ns
    invoices = _invoices(arguments, content)
    lines = _wanted(invoices, arguments)
    found = compared(store, lines, arguments.asked, arguments.account)
    done = None
    if arguments.post:
        _refuse_to_post_twice(store, lines, arguments)
        names = {one.digest: one.name for one in invoices.documents}
        steps = posting(
            store, found, documents=names, account=arguments.account, note=arguments.note
        )
        done = yield from _followed(store, steps, len(lines))
    document = document_of(
        stated(store, found), invoices, arguments.tolerance, len(reconciled.cut_short(store))
    )
    yield Result({**document, "posted": None if done is None else posted_document(done)})


def run_undo(store: Store, arguments: Undoing, content: Content, began_ns: int) -> Steps:
    """Take back what was posted of an export."""
    del content, began_ns
    if not reconciled.lines_of_document(store, arguments.document):
        raise JobRefused(
            f"nothing was ever posted from {arguments.document!r}; give the file name or the digest of an export"
        )
    named = reconciled.documents_named(store, arguments.document)
    if len(named) > 1:
        raise JobRefused(
            f"several exports were called {arguments.document!r}; give the digest of one: {', '.join(named)}"
        )
    done = yield from _followed(store, undo(store, arguments.document, arguments.note), 0)
    yield Result({"document": arguments.document, **posted_document(done)})


def _refuse_to_post_twice(store: Store, lines: Sequence[InvoiceLine], arguments: Arguments) -> None:
    if not arguments.also:
        _refuse_another_format(store, lines)
    twice = billed_before(store, lines, arguments.asked)
    if twice is None:
        return
    now, before = twice
    raise JobRefused(
        f"{now.place} may bill again what {before.place} did, which was posted under another name (export "
        f"{before.document}): other accounts, models, meters or days of the same. If it does, --undo that export "
        "first; if they are different charges, give both exports at once"
    )


def _refuse_another_format(store: Store, lines: Sequence[InvoiceLine]) -> None:
    both = billed_in_another_format(store, lines)
    if both is None:
        return
    now, before = both
    raise JobRefused(
        f"{now.told_in} is of {title_of(now.format)}, and {before.told_in} is of {title_of(before.format)}: both bill "
        f"{now.provider}, account {now.account or before.account or 'unnamed'}, {now.month}. Two formats of one bill would "
        "be posted twice, so keep to one; if they bill different charges, say --also"
    )


def _followed(
    store: Store, steps: Iterator[Posted], lines: int
) -> Generator[Progress, None, Posted]:
    done = Posted()
    for done in steps:
        yield Progress(done.lines, lines, "lines")
    store.rebuild_rollups()
    return done


def _invoices(arguments: Arguments, content: Content) -> Invoices:
    book = book_under(content.get(OVERRIDES, ()))
    with _as_files(content.get(FILES, ())) as paths:
        invoices = read_invoices(
            paths, book, provider=_provider(arguments, book), dates=arguments.dates
        )
    if invoices.problems:
        raise JobRefused("\n".join(("the exports cannot be used:", *map(str, invoices.problems))))
    return invoices


def _provider(arguments: Arguments, book: RateBook) -> str:
    return book.provider(arguments.provider) or arguments.provider


def _wanted(invoices: Invoices, arguments: Arguments) -> list[InvoiceLine]:
    lines = [
        line
        for line in invoices.lines
        if arguments.asked.admits(line) and arguments.account in {"", line.account}
    ]
    if not lines:
        raise JobRefused("nothing is billed there: no line of that provider, account and time")
    return lines


@contextmanager
def _as_files(sources: Sequence[Source]) -> Iterator[list[Path]]:
    """Yield files of what a command reads, which on a collector was sent and lies elsewhere than in one."""
    with TemporaryDirectory(prefix="otel-costing-") as directory:
        yield [
            source.path or _copied(source, Path(directory) / str(at))
            for at, source in enumerate(sources)
        ]


def _copied(source: Source, directory: Path) -> Path:
    directory.mkdir()
    copy = directory / (Path(source.name).name or "invoice")
    try:
        with source.open() as given, copy.open("wb") as written:
            shutil.copyfileobj(given, written)
    except OSError as failed:
        raise JobRefused(f"{source.name} cannot be read: {failed.strerror or failed}") from None
    return copy


def _text(arguments: Mapping[str, Any], name: str) -> str:
    value = arguments.get(name, "")
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT:
        raise JobRefused(f"{name} is a text of at most {_LONGEST_TEXT} characters")
    return value
