"""Totals by any dimensions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Protocol

from otel_costing.documents.values import bounds_text, instant_text
from otel_costing.rollup import Total, sum_of

Row = dict[str, Any]
CLAIMS = ("unverified_usd", "unverified_calls")
"""Columns of callers that are claimed alone."""


class Closing(Protocol):
    """What closed a billing month."""

    @property
    def closed_at(self) -> datetime:
        """When."""

    @property
    def closed_by(self) -> str:
        """By whom; empty where nobody said."""


def report_row(by: Sequence[str], total: Total, *, claims: bool) -> Row:
    """Return one row: its dimensions and sums; `quantity` only with the meter, what is only claimed where it is told."""
    row: Row = dict(zip(by, total.values, strict=True))
    row.update(usd=total.usd, calls=total.calls, unpriced_calls=total.unpriced_calls)
    if "meter" in by:
        row["quantity"] = total.quantity
    if claims:
        row.update(unverified_usd=total.unverified_usd, unverified_calls=total.unverified_calls)
    return row


def shows_claims(rows: Sequence[Row]) -> bool:
    """Tell whether rows say what part of them rests on a claim alone."""
    return bool(rows) and CLAIMS[0] in rows[0]


def total_usd(rows: Sequence[Row], column: str = "usd") -> Decimal | None:
    """Return the exact sum of the rows; None where nothing at all is priced."""
    return sum_of(row[column] for row in rows)


def columns_of(dimensions: Sequence[str], rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns of a report's rows as CSV has them."""
    quantity = ("quantity",) if "meter" in dimensions else ()
    claims = CLAIMS if shows_claims(rows) else ()
    return (*dimensions, "usd", "calls", "unpriced_calls", *quantity, *claims)


def report_document(rows: Sequence[Row], status: Mapping[str, Any], **asked: Any) -> dict[str, Any]:
    """Return the document of a report: rows, total, and what was asked, see `document_of_question`."""
    return {
        "rows": rows,
        "total_usd": total_usd(rows),
        **({CLAIMS[0]: total_usd(rows, CLAIMS[0])} if shows_claims(rows) else {}),
        **document_of_question(status, **asked),
    }


def document_of_question(
    status: Mapping[str, Any],
    *,
    pays: str | None,
    since: datetime | None,
    until: datetime | None,
    period: str | None,
    as_of: datetime | None = None,
    time_zone: str = "UTC",
) -> dict[str, Any]:
    """Return what was asked, and how its period stands (`period_status`), as its document has it."""
    return {
        "pays": pays,
        **bounds_text(since, until),
        "period": period,
        "time_zone": time_zone,
        **status,
        "as_of": instant_text(as_of),
    }


def period_status(period: str | None, closing: Closing | None) -> dict[str, Any]:
    """Return what a report's document says of its billing month; `closing` is what holds it closed."""
    if period is None:
        return {"period_status": None, "closed_at": None, "closed_by": None}
    return {
        "period_status": "open" if closing is None else "closed",
        "closed_at": None if closing is None else closing.closed_at.isoformat(),
        "closed_by": None if closing is None else closing.closed_by or None,
    }
