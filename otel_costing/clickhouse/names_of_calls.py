"""Which of the providers and models that somebody named no call is of, and which names they may have meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from otel_costing.clickhouse.reports import between
from otel_costing.clickhouse.store import Store
from otel_costing.rate_book.names import closest


class Unmatched(NamedTuple):
    """A name that no call has."""

    of: str
    """`provider` or `model`."""
    name: str
    nearest: tuple[str, ...]
    """Names that calls have, the likest first."""


def unmatched(
    store: Store,
    providers: Collection[str],
    models: Collection[str],
    since: datetime | None,
    until: datetime | None,
) -> list[Unmatched]:
    """Return the names that no call of a time has; a model's is looked for with the providers named, if any are.

    Args:
        store: the ledger.
        providers: canonical.
        models: as they are priced, asked for or answered.
        since: of `occurred_at`.
        until: before it.
    """
    if not providers and not models:
        return []
    rows = store.query("names_of_calls", between(since, until))
    by_provider = {row["provider"] for row in rows}
    some = set(providers) & by_provider or by_provider
    names = {row["name"] for row in rows if row["provider"] in some}
    return [*_unknown("provider", providers, by_provider), *_unknown("model", models, names)]


def _unknown(of: str, named: Iterable[str], known: Collection[str]) -> Iterator[Unmatched]:
    for name in named:
        if name not in known:
            yield Unmatched(of, name, tuple(closest(name, known)))
