"""The contracts of a team's file -> contracts about models of the book, and why one cannot be kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from itertools import combinations

from otel_costing.problems import Problem
from otel_costing.rate_book.compile import Book
from otel_costing.rate_book.contract_terms import Contract, meet
from otel_costing.rate_book.names import Names, closest
from otel_costing.rate_overrides.contracts import Agreement
from otel_costing.rate_overrides.files import Overrides
from otel_costing.rate_overrides.names import no_model, no_provider

_PATTERN = frozenset("*?[")


def agreed(book: Book, names: Names, file: Overrides, problems: list[Problem]) -> list[Contract]:
    """Return the contracts of a file; what is wrong with them is added to `problems`."""
    contracts = []
    for agreement in file.agreements:
        place = f"{file.path}:{agreement.line}"
        provider = names.provider(agreement.provider)
        if provider not in book["models"]:
            problems.append(Problem(place, no_provider(book, agreement.provider)))
            continue
        models, unknown = _models(book, names, provider, agreement.models)
        problems.extend(Problem(place, what) for what in unknown)
        if not unknown:
            contracts.append(_contract(file, agreement, place, provider, models))
    problems.extend(_conflicts(contracts))
    return contracts


def _models(
    book: Book, names: Names, provider: str, written: Sequence[str]
) -> tuple[frozenset[str] | None, list[str]]:
    """Return the ids that exact names and patterns mean, and what is wrong with those that mean none."""
    if not written:
        return None, []
    table = book["models"][provider]
    meant: set[str] = set()
    unknown = []
    for name in written:
        matching = [model for model in table if fnmatchcase(model, name)]
        found = None if matching else names.resolve(provider, name)
        if matching or (found and len(found.steps) == 1):
            meant.update(matching or (found.model for found in (found,) if found))
        elif found:
            unknown.append(f"{name!r} is one of several names for {found.model!r}; write that")
        elif _PATTERN & set(name):
            near = closest(name, table)
            hint = f"; closest: {', '.join(near)}" if near else ""
            unknown.append(f"no model of {provider} matches {name!r}{hint}")
        else:
            unknown.append(no_model(book, names, provider, name))
    return frozenset(meant), unknown


def _contract(
    file: Overrides,
    agreement: Agreement,
    place: str,
    provider: str,
    models: frozenset[str] | None,
) -> Contract:
    return Contract(
        file.name,
        place,
        provider,
        models,
        frozenset(agreement.meters) or None,
        frozenset(agreement.tiers) or None,
        agreement.starts_ns,
        agreement.ends_ns,
        agreement.percent,
        agreement.prices,
        agreement.currency,
        agreement.source,
        agreement.checked,
        agreement.reason,
    )


def _conflicts(contracts: Sequence[Contract]) -> Iterator[Problem]:
    for one, other in combinations(contracts, 2):
        if one.provider == other.provider and _both_match(one, other):
            line = one.place.rpartition(":")[2]
            what = (
                f"prices what the contract of line {line} prices too; narrow one of them by models, meters, "
                "tiers or time, or move this one to a later file, which wins"
            )
            yield Problem(other.place, what)


def _both_match(one: Contract, other: Contract) -> bool:
    return (
        meet(one.starts_ns, one.ends_ns, other.starts_ns, other.ends_ns)
        and _share(one.models, other.models)
        and _share(one.meters, other.meters)
        and _share(one.tiers, other.tiers)
    )


def _share(one: frozenset[str] | None, other: frozenset[str] | None) -> bool:
    return one is None or other is None or not one.isdisjoint(other)
