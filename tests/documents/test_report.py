"""A report's document: its rows add up to its total, and say no more than was asked."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import NamedTuple

import pytest

from otel_costing.documents.report import (
    CLAIMS,
    columns_of,
    period_status,
    report_document,
    report_row,
)
from otel_costing.rollup import Total

SEARCH = Total(("search",), Decimal("1.5"), 3, 1, 700, Decimal("0.5"), 1)
NOBODY = Total((None,), None, 1, 1, None, None, 0)
ASKED = {"pays": "owner", "since": None, "until": None, "period": None}


class Closed(NamedTuple):
    """As a ledger says it."""

    closed_at: datetime
    closed_by: str


def test_rows_add_up_to_the_total_and_unknown_is_no_zero() -> None:
    rows = [report_row(("team",), one, claims=False) for one in (SEARCH, NOBODY)]
    document = report_document(rows, period_status(None, None), **ASKED)

    assert document["total_usd"] == Decimal("1.5")
    assert rows[1] == {"team": None, "usd": None, "calls": 1, "unpriced_calls": 1}
    assert report_document(rows[1:], {}, **ASKED)["total_usd"] is None


@pytest.mark.parametrize(
    ("by", "more"),
    [("team", ()), ("meter", ("quantity",)), ("team", CLAIMS)],
)
def test_a_row_has_the_columns_that_csv_has(by: str, more: tuple[str, ...]) -> None:
    row = report_row((by,), SEARCH, claims=more == CLAIMS)

    assert tuple(row) == columns_of((by,), [row]) == (by, "usd", "calls", "unpriced_calls", *more)


@pytest.mark.parametrize(
    ("period", "closing", "status", "by"),
    [
        (None, None, None, None),
        ("2026-10", None, "open", None),
        ("2026-10", Closed(datetime(2026, 11, 3, tzinfo=UTC), "ada"), "closed", "ada"),
        ("2026-10", Closed(datetime(2026, 11, 3, tzinfo=UTC), ""), "closed", None),
    ],
)
def test_a_month_is_open_or_closed_by_somebody(
    period: str | None, closing: Closed | None, status: str | None, by: str | None
) -> None:
    said = period_status(period, closing)

    assert (said["period_status"], said["closed_by"]) == (status, by)
    assert (said["closed_at"] is None) is (closing is None)
