"""Rate tables -> RateBook: dated, conditional rates, found by provider, model, instant and conditions.

The packaged book is read from `book.json`, compiled from the YAML beside it; a test proves they agree. A team's own
files change what a book says without changing the book: see docs/overrides.md.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from otel_costing.meters import METERS, Meter
from otel_costing.problems import Problem
from otel_costing.rate_book.compile import (
    BOOK_FILE,
    Book,
    compile_book,
    names_of,
    read_sources,
    tables_directory,
)
from otel_costing.rate_book.names import Resolution, closest
from otel_costing.rate_book.timeline import (
    Rate,
    Row,
    Timeline,
    rate_in_force,
    rate_of,
    rate_throughout,
    timeline_of,
)
from otel_costing.rate_overrides.files import Overrides, read_overrides
from otel_costing.rate_overrides.names import TeamName, resolved
from otel_costing.rate_overrides.prices import rows_under
from otel_costing.rate_overrides.team import NO_TEAM, Team, overridden
from otel_costing.usage import Unpriced, Usage

__all__ = [
    "METERS",
    "Meter",
    "Rate",
    "RateBook",
    "Resolution",
    "Terms",
    "default_rates",
    "packaged_rates",
    "tables_directory",
]

_log = logging.getLogger(__name__)
OVERRIDES_VARIABLE = "OTEL_COSTING_OVERRIDES"
_MOST_REMEMBERED = 4096
# A sender chooses the names; no provider has longer ones.
_LONGEST_REMEMBERED = 600
_MOST_PROBLEMS_LOGGED = 3


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

    def throughout(
        self, tokens: tuple[int, int], instants_ns: tuple[int, int]
    ) -> Rate | Unpriced | None:
        """Return what `at` does for all requests of some sizes between two instants; None where it may differ."""
        rates = self.rates
        return rates if isinstance(rates, Unpriced) else rate_throughout(rates, tokens, instants_ns)


class RateBook:
    """Every rate, with one digest. Immutable; safe to use from several threads."""

    def __init__(self, book: Book, team: Team = NO_TEAM) -> None:
        """Take a compiled book; use `load` for tables and `with_overrides` for a team's files."""
        self.digest: str = book["digest"]
        """Of the tables; with overrides, `+` and the digest of the team's files follow."""
        self._tables: dict[str, dict[str, Any]] = book["models"]
        self._names = names_of(book)
        self._team = team
        self._base = book
        self._files: tuple[Overrides, ...] = ()
        self._rates: dict[str, Rate] = {}
        self._team_rows: dict[tuple[str, str], Sequence[Row]] = {}
        self._found: dict[tuple[str, str, str, str], Terms] = {}

    @classmethod
    def load(cls, paths: Path | Iterable[Path]) -> tuple[RateBook | None, list[Problem]]:
        """Read a directory, or files in any order: the book, or every problem found."""
        sources, problems = read_sources(paths)
        return (None if problems else cls(compile_book(sources))), problems

    def with_overrides(
        self, paths: str | os.PathLike[str] | Iterable[str | os.PathLike[str]]
    ) -> tuple[RateBook | None, list[Problem]]:
        """Return this book as a team's own files change it, or every problem found; docs/overrides.md.

        Of several files a later one wins, also over files that this book was already changed by.
        """
        given = [paths] if isinstance(paths, str | os.PathLike) else paths
        read, problems = read_overrides(map(Path, given))
        files = (*self._files, *read)
        book, team, wrong = overridden(self._base, files)
        problems += wrong
        if problems or not files:
            return (None if problems else self), problems
        changed = RateBook(book, team)
        changed._base, changed._files = self._base, files
        return changed, []

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
        rows = self._team_rows.get((provider, model))
        if rows is None:
            rows = self._under_team(provider, model, self._listed(provider, model))
            self._team_rows[provider, model] = rows
        return tuple(self._rate(provider, model, row) for row in rows)

    def provider(self, name: str) -> str:
        """Return the canonical name of a provider, empty where `name` is not known."""
        return self._names.provider(name)

    def tier(self, name: str) -> str:
        """Return the service tier that a provider's word means, the word itself where it is not known."""
        return self._names.tier(name)

    def providers(self) -> list[str]:
        """Return the canonical providers that have a model, sorted."""
        return sorted(self._tables)

    def models(self, provider: str) -> list[str]:
        """Return the model ids of a canonical provider, sorted."""
        return sorted(self._tables.get(provider, {}))

    def aliases(self, provider: str, model: str) -> list[str]:
        """Return the other exact names of a model, sorted."""
        return list(self._tables.get(provider, {}).get(model, {}).get("aliases", []))

    def resolve(self, provider: str, model: str) -> Resolution | None:
        """Return the canonical provider, model and scope that the names mean, or None."""
        return resolved(self._names, self._team.names, provider, model)

    def team_name(self, provider: str, name: str) -> TeamName | None:
        """Return what a team's own file says that a name stands for, or None."""
        return self._team.names.get((self._names.provider(provider), name))

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
        if len(provider) + len(model) + len(tier) + len(region) <= _LONGEST_REMEMBERED:
            self._found[provider, model, tier, region] = terms
        return terms

    def _look_up(self, provider: str, model: str, tier: str, region: str) -> Timeline | Unpriced:
        resolution = self.resolve(provider, model)
        if resolution is None:
            return self._unknown(provider, model)
        scope = resolution.region or region
        rows = self._listed(resolution.provider, resolution.model)
        of_tier = [row for row in rows if row["tier"] == tier]
        chosen = [row for row in of_tier if row["region"] == scope] or [
            row for row in of_tier if not row["region"]
        ]
        if not chosen:
            return _no_rate_for(resolution, tier, scope, rows)
        name = (resolution.provider, resolution.model)
        return timeline_of(self._rate(*name, row) for row in self._under_team(*name, chosen))

    def _listed(self, provider: str, model: str) -> Sequence[Row]:
        rows: Sequence[Row] = self._tables.get(provider, {}).get(model, {}).get("rates", ())
        return rows

    def _under_team(self, provider: str, model: str, rows: Sequence[Row]) -> Sequence[Row]:
        """Work out what a team pays when a model is first asked for: it uses few of those its terms are about."""
        terms = self._team.terms_of(provider, model, rows)
        return rows if terms is None else rows_under(terms, provider, model, rows)

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
def packaged_rates() -> RateBook:
    """Return the packaged book, loaded once, at first use."""
    return RateBook(json.loads((tables_directory() / BOOK_FILE).read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def default_rates() -> RateBook:
    """Return the packaged book under the files that OTEL_COSTING_OVERRIDES names, loaded once, at first use.

    Files with a problem never hurt an application: the packaged book holds, and one warning says why.
    """
    named = os.environ.get(OVERRIDES_VARIABLE, "")
    paths = [each for each in named.split(os.pathsep) if each]
    book, problems = packaged_rates().with_overrides(paths)
    if book is not None:
        return book
    first = "; ".join(map(str, problems[:_MOST_PROBLEMS_LOGGED]))
    _log.warning(
        "%s: %d problems, so the packaged rates hold without overrides; otel-costing rates check lists all. %s",
        OVERRIDES_VARIABLE,
        len(problems),
        first,
    )
    return packaged_rates()
