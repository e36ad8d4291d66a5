"""Which of the providers and models that somebody named no call is of, and which names they may have meant."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple

from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.time_bounds import between
from otel_costing.rate_book.names import closest

_LIKEST = 20
"""Looked at besides those that are named: anybody who sends calls can make up as many names as they like."""


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
    most_names = len(models) + _LIKEST
    asked = {
        "providers": list(providers),
        "models": list(models),
        "most_names": most_names,
        "most": most_names * (len(providers) + _LIKEST),
    }
    rows = store.query("names_of_calls", {**between(since, until), **asked})
    by_provider = {row["of_provider"] for row in rows}
    some = set(providers) & by_provider or by_provider
    names = {row["name"] for row in rows if row["of_provider"] in some}
    return [*_unknown("provider", providers, by_provider), *_unknown("model", models, names)]


def _unknown(of: str, named: Iterable[str], known: Collection[str]) -> Iterator[Unmatched]:
    for name in named:
        if name not in known:
            yield Unmatched(of, name, tuple(closest(name, known)))
