"""Tables are written as a person writes them, and what was read is written back as it stood."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.meters import METERS
from otel_costing.rate_book.compile import table_paths
from otel_costing.rate_book.files import Band, ModelEntry, Price, RateEntry, Table, Window
from otel_costing.rate_book.hours import Hours
from otel_costing.rate_keeping.writing import head_of, write_table
from otel_costing.rates import tables_directory
from tests.rate_books import one_model
from tests.small_catalogues import table_of

TABLES = [path for path in table_paths(tables_directory()) if path.name != "names.yaml"]


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.stem)
def test_writing_what_was_read_changes_nothing(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert write_table(table_of(text, str(path)), head_of(text)) == text


@pytest.mark.parametrize(
    "rate",
    [
        '{region: [eu, us], from: "2026-10-14T12:00:00Z", until: 2027-01-01, clock: start, prices: {input: "1"}}',
        '{from: null, prices: {input: {usd: "2", per: 1000}}}',
        'from: 2026-10-14\n        effective: unknown\n        correction: "it was read wrong: 2, not 1"\n        note: by mail\n        prices: {input: "2"}',
        'from: null\n        prices: {input: "1"}\n        context:\n          - {from: 200000, prices: {input: "2"}}\n          - {over: 524288, prices: {input: "3"}}',
        'from: null\n        prices: {input: "1"}\n        hours:\n          - between: "16:30-00:30"\n            days: [sat, sun]\n            prices: {input: "0.5"}\n            context:\n              - {over: 1000, prices: {input: "0.7"}}',
    ],
)
def test_everything_a_rate_can_say_is_written_back(rate: str) -> None:
    text = one_model(f"      - {rate}\n")
    assert write_table(table_of(text)) == text


NAMES = st.text(
    st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=12
)
DAYS = st.integers(0, 40_000).map(lambda day: day * 86_400 * 10**9)
USD = st.decimals(0, 10**6, places=6).map(Decimal.normalize)
PRICES = st.dictionaries(
    st.sampled_from(sorted(METERS)),
    st.builds(Price, USD, st.sampled_from([1, 1000, 10**6])),
    min_size=1,
)
BANDS = PRICES.flatmap(
    lambda prices: st.sampled_from(
        [(Band(0, prices),), (Band(0, prices), Band(200000, prices), Band(272001, prices))]
    )
)
WINDOWS = st.lists(st.builds(Window, st.just(Hours(3600, 60, (0, 2))), BANDS), max_size=1).map(
    tuple
)
RATES = st.builds(
    RateEntry,
    starts_ns=DAYS,
    ends_ns=st.none() | DAYS,
    tier=st.sampled_from(["standard", "batch"]),
    regions=st.lists(NAMES, max_size=2).map(tuple),
    clock=st.sampled_from(["end", "start"]),
    bands=BANDS,
    windows=WINDOWS,
    line=st.just(0),
    currency=st.just(""),
    effective=st.sampled_from(["", "unknown"]),
    correction=st.just("") | NAMES,
    note=st.just("") | NAMES,
)


@given(st.lists(RATES, min_size=1, max_size=2), NAMES, st.lists(NAMES, max_size=9), NAMES)
def test_any_table_reads_back_as_it_was(
    rates: list[RateEntry], name: str, aliases: list[str], note: str
) -> None:
    entry = ModelEntry(
        name, tuple(aliases), (), "https://a.example", "2026-10-01", tuple(rates), 0, note, "", note
    )
    table = Table("t", "acme", "https://a.example", "2026-10-01", (entry,), 1, "there", note)
    back = table_of(write_table(table), "t")
    plain = [rate._replace(line=0) for rate in back.models[0].rates]
    assert back._replace(models=(back.models[0]._replace(rates=tuple(plain), line=0),)) == table
