"""A book of rates is applied to calls that are booked: those that it prices otherwise are charged anew.

Run again after it was cut short it finds what it has done, and does the rest. What the first run posted is then not
among what the second one shows.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import Path, PurePath
from tempfile import TemporaryDirectory
from typing import Any, NamedTuple

from otel_costing.clickhouse.columns import EPOCH
from otel_costing.clickhouse.names_of_calls import Unmatched, unmatched
from otel_costing.clickhouse.repricing import Repriced, Scope, note_repricing, repricing
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.jobs.arguments import flag, instant, only, texts
from otel_costing.jobs.ingest_job import OVERRIDES, book_under
from otel_costing.jobs.work import Content, JobRefused, Result, Steps
from otel_costing.money import SCALE
from otel_costing.rates import RateBook, packaged_rates
from otel_costing.repricing import Repricer
from otel_costing.repricing_effect import Effect, total_of
from otel_costing.sources import Source

RATES = "rates"
"""The role of a directory's tables, without which the packaged ones hold."""
_NAMES = (
    "since",
    "until",
    "providers",
    "models",
    "only_unpriced",
    "may_unprice",
    "without_overrides",
    "dry_run",
)


class Arguments(NamedTuple):
    """Which calls, and how."""

    scope: Scope
    may_unprice: bool
    without_overrides: bool
    """Whether it is meant that a book without a team's own files prices what was priced under some."""
    dry_run: bool


def read(arguments: Mapping[str, Any]) -> Arguments:
    """Read `{"since", "until", "providers": [], "models": [], "only_unpriced", "may_unprice", "without_overrides", "dry_run"}`.

    Raises:
        JobRefused: it is something else.
    """
    only(arguments, _NAMES)
    scope = Scope(
        instant(arguments, "since"),
        instant(arguments, "until"),
        texts(arguments, "providers") or (),
        texts(arguments, "models") or (),
        flag(arguments, "only_unpriced"),
    )
    flags = (flag(arguments, name) for name in ("may_unprice", "without_overrides", "dry_run"))
    return Arguments(scope, *flags)


def writes(arguments: Arguments) -> bool:
    """Tell whether it posts, or only shows what it would."""
    return not arguments.dry_run


def run(store: Store, arguments: Arguments, content: Content, began_ns: int) -> Steps:
    """Post what differs, settle what that bears on, and bring the rollups up to it."""
    scope, may_unprice, without_overrides, dry_run = arguments
    book = _book(content)
    scope = scope._replace(providers=tuple(book.provider(one) or one for one in scope.providers))
    if not without_overrides and not dry_run:
        _refuse_to_forget_overrides(store, book, scope)
    missed = unmatched(store, scope.providers, scope.models, scope.since, scope.until)
    repricer = Repricer(book, may_unprice=may_unprice)
    done = yield from repricing(store, repricer, scope, began_ns, dry_run=dry_run)
    if not dry_run:
        store.settle(now_ns=began_ns)
        store.rebuild_rollups()
        note_repricing(store, book.digest, scope, began_ns, done)
    yield Result(document_of(done, book, missed, dry_run=dry_run))


def _refuse_to_forget_overrides(store: Store, book: RateBook, scope: Scope) -> None:
    if "+" in book.digest:
        return
    (found,) = store.query("overridden_charges", between(scope.since, scope.until))
    if found["charges"]:
        raise JobRefused(
            f"{found['charges']} charges were made under overrides, and this book has none: name them by --overrides, or "
            "say --without-overrides"
        )


def document_of(
    done: Repriced, book: RateBook, missed: Sequence[Unmatched], *, dry_run: bool
) -> dict[str, Any]:
    """Return what came of it as JSON has it; of a dry run, what would."""
    effects = done.effects.rows()
    before, after = total_of(effects)
    return {
        "dry_run": dry_run,
        "rates_digest": book.digest,
        "examined": done.examined,
        "calls": done.effects.calls,
        "late_rate": done.effects.by_cause["late_rate"],
        "rate_correction": done.effects.by_cause["rate_correction"],
        "entries": done.entries,
        "accounts": done.accounts,
        "before_usd": f"{before:.{SCALE}f}",
        "after_usd": f"{after:.{SCALE}f}",
        "difference_usd": f"{after - before:.{SCALE}f}",
        "rows": [_row(one) for one in effects],
        "kept": [one._asdict() for one in done.effects.kept()],
        "unmatched": [{**one._asdict(), "nearest": list(one.nearest)} for one in missed],
    }


def _row(effect: Effect) -> dict[str, Any]:
    usd = {"before_usd": effect.before_usd, "after_usd": effect.after_usd}
    return {
        "day": str(EPOCH + timedelta(days=effect.of.day)),
        "provider": effect.of.provider,
        "model": effect.of.model,
        "team": effect.of.team,
        "calls": effect.calls,
        "unpriced_calls": effect.unpriced_calls,
        **{name: None if usd is None else f"{usd:.{SCALE}f}" for name, usd in usd.items()},
        "difference_usd": f"{effect.difference_usd:.{SCALE}f}",
    }


def _book(content: Content) -> RateBook:
    tables = content.get(RATES, ())
    base = _book_of_tables(tables) if tables else packaged_rates()
    return book_under(content.get(OVERRIDES, ()), base)


def _book_of_tables(tables: Sequence[Source]) -> RateBook:
    with TemporaryDirectory(prefix="otel-costing-") as directory:
        for one in tables:
            with (
                one.open() as given,
                (Path(directory) / PurePath(one.name).name).open("wb") as copy,
            ):
                shutil.copyfileobj(given, copy)
        book, problems = RateBook.load(Path(directory))
    if book is None:
        raise JobRefused(f"the rates cannot be used: {problems[0].what}")
    return book
