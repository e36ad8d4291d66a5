"""Rate tables -> RateBook: dated, conditional rates, found by provider, model, instant and conditions.

The packaged book is read from `book.json`, compiled from the YAML beside it; a test proves they agree.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from otel_costing.meters import METERS, Meter
from otel_costing.problems import Problem
from otel_costing.rate_book.compile import (
    BOOK_FILE,
    Book,
    compile_book,
    read_sources,
    tables_directory,
)
from otel_costing.rate_book.names import NameRules, Names, Resolution, Rewrite, closest
from otel_costing.rate_book.timeline import Rate, Row, Timeline, rate_in_force, rate_of, timeline_of
from otel_costing.usage import Unpriced, Usage

__all__ = [
    "METERS",
    "Meter",
    "Rate",
    "RateBook",
    "Resolution",
    "Terms",
    "default_rates",
    "tables_directory",
]

_MOST_REMEMBERED = 4096


class Terms(NamedTuple):
    """What a book says of calls of one provider, model, tier and region, whenever they are."""

    provider: str
    """Canonical; as said where it is not known."""
    tier: str
    rates: Timeline | Unpriced

    def at(self, usage: Usage, at_ns: int) -> Rate | Unpriced:
        """Return the one rate in force at an instant for a request of this size, or why there is none."""
        rates = self.rates
        return rates if isinstance(rates, Unpriced) else rate_in_force(rates, usage, at_ns)


class RateBook:
    """Every rate, with one digest. Immutable; safe to use from several threads."""

    def __init__(self, book: Book) -> None:
        """Take a compiled book; use `load` for tables."""
        self.digest: str = book["digest"]
        self._tables: dict[str, dict[str, Any]] = book["models"]
        rewrites = tuple(
            Rewrite(pattern, tuple(providers)) for pattern, providers in book["rewrites"]
        )
        self._names = Names(
            NameRules(book["providers"], book["tiers"], rewrites),
            {provider: _exact_names(table) for provider, table in self._tables.items()},
        )
        self._rates: dict[str, Rate] = {}
        self._found: dict[tuple[str, str, str, str], Terms] = {}

    @classmethod
    def load(cls, paths: Path | Iterable[Path]) -> tuple[RateBook | None, list[Problem]]:
        """Read a directory, or files in any order: the book, or every problem found."""
        sources, problems = read_sources(paths)
        return (None if problems else cls(compile_book(sources))), problems

    def find(
        self,
        provider: str,
        model: str,
        usage: Usage,
        *,
        at_ns: int,
        tier: str = "standard",
        region: str = "",
    ) -> Rate | Unpriced:
        """Return the one rate in force at `at_ns` under the call's conditions, or why there is none.

        A scope that the model's name carries (`us.anthropic...`) stands over `region`.
        """
        return self.terms(provider, model, tier, region).at(usage, at_ns)

    def terms(self, provider: str, model: str, tier: str, region: str) -> Terms:
        """Return what holds for calls of these names; for the path of every call, which are of few."""
        known = self._found.get((provider, model, tier, region))
        return self._remember(provider, model, tier, region) if known is None else known

    def rates(self) -> Iterator[Rate]:
        """Return all rates, by provider, model and id."""
        for provider, table in self._tables.items():
            for model in table:
                yield from self.rates_of(provider, model)

    def rates_of(self, provider: str, model: str) -> tuple[Rate, ...]:
        """Return the rates of a model by its canonical name, none where it is unknown."""
        return tuple(self._rate(provider, model, row) for row in self._rows(provider, model))

    def provider(self, name: str) -> str:
        """Return the canonical name of a provider, empty where `name` is not known."""
        return self._names.provider(name)

    def tier(self, name: str) -> str:
        """Return the service tier that a provider's word means, the word itself where it is not known."""
        return self._names.tier(name)

    def providers(self) -> list[str]:
        """Return the canonical providers that have a table, sorted."""
        return sorted(self._tables)

    def models(self, provider: str) -> list[str]:
        """Return the model ids of a canonical provider, sorted."""
        return sorted(self._tables.get(provider, {}))

    def aliases(self, provider: str, model: str) -> list[str]:
        """Return the other exact names of a model, sorted."""
        return list(self._tables.get(provider, {}).get(model, {}).get("aliases", []))

    def resolve(self, provider: str, model: str) -> Resolution | None:
        """Return the canonical provider, model and scope that the names mean, or None."""
        return self._names.resolve(provider, model)

    def steps(self, provider: str, model: str) -> tuple[str, ...]:
        """Return every model name that resolving tries, in order, found or not."""
        return self._names.steps(provider, model)

    def close_names(self, name: str, provider: str = "") -> list[str]:
        """Return the nearest known model ids, as `provider/model` where no provider is given."""
        canonical = self._names.provider(provider)
        if canonical in self._tables:
            return closest(name, self._tables[canonical])
        known = [f"{each}/{model}" for each, table in self._tables.items() for model in table]
        if "/" in name:
            return closest(name, known)
        near = closest(name, {full.partition("/")[2] for full in known})
        return [full for full in known if full.partition("/")[2] in near]

    def _remember(self, provider: str, model: str, tier: str, region: str) -> Terms:
        if len(self._found) >= _MOST_REMEMBERED:
            self._found.clear()
        canonical_tier = self._names.tier(tier)
        terms = Terms(
            self._names.provider(provider) or provider,
            canonical_tier,
            self._look_up(provider, model, canonical_tier, region),
        )
        self._found[provider, model, tier, region] = terms
        return terms

    def _look_up(self, provider: str, model: str, tier: str, region: str) -> Timeline | Unpriced:
        resolution = self._names.resolve(provider, model)
        if resolution is None:
            return self._unknown(provider, model)
        scope = resolution.region or region
        rows = self._rows(resolution.provider, resolution.model)
        of_tier = [row for row in rows if row["tier"] == tier]
        chosen = [row for row in of_tier if row["region"] == scope] or [
            row for row in of_tier if not row["region"]
        ]
        if not chosen:
            return _no_rate_for(resolution, tier, scope, rows)
        return timeline_of(self._rate(resolution.provider, resolution.model, row) for row in chosen)

    def _rows(self, provider: str, model: str) -> list[Row]:
        rows: list[Row] = self._tables.get(provider, {}).get(model, {}).get("rates", [])
        return rows

    def _rate(self, provider: str, model: str, row: Row) -> Rate:
        rate = self._rates.get(row["id"])
        if rate is None:
            rate = self._rates[row["id"]] = rate_of(provider, model, row)
        return rate

    def _unknown(self, provider: str, model: str) -> Unpriced:
        name = _short(model)
        canonical = self._names.provider(provider)
        if canonical not in self._tables:
            known = ", ".join(self._tables)
            return Unpriced(
                "unknown_model",
                f"no provider {_short(provider)!r} in the rate book; it has {known}",
            )
        near = self.close_names(model, provider)
        hint = f"; closest: {', '.join(near)}" if near else ""
        return Unpriced("unknown_model", f"{canonical} has no model {name!r}{hint}")


def _exact_names(table: Mapping[str, Any]) -> dict[str, str]:
    names = {alias: model for model, entry in table.items() for alias in entry["aliases"]}
    return {**names, **{model: model for model in table}}


def _no_rate_for(resolution: Resolution, tier: str, region: str, rows: Iterable[Row]) -> Unpriced:
    has = sorted({" in ".join(filter(None, (row["tier"], row["region"]))) for row in rows})
    where = f" in {_short(region)}" if region else ""
    name = f"{resolution.provider}/{resolution.model}"
    return Unpriced(
        "no_rate_for_conditions",
        f"{name} has no rate for {_short(tier)}{where}; it has {', '.join(has)}",
    )


def _short(name: str) -> str:
    return name if len(name) <= 80 else f"{name[:77]}..."


@lru_cache(maxsize=1)
def default_rates() -> RateBook:
    """Return the packaged book, loaded once, at first use."""
    return RateBook(json.loads((tables_directory() / BOOK_FILE).read_text(encoding="utf-8")))
