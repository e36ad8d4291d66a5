"""Whether newer tables leave the past of older ones alone: every rate that has begun, every model and name.

A past that was wrong is changed with a `correction` on the rate or the model that says why.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from otel_costing.problems import Problem
from otel_costing.rate_book.files import ModelEntry, RateEntry, Table
from otel_costing.rate_book.timeline import instant_text

Condition = tuple[str, str]
"""Tier and region."""


def past_changes(before: Sequence[Table], after: Sequence[Table], at_ns: int) -> list[Problem]:
    """Return what `after` changes of the past of `before` without a correction, as of `at_ns`."""
    tables = {table.provider: table for table in after}
    return [problem for old in before for problem in _table(old, tables.get(old.provider), at_ns)]


def _table(old: Table, new: Table | None, at_ns: int) -> Iterator[Problem]:
    if new is None:
        what = f"the table of {old.provider} is gone; retired models stay for ever, restore it"
        yield Problem(old.name, what)
        return
    models = {model.id: model for model in new.models}
    owners = {name: model for model in new.models for name in (model.id, *model.aliases)}
    for model in old.models:
        found = models.get(model.id)
        if found is None:
            what = f"model {model.id!r} is gone; retired models stay for ever, restore it"
            yield Problem(f"{new.name}:{new.line}", what)
        elif found.correction in {"", model.correction}:
            yield from _model(model, found, f"{new.name}:{found.line}", at_ns)
            yield from _names(model, owners, f"{new.name}:{found.line}")


def _names(old: ModelEntry, owners: dict[str, ModelEntry], place: str) -> Iterator[Problem]:
    for name in old.aliases:
        owner = owners.get(name)
        if owner is None:
            yield Problem(place, f"model {old.id!r} lost its name {name!r}; {_FIX}")
        elif owner.id != old.id and not owner.correction:
            yield Problem(place, f"{name!r} means {owner.id!r} now, not {old.id!r}; {_FIX}")


_FIX = "restore it, or say why in a correction"


def _model(old: ModelEntry, new: ModelEntry, place: str, at_ns: int) -> Iterator[Problem]:
    newer = _by_condition(new)
    for condition, rates in _by_condition(old).items():
        found = newer.get(condition, [])
        if not _corrected(rates, found):
            told = f"model {old.id!r}{_scope(condition)}"
            what = _rates(_begun(rates, at_ns), found, at_ns)
            yield from (Problem(place, f"{told}: {each}; {_FIX}") for each in what)


def _by_condition(model: ModelEntry) -> dict[Condition, list[RateEntry]]:
    groups: dict[Condition, list[RateEntry]] = {}
    for rate in model.rates:
        for region in rate.regions or ("",):
            groups.setdefault((rate.tier, region), []).append(rate)
    return groups


def _scope(condition: Condition) -> str:
    tier, region = condition
    return f", tier {tier}" + (f", region {region}" if region else "")


def _corrected(old: Sequence[RateEntry], new: Sequence[RateEntry]) -> bool:
    """An old correction excuses nothing that was changed since."""
    said = {rate.correction for rate in old}
    return any(rate.correction and rate.correction not in said for rate in new)


def _begun(rates: Sequence[RateEntry], at_ns: int) -> list[RateEntry]:
    return [rate for rate in rates if rate.starts_ns is None or rate.starts_ns <= at_ns]


def _rates(past: list[RateEntry], new: Sequence[RateEntry], at_ns: int) -> Iterator[str]:
    by_start = {rate.starts_ns: rate for rate in new}
    for rate in past:
        found = by_start.get(rate.starts_ns)
        if found is None:
            yield f"the rate from {instant_text(rate.starts_ns)} is gone"
        else:
            yield from _edits(rate, found, at_ns)
    starts = [rate.starts_ns or 0 for rate in past]
    known = {rate.starts_ns for rate in past}
    for rate in new:
        if rate.starts_ns not in known and starts and (rate.starts_ns or 0) < max(starts):
            yield f"a rate from {instant_text(rate.starts_ns)} was put before a later one"


def _edits(old: RateEntry, new: RateEntry, at_ns: int) -> Iterator[str]:
    since = instant_text(old.starts_ns)
    if (old.bands, old.windows) != (new.bands, new.windows):
        yield f"the prices of the rate from {since} were edited"
    if old.clock != new.clock:
        yield f"the clock of the rate from {since} was edited"
    ended = [each for each in (old.ends_ns, new.ends_ns) if each is not None and each <= at_ns]
    if old.ends_ns != new.ends_ns and ended:
        yield f"the until of the rate from {since} was moved within the past"
