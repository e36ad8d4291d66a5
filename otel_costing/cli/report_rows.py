"""What a report answers, as rows of Python values and as the document of JSON: absent is None."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_costing.cli.options import BadInput
from otel_costing.cli.report_tables import CLAIMS, Row, shows_claims, total_usd

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store
    from otel_costing.rollup import Total


class Question(NamedTuple):
    """What a report is asked, but for its dimensions."""

    pays: str
    since: datetime | None
    until: datetime | None
    period: str | None
    where: Sequence[tuple[str, str]]
    known_until: datetime | None
    time_zone: str

    def said(self) -> dict[str, Any]:
        """Return what a report's document says of it."""
        return {
            "pays": self.pays,
            "since": self.since,
            "until": self.until,
            "period": self.period,
            "as_of": self.known_until,
            "time_zone": self.time_zone,
        }


def report_rows(
    store: Store,
    by: Sequence[str],
    *,
    pays: str = "owner",
    since: datetime | None = None,
    until: datetime | None = None,
    period: str | None = None,
    where: Sequence[tuple[str, str]] = (),
    known_until: datetime | None = None,
    time_zone: str = "UTC",
) -> list[Row]:
    """Return a report's rows as JSON has them; absent is None.

    `quantity` only with the meter. `unverified_usd` and `unverified_calls`, of callers that are claimed alone, only
    where the caller pays and some token binds a team: else no claim can be more than that.
    """
    asked = Question(pays, since, until, period, where, known_until, time_zone)
    claims = pays == "caller" and knows_verified_callers(store)
    totals = report_totals(store, by, asked, claims=claims)
    return [_row(by, total, claims=claims) for total in totals]


def report_totals(
    store: Store, by: Sequence[str], asked: Question, *, claims: bool = True
) -> list[Total]:
    """Return a report's totals, what is only claimed summed apart or not.

    Raises:
        BadInput: it cannot be asked, in a sentence.
    """
    from otel_costing.clickhouse.reports import report

    try:
        return report(store, by, claims=claims, **asked._asdict())
    except ValueError as refused:
        raise BadInput(f"{refused}.") from None


def knows_verified_callers(store: Store) -> bool:
    """Tell whether some token binds a team: else no claim can be more than that."""
    from otel_costing.clickhouse.reports import binds_teams

    return binds_teams(store)


def _row(by: Sequence[str], total: Total, *, claims: bool) -> Row:
    row: Row = dict(zip(by, total.values, strict=True))
    row.update(usd=total.usd, calls=total.calls, unpriced_calls=total.unpriced_calls)
    if "meter" in by:
        row["quantity"] = total.quantity
    if claims:
        row.update(unverified_usd=total.unverified_usd, unverified_calls=total.unverified_calls)
    return row


def columns_of(dimensions: Sequence[str], rows: Sequence[Row]) -> tuple[str, ...]:
    """Return the columns of a report's rows as CSV has them."""
    quantity = ("quantity",) if "meter" in dimensions else ()
    claims = CLAIMS if shows_claims(rows) else ()
    return (*dimensions, "usd", "calls", "unpriced_calls", *quantity, *claims)


def report_document(rows: Sequence[Row], status: Mapping[str, Any], **asked: Any) -> dict[str, Any]:
    """Return the JSON document of DESIGN: rows, total, and what was asked, see `document_of_question`."""
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
    """Return what was asked, and how its period stands (`period_status`), as JSON has it."""
    return {
        "pays": pays,
        "since": None if since is None else since.isoformat(),
        "until": None if until is None else until.isoformat(),
        "period": period,
        "time_zone": time_zone,
        **status,
        "as_of": None if as_of is None else as_of.isoformat(),
    }
