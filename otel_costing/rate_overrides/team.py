"""A team's files -> what they mean in a book: every name resolved, or told where it is not known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from otel_costing.problems import Problem
from otel_costing.rate_book.compile import Book, digest_of, model_rows, names_of, rate_id
from otel_costing.rate_book.contract_terms import Exchange
from otel_costing.rate_overrides.agreed import agreed
from otel_costing.rate_overrides.check import wrong_prices
from otel_costing.rate_overrides.files import Overrides, PrivateModel
from otel_costing.rate_overrides.names import TeamName, TeamNames, add_deployments
from otel_costing.rate_overrides.prices import Terms


class Team(NamedTuple):
    """What a team's files change in a book."""

    names: TeamNames
    terms: Terms

    def terms_of(
        self, provider: str, model: str, rows: Iterable[Mapping[str, Any]]
    ) -> Terms | None:
        """Return what may change the rows of a model, or None."""
        contracts = tuple(each for each in self.terms.contracts if each.covers(provider, model))
        is_foreign = any(row.get("currency") for row in rows)
        return Terms(contracts, self.terms.exchanges) if contracts or is_foreign else None


NO_TEAM = Team({}, Terms((), {}))


def overridden(book: Book, files: Sequence[Overrides]) -> tuple[Book, Team, list[Problem]]:
    """Return the book with a team's models in it and what else the team's files change.

    Its digest is that of the book, `+`, and that of the files in their order.
    """
    problems: list[Problem] = []
    book = {
        **book,
        "digest": f"{book['digest']}+{digest_of([each.digest for each in files])}",
        "providers": dict(book["providers"]),
        "models": dict(book["models"]),
    }
    team_names: dict[tuple[str, str], TeamName] = {}
    for file in files:
        problems.extend(_add_models(book, file, team_names))
    names = names_of(book)
    contracts, exchanges = [], dict[str, tuple[Exchange, ...]]()
    for file in files:
        problems.extend(add_deployments(book, names, file, team_names))
        contracts += agreed(book, names, file, problems)
        exchanges |= _by_currency(file.exchanges)
    terms = Terms(tuple(contracts), exchanges)
    problems.extend(dict.fromkeys(wrong_prices(book, terms)))
    return book, Team(team_names, terms), problems


def _by_currency(exchanges: Iterable[Exchange]) -> dict[str, tuple[Exchange, ...]]:
    """A later file's rates of a currency stand for those of an earlier one."""
    rates: dict[str, list[Exchange]] = {}
    for each in exchanges:
        rates.setdefault(each.currency, []).append(each)
    return {currency: tuple(each) for currency, each in rates.items()}


def _add_models(
    book: Book, file: Overrides, team_names: dict[tuple[str, str], TeamName]
) -> Iterator[Problem]:
    lines: dict[tuple[str, str], int] = {}
    for private in file.models:
        entry = private.entry
        provider = book["providers"].setdefault(private.provider.lower(), private.provider)
        table = book["models"].get(provider, {})
        place = f"{file.path}:{entry.line}"
        other = lines.setdefault((provider, entry.id), entry.line)
        if other != entry.line:
            yield Problem(place, f"{provider}/{entry.id} stands on line {other} already; keep one")
        names = (entry.id, *entry.aliases)
        if private.replaces and not any(name in table or _owner(table, name) for name in names):
            yield Problem(place, f"{provider} has no {entry.id!r} to replace; leave replaces out")
        for name in names:
            if not private.replaces and (owner := _owner(table, name)):
                what = f"{name!r} is {provider}/{owner} in the tables; say replaces: true, or name it otherwise"
                yield Problem(place, what)
            team_names[provider, name] = TeamName(provider, entry.id, place)
        # A model that is replaced keeps its other names: they still mean it.
        aliases = {*entry.aliases, *table.get(entry.id, {}).get("aliases", ())}
        added = {"aliases": sorted(aliases), "rates": _rows(provider, private, file)}
        book["models"][provider] = {**table, entry.id: added}
    book["models"] = dict(sorted(book["models"].items()))


def _owner(table: Mapping[str, Any], name: str) -> str:
    """Return the model of the tables that a name is of; one that a team wrote before may be written again."""
    listed = {model: each for model, each in table.items() if not _is_private(each)}
    if name in listed:
        return name
    return next((model for model, each in listed.items() if name in each["aliases"]), "")


def _is_private(entry: Mapping[str, Any]) -> bool:
    return any("by" in row for row in entry["rates"])


def _rows(provider: str, private: PrivateModel, file: Overrides) -> list[dict[str, Any]]:
    place = f"{file.path}:{private.entry.line}"
    reason = f" (free: {private.reason})" if private.reason else ""
    rows = []
    for row in model_rows(provider, private.entry):
        left = {"id", "until", "source", "checked"}
        content = {key: value for key, value in row.items() if key not in left}
        named = {"id": rate_id(provider, private.entry.id, content, file.name)}
        told = {"source": f"{row['source']}{reason}", "place": place, "by": file.name}
        rows.append({**row, **named, **told})
    return rows
