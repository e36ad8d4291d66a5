"""The installed genai-prices catalogue and our tables, which were made from it."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest

from otel_costing.cli.rates_refresh import refresh_directory
from otel_costing.rate_book.compile import table_paths
from otel_costing.rate_keeping.sources import installed_catalogue
from otel_costing.rates import tables_directory

pytest.importorskip("genai_prices")
TODAY = date(2026, 11, 22)


def test_everything_it_knows_is_read_or_counted() -> None:
    from genai_prices.data import providers

    catalogue = installed_catalogue()
    assert {table.provider for table in catalogue.tables} >= {"openrouter", "moonshot_ai", "x_ai"}
    known = sum(len(table.models) for table in catalogue.tables if table.provider != "gcp.gemini")
    listed = sum(len(provider.models) for provider in providers)
    assert known == listed - catalogue.left_out["models without a price"]


def test_refreshing_from_the_version_the_tables_were_made_from_changes_no_price(
    tmp_path: Path,
) -> None:
    catalogue = installed_catalogue()
    if catalogue.name != "genai-prices 0.2.3":
        pytest.skip(f"the tables were made from 0.2.3, installed is {catalogue.name}")
    directory = tmp_path / "rates"
    shutil.copytree(tables_directory(), directory)
    notes = refresh_directory(directory, catalogue, TODAY)
    assert notes.splitlines()[2] == "No price changed. 5 left to a person."
    for path in table_paths(tables_directory()):
        before, after = (each.read_text().splitlines() for each in (path, directory / path.name))
        changed = [new for old, new in zip(before, after, strict=True) if old != new]
        assert set(changed) <= {"checked: 2026-11-22"}, path.name
