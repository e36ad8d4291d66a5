"""The directory of tables: read and written by a refresh, nothing lost."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from otel_costing.cli.options import BadInput
from otel_costing.cli.rates_refresh import refresh_directory
from otel_costing.rate_keeping.check import check
from otel_costing.rates import tables_directory
from tests.rate_books import one_model
from tests.small_catalogues import catalogue, model, priced, tables_in

TODAY = date(2026, 11, 22)
ACME = "# Acme, by hand.\n" + one_model('      - {from: null, prices: {input: "3"}}\n')
UNCHANGED = model("m", priced(input_mtok="3"))


def test_a_refresh_writes_the_tables_and_the_book_they_compile_to(tmp_path: Path) -> None:
    tables_in(tmp_path, ACME)
    notes = refresh_directory(tmp_path, catalogue(model("m", priced(input_mtok="2"))), TODAY)
    assert "input 3 to 2" in notes
    assert (tmp_path / "acme.yaml").read_text() == ACME.replace(
        "checked: 2026-10-01", "via: genai-prices 9.9\nchecked: 2026-11-22"
    ) + '      - {from: 2026-11-22, effective: unknown, prices: {input: "2"}}\n'
    assert check(tmp_path) == []


def test_an_unchanged_catalogue_changes_only_the_line_of_the_day(tmp_path: Path) -> None:
    tables_in(tmp_path, ACME)
    refresh_directory(tmp_path, catalogue(UNCHANGED), date(2026, 11, 1))
    before = (tmp_path / "acme.yaml").read_text().splitlines()
    refresh_directory(tmp_path, catalogue(UNCHANGED), TODAY)
    after = (tmp_path / "acme.yaml").read_text().splitlines()
    assert [new for old, new in zip(before, after, strict=True) if old != new] == [
        "checked: 2026-11-22"
    ]


def test_a_dry_run_writes_nothing(tmp_path: Path) -> None:
    tables_in(tmp_path, ACME)
    refresh_directory(tmp_path, catalogue(model("n", priced(input_mtok="2"))), TODAY, dry_run=True)
    assert (tmp_path / "acme.yaml").read_text() == ACME
    assert not (tmp_path / "book.json").exists()


def test_a_new_table_says_in_its_head_what_the_catalogue_says_of_its_prices(tmp_path: Path) -> None:
    tables_in(tmp_path)
    said = "Converted from another currency. " * 6
    refresh_directory(tmp_path, catalogue(UNCHANGED, price_comments=said), TODAY)
    text = (tmp_path / "acme.yaml").read_text()
    assert text.startswith("# Acme. Converted from another currency.")
    assert "provider: acme\nsource: https://acme.example/pricing\nvia: genai-prices 9.9\n" in text
    assert max(map(len, text.splitlines())) <= 120


def test_a_comment_that_would_be_lost_stops_the_refresh(tmp_path: Path) -> None:
    tables_in(tmp_path, ACME.replace("  m:\n", "  # a thought\n  m:\n"))
    with pytest.raises(BadInput, match=r"acme.yaml:6: move this comment into a note"):
        refresh_directory(tmp_path, catalogue(UNCHANGED), TODAY)


def test_tables_with_a_problem_stop_the_refresh(tmp_path: Path) -> None:
    tables_in(tmp_path, ACME)
    (tmp_path / "wrong.yaml").write_text("provider: wrong\n")
    with pytest.raises(BadInput, match="lacks source"):
        refresh_directory(tmp_path, catalogue(UNCHANGED), TODAY)


def test_the_packaged_tables_have_no_comment_that_a_refresh_would_lose() -> None:
    from otel_costing.rate_keeping.directory import comments_in_tables

    assert comments_in_tables(tables_directory()) == []
