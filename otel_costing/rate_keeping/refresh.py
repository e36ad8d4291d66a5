"""Rate tables and a newer catalogue -> tables that know both, and what changed. No past rate is touched.

A price that changed is appended: from the day on which the catalogue says it takes effect, else from the day of the
refresh, marked `effective: unknown`. What the catalogue no longer has stays; what a person keeps `by_hand` stays too.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from otel_costing.instants import ns_of
from otel_costing.rate_book.files import ModelEntry, RateEntry, Table
from otel_costing.rate_book.names import NameRules, Names
from otel_costing.rate_keeping.catalogue import Catalogue, CatalogueTable, unscoped, words
from otel_costing.rate_keeping.comparison import same_prices
from otel_costing.rate_keeping.succession import rate_at, succeed


class Change(NamedTuple):
    """One thing that a refresh did, or left to a person."""

    kind: str
    """`provider`, `model`, `name`, `price`, `condition`, `withdrawn`, `kept` or `split`."""
    provider: str
    model: str
    before: RateEntry | None = None
    after: RateEntry | None = None
    what: str = ""
    """The new name, why a person keeps the rate, or the name that is a model of its own there."""


class Refreshed(NamedTuple):
    """The tables after a refresh, and what it did to them."""

    tables: tuple[Table, ...]
    """Those of the catalogue first; one with no `name` is new."""
    changes: tuple[Change, ...]


def refresh(
    tables: Sequence[Table], names: NameRules, catalogue: Catalogue, day: date
) -> Refreshed:
    """Return `tables` as they are after reading `catalogue` on `day`, and every change."""
    own = {table.provider: table for table in tables}
    changes: list[Change] = []
    refreshed = []
    for theirs in catalogue.tables:
        ours = own.pop(theirs.provider, None)
        if ours is None:
            changes.append(Change("provider", theirs.provider, ""))
            ours = Table("", theirs.provider, theirs.source, day.isoformat(), (), 0)
        update = _Update(ours, names, day, changes)
        refreshed.append(update.table(theirs, catalogue.name))
    return Refreshed((*refreshed, *own.values()), tuple(changes))


class _Update:
    """The refresh of one table."""

    def __init__(self, table: Table, rules: NameRules, day: date, changes: list[Change]) -> None:
        self._table = table
        self._day_ns = ns_of(datetime(day.year, day.month, day.day, tzinfo=UTC))
        self._checked = day.isoformat()
        self._changes = changes
        self._scopes = tuple(filter(None, words().scopes.get(table.provider, {}).values()))
        self._models = {model.id: model for model in table.models}
        self._read = frozenset(self._models)
        self._their_ids: set[str] = set()
        self._known = {name: each.id for each in table.models for name in (each.id, *each.aliases)}
        self._names = Names(
            rules._replace(providers={table.provider: table.provider}),
            {table.provider: self._known},
        )

    def table(self, theirs: CatalogueTable, via: str) -> Table:
        self._their_ids = {unscoped(theirs.provider, model.id) for model in theirs.models}
        for model in theirs.models:
            self._model(model)
        for added in sorted(self._models.keys() - self._read):
            self._note("model", added, after=self._models[added].rates[-1])
        models = tuple(
            model._replace(checked=self._checked) if model.checked == self._table.checked else model
            for model in self._models.values()
        )
        return self._table._replace(models=models, checked=self._checked, via=via)

    def _model(self, theirs: ModelEntry) -> None:
        name = unscoped(self._table.provider, theirs.id)
        found = self._counterpart((name, *theirs.aliases))
        if found is None:
            self._add(theirs._replace(id=name, checked=self._checked))
            return
        ours = self._models[found]
        if ours.by_hand:
            self._disagree("kept", ours, theirs, ours.by_hand)
            return
        if found != name and found in self._their_ids:
            # What is one model here became two there: its past is ours, its future a person's to decide.
            self._disagree("split", ours, theirs, name)
            return
        updated = self._named(ours, theirs)
        for condition in dict.fromkeys(map(_condition, theirs.rates)):
            rates = [rate for rate in theirs.rates if _condition(rate) == condition]
            updated = updated._replace(rates=self._rates(updated, rates))
        self._models[found] = updated

    def _counterpart(self, names: Iterable[str]) -> str | None:
        """Return our model of these exact names; by pattern only where the catalogue's ids carry a scope.

        Elsewhere two ids of the catalogue that differ by a date are two models with prices of their own.
        """
        exact = next((self._known[name] for name in names if name in self._known), None)
        if exact or not self._scopes:
            return exact
        resolved = (self._names.resolve(self._table.provider, name) for name in names)
        return next((each.model for each in resolved if each), None)

    def _add(self, model: ModelEntry) -> None:
        aliases = tuple(name for name in model.aliases if name not in self._known)
        self._models[model.id] = model._replace(aliases=aliases, source=self._table.source)
        self._known.update(dict.fromkeys((model.id, *aliases), model.id))

    def _named(self, ours: ModelEntry, theirs: ModelEntry) -> ModelEntry:
        """Add the names that mean nothing yet; a name that already means a model keeps its meaning."""
        provider = self._table.provider
        new = [name for name in theirs.aliases if self._names.resolve(provider, name) is None]
        for name in new:
            self._known[name] = ours.id
            self._note("name", ours.id, what=name)
        return ours._replace(aliases=tuple(sorted((*ours.aliases, *new)))) if new else ours

    def _rates(self, model: ModelEntry, theirs: Sequence[RateEntry]) -> tuple[RateEntry, ...]:
        """Return all rates of a model after those of the catalogue under one condition were read."""
        ours = _under_condition_of(theirs[0], model.rates, self._scopes)
        if not ours:
            for rate in theirs:
                self._note("condition", model.id, after=rate)
            return (*model.rates, *theirs)
        regions = ours[0].regions
        rates, steps = succeed(
            ours, [rate._replace(regions=regions) for rate in theirs], self._day_ns
        )
        for before, after in steps:
            self._note("price" if after else "withdrawn", model.id, before, after)
        at = model.rates.index(ours[0])
        rest = [rate for rate in model.rates[at:] if rate not in ours]
        return (*model.rates[:at], *rates, *rest)

    def _disagree(self, kind: str, ours: ModelEntry, theirs: ModelEntry, what: str) -> None:
        for rate in theirs.rates:
            same = _under_condition_of(rate, ours.rates, self._scopes)
            current = rate_at(same, self._day_ns)
            is_current = rate is rate_at(_under_condition_of(rate, theirs.rates, ()), self._day_ns)
            if is_current and (current is None or not same_prices(current, rate)):
                self._note(kind, ours.id, current, rate, what)

    def _note(
        self,
        kind: str,
        model: str,
        before: RateEntry | None = None,
        after: RateEntry | None = None,
        what: str = "",
    ) -> None:
        if model in self._read or kind in {"model", "provider"}:
            self._changes.append(Change(kind, self._table.provider, model, before, after, what))


def _condition(rate: RateEntry) -> tuple[str, tuple[str, ...]]:
    return rate.tier, rate.regions


def _under_condition_of(
    rate: RateEntry, rates: Sequence[RateEntry], scopes: Collection[str]
) -> list[RateEntry]:
    """Return the rates of the same tier and region; without a region, of all regions that are no scope."""
    of_tier = [each for each in rates if each.tier == rate.tier]
    same = [each for each in of_tier if each.regions == rate.regions]
    if same or rate.regions:
        return same
    return [each for each in of_tier if scopes and not set(each.regions) & set(scopes)]
