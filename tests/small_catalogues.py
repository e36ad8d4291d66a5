"""Small catalogues for tests, in the shape genai-prices publishes."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from otel_costing.instants import ns_of
from otel_costing.problems import Problem
from otel_costing.rate_book.files import RateEntry, Table, read_table
from otel_costing.rate_book.located_yaml import parse_yaml
from otel_costing.rate_keeping.catalogue import Catalogue, catalogue_of
from tests.rate_books import one_model


def priced(**usd: str) -> dict[str, Any]:
    """Return prices as the catalogue writes them."""
    return {key: Decimal(text) for key, text in usd.items()}


def from_day(day: str, **usd: str) -> dict[str, Any]:
    """Return a price with the day on which it takes effect."""
    return {"constraint": {"start_date": day}, "prices": priced(**usd)}


def model(name: str, prices: Any, **more: Any) -> dict[str, Any]:
    """Return a model that is matched by its own id unless `match` says otherwise."""
    return {"id": name, "match": {"equals": name}, "prices": prices, **more}


def catalogue(*models: dict[str, Any], provider: str = "acme", **more: Any) -> Catalogue:
    """Return the catalogue of one provider."""
    known = {"id": provider, "name": "Acme", "pricing_urls": ["https://acme.example/pricing"]}
    return catalogue_of([{**known, "models": models, **more}], "genai-prices 9.9")


def table_of(text: str, name: str = "acme.yaml") -> Table:
    """Return the table of a YAML text that has no problem."""
    problems: list[Problem] = []
    value = parse_yaml(text, name, problems)
    assert value is not None
    table = read_table(value, name, problems)
    assert problems == []
    assert table is not None
    return table


def rates_of(text: str) -> tuple[RateEntry, ...]:
    """Return the rates written in YAML, indented by six."""
    return table_of(one_model(text)).models[0].rates


def day_ns(day: str) -> int:
    """Return a day's midnight, UTC."""
    return ns_of(datetime.fromisoformat(day).replace(tzinfo=UTC))


def tables_in(directory: Path, *texts: str) -> Path:
    """Write tables, each to the file of its provider, and names."""
    (directory / "names.yaml").write_text("providers: {}\ntiers: {}\npatterns: []\n")
    for text in texts:
        (directory / f"{table_of(text).provider}.yaml").write_text(text, encoding="utf-8")
    return directory
