"""Checked rate tables -> the compiled book: one row per rate, its id, and the digest of it all.

`python -m otel_costing.rate_book.compile` writes `book.json` beside the tables of a checkout.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from itertools import pairwise, zip_longest
from pathlib import Path
from typing import Any, NamedTuple

from otel_costing.meters import METERS
from otel_costing.problems import Problem
from otel_costing.rate_book.files import Band, ModelEntry, Prices, RateEntry, Table, read_table
from otel_costing.rate_book.located_yaml import read_yaml
from otel_costing.rate_book.names import NameRules, Names, Rewrite, read_names

NAMES_FILE = "names.yaml"
BOOK_FILE = "book.json"
Row = dict[str, Any]
Book = dict[str, Any]


def tables_directory() -> Path:
    """Return where the rate tables are: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent.parent
    packaged = package / "rate_tables"
    return packaged if packaged.is_dir() else package.parent / "rates"


class Sources(NamedTuple):
    """The tables of a book as written."""

    tables: tuple[Table, ...]
    names: NameRules


def table_paths(paths: Path | Iterable[Path]) -> list[Path]:
    """Return the YAML files meant by a directory, or by a list of files and directories."""
    given = [paths] if isinstance(paths, Path) else list(paths)
    return sorted(
        {path for each in given for path in (each.glob("*.yaml") if each.is_dir() else [each])}
    )


def read_sources(paths: Path | Iterable[Path]) -> tuple[Sources, list[Problem]]:
    """Read every table of `paths`, and all that is wrong with them."""
    problems: list[Problem] = []
    names = NameRules({}, {}, ())
    tables = []
    for path in table_paths(paths):
        value = read_yaml(path, problems)
        if value is None:
            continue
        if path.name == NAMES_FILE:
            names = read_names(value, str(path), problems) or names
        elif (table := read_table(value, str(path), problems)) is not None:
            tables.append(table)
    sources = Sources(tuple(tables), names)
    problems.extend(_conflicts(sources))
    return sources, problems


def compile_book(sources: Sources) -> Book:
    """Return the book as plain JSON values; equal tables give equal books, whatever their files' order."""
    names = sources.names
    tables = {table.provider: _models(table) for table in sources.tables}
    providers = {**names.providers, **{provider: provider for provider in tables}}
    book: Book = {
        "providers": dict(sorted(providers.items())),
        "tiers": dict(sorted(names.tiers.items())),
        "rewrites": [[each.pattern, list(each.providers)] for each in names.rewrites],
        "models": dict(sorted(tables.items())),
    }
    return {"digest": digest_of([_priced(book), list(METERS.values())]), **book}


def names_of(book: Book) -> Names:
    """Return what resolves names against the models of a compiled book."""
    rewrites = tuple(Rewrite(pattern, tuple(providers)) for pattern, providers in book["rewrites"])
    rules = NameRules(book["providers"], book["tiers"], rewrites)
    return Names(rules, {each: _exact_names(table) for each, table in book["models"].items()})


def _exact_names(table: Mapping[str, Any]) -> dict[str, str]:
    names = {alias: model for model, entry in table.items() for alias in entry["aliases"]}
    return {**names, **{model: model for model in table}}


def _models(table: Table) -> dict[str, Any]:
    models = sorted(table.models, key=lambda model: model.id)
    return {
        model.id: {
            "aliases": sorted(model.aliases),
            "rates": model_rows(table.provider, model),
        }
        for model in models
    }


def model_rows(provider: str, model: ModelEntry) -> list[Row]:
    """Return the rows of one model, by id."""
    return sorted(_rows(provider, model), key=lambda row: str(row["id"]))


def _rows(provider: str, model: ModelEntry) -> Iterator[Row]:
    for (tier, region), entries in _by_condition(model).items():
        for entry, later in zip_longest(entries, entries[1:]):
            next_start = None if later is None else later.starts_ns
            until = next_start if entry.ends_ns is None else entry.ends_ns
            dated = {"tier": tier, "region": region, "clock": entry.clock, "from": entry.starts_ns}
            if entry.currency:
                dated["currency"] = entry.currency
            for row in _entry_rows(entry):
                content = {**dated, **row, "assumptions": _assumptions(model, entry)}
                yield {
                    "id": rate_id(provider, model.id, content),
                    **content,
                    "until": until,
                    "source": model.source,
                    "checked": model.checked,
                }


def _assumptions(model: ModelEntry, entry: RateEntry) -> list[str]:
    return [*model.assumptions, *(["assumed_start"] if entry.starts_ns is None else [])]


def _entry_rows(entry: RateEntry) -> Iterator[Row]:
    yield from ({"hours": None, **row} for row in _band_rows(entry.bands))
    for window in entry.windows:
        start_s, end_s, days = window.hours
        hours = [start_s, end_s, list(days)]
        yield from ({"hours": hours, **row} for row in _band_rows(window.bands))


