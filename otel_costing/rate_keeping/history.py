"""Whether newer tables leave the past of older ones alone: every rate that has begun, every model and name.

A past that was wrong is changed with a `correction` on the rate or the model that says why; what a pattern, a
provider's name or a tier's word meant, with one among the `corrections` of `names.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from importlib import resources
from typing import NamedTuple

import yaml

from otel_costing.problems import Problem
from otel_costing.rate_book.compile import NAMES_FILE, Sources
from otel_costing.rate_book.files import ModelEntry, RateEntry, Table
from otel_costing.rate_book.names import NameRules, Names, Resolution
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
    for model in old.models:
        found = models.get(model.id)
        if found is None:
            what = f"model {model.id!r} is gone; retired models stay for ever, restore it"
            yield Problem(f"{new.name}:{new.line}", what)
        elif found.correction in {"", model.correction}:
            yield from _model(model, found, f"{new.name}:{found.line}", at_ns)


_FIX = "restore it, or say why in a correction"


def _model(old: ModelEntry, new: ModelEntry, place: str, at_ns: int) -> Iterator[Problem]:
    newer, older = _by_condition(new), _by_condition(old)
    for condition in {**older, **newer}:
        rates, found = _priced_by(condition, older), newer.get(condition, [])
        if not _corrected(rates, found):
            told = f"model {old.id!r}{_scope(condition)}"
            if condition not in older:
                told += ", which had the rates for everywhere"
            what = _rates(_begun(rates, at_ns), found, at_ns)
            yield from (Problem(place, f"{told}: {each}; {_FIX}") for each in what)


def _priced_by(
    condition: Condition, groups: Mapping[Condition, list[RateEntry]]
) -> list[RateEntry]:
    """A region without rates of its own has those for everywhere; a tier without any has none."""
    tier, _ = condition
    return groups.get(condition) or groups.get((tier, ""), [])


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


def name_changes(before: Sources, after: Sources) -> list[Problem]:
    """Return which names mean another model, or none any more, without a correction.

    Both are asked for every exact name of either and for the names in the wild that `wild_names.yaml` pins.
    """
    old, new = _known(before), _known(after)
    excused = _excused(before.names, after.names, new.names)
    return [
        *_words("provider", old.providers, new.providers, excused),
        *_words("tier", before.names.tiers, after.names.tiers, excused),
        *_meanings(old, new, excused),
    ]


Named = tuple[str, str]
"""Canonical provider and a model's name."""


class _Known(NamedTuple):
    """What one revision knows names by."""

    providers: dict[str, str]
    owners: dict[Named, tuple[ModelEntry, str]]
    """By exact name: the model, and the file that has it."""
    models: dict[Named, tuple[ModelEntry, str]]
    names: Names


def _known(sources: Sources) -> _Known:
    providers = {
        **sources.names.providers,
        **{each.provider: each.provider for each in sources.tables},
    }
    models = {(t.provider, m.id): (m, t.name) for t in sources.tables for m in t.models}
    aliases = {
        (provider, alias): owner
        for (provider, _), owner in models.items()
        for alias in owner[0].aliases
    }
    exact: dict[str, dict[str, str]] = {table.provider: {} for table in sources.tables}
    for (provider, name), (model, _) in {**aliases, **models}.items():
        exact[provider][name] = model.id
    rules = sources.names._replace(providers=providers)
    return _Known(providers, {**aliases, **models}, models, Names(rules, exact))


def _excused(before: NameRules, after: NameRules, names: Names) -> set[str]:
    """An old correction excuses nothing that was changed since."""
    fresh = {each.name for each in after.corrections if each not in before.corrections}
    return {_canonical(name, names) for name in fresh}


def _canonical(name: str, names: Names) -> str:
    provider, slash, model = name.partition("/")
    return f"{names.provider(provider) or provider}/{model}" if slash else name


def _words(
    what: str, old: Mapping[str, str], new: Mapping[str, str], excused: set[str]
) -> Iterator[Problem]:
    for name, meaning in old.items():
        now = new.get(name)
        if now != meaning and name not in excused:
            told = f"means {now!r} now, not {meaning!r}" if now else f"no longer means {meaning!r}"
            yield Problem(NAMES_FILE, f"{what} {name!r} {told}; {_listed(name)}")


def _listed(name: str) -> str:
    return f"restore it, or list {name} among the corrections and say why"


def _meanings(old: _Known, new: _Known, excused: set[str]) -> Iterator[Problem]:
    for provider, name in sorted({*old.owners, *new.owners, *_wild(old.names)}):
        was, now = (each.names.resolve(provider, name) for each in (old, new))
        # A model that is gone is told by `past_changes`.
        if was is None or (provider, was.model) not in new.models:
            continue
        means = {(each.model, each.region) if each else None for each in (was, now)}
        owners = {was.model, now.model if now else was.model}
        corrected = any(_freshly_corrected((provider, each), old, new) for each in owners)
        if len(means) > 1 and not corrected and f"{provider}/{name}" not in excused:
            is_written = (provider, name) in {**old.owners, **new.owners}
            place = _place(new.models[provider, was.model]) if is_written else NAMES_FILE
            fix = _FIX if is_written else _listed(f"{provider}/{name}")
            yield Problem(place, f"{_told(name, was, now)}; {fix}")


def _place(owner: tuple[ModelEntry, str]) -> str:
    model, file = owner
    return f"{file}:{model.line}"


def _told(name: str, was: Resolution, now: Resolution | None) -> str:
    if now is None:
        return f"model {was.model!r} lost its name {name!r}"
    if now.model != was.model:
        return f"{name!r} means {now.model!r} now, not {was.model!r}"
    return f"{name!r} carries the region {now.region!r} now, not {was.region!r}"


def _freshly_corrected(named: Named, old: _Known, new: _Known) -> bool:
    before = old.models[named][0].correction if named in old.models else ""
    return new.models[named][0].correction not in {"", before}


def _wild(names: Names) -> Iterator[Named]:
    for provider, name in wild_names():
        canonical = names.provider(provider)
        if canonical:
            yield canonical, name


@lru_cache(maxsize=1)
def wild_names() -> dict[Named, tuple[str, str] | None]:
    """Return, by provider and name as emitters spell them, the model and region that are meant, None for none."""
    text = resources.files(__package__).joinpath("wild_names.yaml").read_text("utf-8")
    written = yaml.safe_load(text)
    known = {
        (provider, name): (model, "".join(region))
        for provider, name, model, *region in written["known"]
    }
    return {**known, **dict.fromkeys(map(tuple, written["unknown"]))}
