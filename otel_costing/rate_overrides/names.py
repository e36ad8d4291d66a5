"""Names that only one team uses: deployments and inference profiles, before the names of the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from otel_costing.problems import Problem
from otel_costing.rate_book.compile import Book
from otel_costing.rate_book.names import Names, Resolution, closest
from otel_costing.rate_overrides.files import Overrides


class TeamName(NamedTuple):
    """What a team's name stands for."""

    provider: str
    """Canonical."""
    model: str
    """Any name that the book knows."""
    place: str
    """File and line that say so."""


TeamNames = Mapping[tuple[str, str], TeamName]
"""By canonical provider and exact name."""


def resolved(names: Names, team: TeamNames, provider: str, model: str) -> Resolution | None:
    """Return the one model that names mean: the team's exact name, the tables, the team's name within theirs.

    The last is for a name that an emitter dressed up (`converse/arn:...`) and a pattern of the tables undresses.
    """
    canonical = names.provider(provider)
    if (canonical, model) in team:
        return _by_way_of(names, team, canonical, (model,))
    found = names.resolve(provider, model)
    if found is not None or not team:
        return found
    steps = names.steps(provider, model)
    for number, step in enumerate(steps, start=1):
        if (canonical, step) in team:
            return _by_way_of(names, team, canonical, steps[:number])
    return None


def _by_way_of(
    names: Names, team: TeamNames, canonical: str, steps: tuple[str, ...]
) -> Resolution | None:
    meant = team[canonical, steps[-1]]
    found = names.resolve(meant.provider, meant.model)
    if found is None or meant[:2] == (canonical, steps[-1]):
        return found and found._replace(steps=steps)
    at = "" if meant.provider == canonical else f"{meant.provider}/"
    return found._replace(steps=(*steps, f"{at}{meant.model}", *found.steps[1:]))


def add_deployments(
    book: Book, names: Names, file: Overrides, team: dict[tuple[str, str], TeamName]
) -> Iterator[Problem]:
    """Add to `team` what a file calls its deployments; yield those that mean nothing."""
    lines: dict[tuple[str, str], int] = {}
    for provider, name, target, line in file.deployments:
        place = f"{file.path}:{line}"
        canonical = names.provider(provider)
        if not canonical:
            yield Problem(place, no_provider(book, provider))
            continue
        other = lines.setdefault((canonical, name), line)
        if other != line:
            yield Problem(place, f"{canonical}/{name} stands on line {other} already; keep one")
        meant = _meant(names, canonical, target)
        if meant is None:
            yield Problem(place, no_model(book, names, canonical, target))
        else:
            team[canonical, name] = TeamName(*meant, place)


def _meant(names: Names, provider: str, target: str) -> tuple[str, str] | None:
    at, slash, model = target.partition("/")
    if names.resolve(provider, target) is not None:
        return provider, target
    if slash and names.resolve(at, model) is not None:
        return names.provider(at), model
    return None


def no_provider(book: Book, provider: str) -> str:
    """Say that there is no such provider, and what comes closest."""
    known = sorted(book["models"])
    near = closest(provider.lower(), known) or known
    return f"there is no provider {provider!r}; closest: {', '.join(near)}"


def no_model(book: Book, names: Names, provider: str, model: str) -> str:
    """Say that a provider has no such model, and what comes closest; `model` may be `provider/model`."""
    at, slash, rest = model.partition("/")
    if slash and names.provider(at):
        provider, model = names.provider(at), rest
    near = closest(model, book["models"].get(provider, {}))
    hint = f"; closest: {', '.join(near)}" if near else ""
    return f"{provider} has no model {model!r}{hint}"