def _band_rows(bands: Sequence[Band]) -> Iterator[Row]:
    if bands[-1].marginal:
        steps = [[band.floor, _written(band.prices)] for band in bands[1:]]
        yield {"floor": 0, "ceiling": None, "prices": _written(bands[0].prices), "steps": steps}
        return
    ceilings = [band.floor for band in bands[1:]] + [None]
    for band, ceiling in zip(bands, ceilings, strict=True):
        yield {"floor": band.floor, "ceiling": ceiling, "prices": _written(band.prices)}


def _written(prices: Prices) -> dict[str, list[Any]]:
    return {meter: [str(price.usd), price.per] for meter, price in sorted(prices.items())}


def _by_condition(model: ModelEntry) -> dict[tuple[str, str], list[RateEntry]]:
    groups: dict[tuple[str, str], list[RateEntry]] = {}
    for entry in model.rates:
        for region in entry.regions or ("",):
            groups.setdefault((entry.tier, region), []).append(entry)
    for entries in groups.values():
        entries.sort(key=lambda entry: (entry.starts_ns is not None, entry.starts_ns or 0))
    return groups


def rate_id(provider: str, model: str, content: Row, agreed: str = "") -> str:
    """Return a readable prefix and a digest of what a rate states; `agreed` names who changed it."""
    special = [content["tier"]] if content["tier"] != "standard" else []
    special += [content["region"]] if content["region"] else []
    special += [f">={content['floor']}"] if content["floor"] else []
    special += [_hours_text(content["hours"])] if content["hours"] else []
    conditions = f"[{','.join(special)}]" if special else ""
    starts_ns = content["from"]
    since = "" if starts_ns is None else f"@{_utc_day(starts_ns)}"
    by = f"+{agreed}" if agreed else ""
    digest = digest_of([provider, model, content])[:12]
    return f"{provider}/{model}{conditions}{since}{by}#{digest}"


def _hours_text(hours: list[Any]) -> str:
    return "-".join(f"{second // 3600:02}:{second // 60 % 60:02}" for second in hours[:2])


def _utc_day(instant_ns: int) -> str:
    return datetime.fromtimestamp(instant_ns // 10**9, UTC).date().isoformat()


def _priced(book: Book) -> Book:
    """The book without what cannot change a price: where and when its rates were read."""
    models = {
        provider: {
            model: [entry["aliases"], [_priced_row(row) for row in entry["rates"]]]
            for model, entry in table.items()
        }
        for provider, table in book["models"].items()
    }
    return {**book, "models": models}


def _priced_row(row: Row) -> Row:
    return {key: value for key, value in row.items() if key not in {"source", "checked"}}


def digest_of(value: object) -> str:
    """Return SHA-256 in hex of plain JSON values, whatever the order of their keys."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(text.encode()).hexdigest()


def _conflicts(sources: Sources) -> Iterator[Problem]:
    owners: dict[str, Table] = {}
    for table in sources.tables:
        other = owners.setdefault(table.provider, table)
        if other is not table:
            what = f"{table.provider} already has a table, {other.name}; one provider, one file"
            yield Problem(f"{table.name}:{table.line}", what)
        yield from _name_conflicts(table)
        for model in table.models:
            yield from time_conflicts(table.name, model)


def _name_conflicts(table: Table) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for model in table.models:
        for name in (model.id, *model.aliases):
            other = owners.setdefault(name, model.id)
            if other != model.id:
                what = f"{name!r} names both {other!r} and {model.id!r}; a name has one meaning"
                yield Problem(f"{table.name}:{model.line}", what)


def time_conflicts(name: str, model: ModelEntry) -> Iterator[Problem]:
    """Yield what is wrong with the intervals of a model's rates; `name` is the file's."""
    for (tier, region), entries in _by_condition(model).items():
        scope = f"{model.id!r}, tier {tier}" + (f", region {region}" if region else "")
        for entry, later in pairwise(entries):
            place = f"{name}:{later.line}"
            if entry.starts_ns == later.starts_ns:
                yield Problem(
                    place,
                    f"{scope}: two rates start at the same instant; line {entry.line} has the other",
                )
            elif (
                entry.ends_ns is not None
                and later.starts_ns is not None
                and entry.ends_ns > later.starts_ns
            ):
                yield Problem(
                    place, f"{scope}: overlaps the rate of line {entry.line}, whose until is later"
                )
        for entry in entries:
            if entry.ends_ns is not None and entry.ends_ns <= (
                entry.starts_ns or entry.ends_ns - 1
            ):
                yield Problem(f"{name}:{entry.line}", f"{scope}: until is not after from")


def write_book(directory: Path) -> list[Problem]:
    """Compile the tables of `directory` into its `book.json`; nothing is written if any problem is found."""
    sources, problems = read_sources(directory)
    if not problems:
        text = json.dumps(compile_book(sources), ensure_ascii=False, separators=(",", ":"))
        # One rate a line keeps the file's history readable.
        (directory / BOOK_FILE).write_text(
            text.replace('{"id":', '\n{"id":') + "\n", encoding="utf-8"
        )
    return problems


if __name__ == "__main__":
    for problem in write_book(tables_directory()):
        print(problem)  # noqa: T201 - this is a command
