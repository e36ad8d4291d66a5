"""A report, asked of a ledger."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from otel_costing.cli.ledger import refused_in_a_sentence
from otel_costing.documents.report import Row, report_row

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
    from otel_costing.clickhouse.reports import verifies_callers

    asked = Question(pays, since, until, period, where, known_until, time_zone)
    claims = verifies_callers(store, pays)
    totals = report_totals(store, by, asked, claims=claims)
    return [report_row(by, total, claims=claims) for total in totals]


def report_totals(
    store: Store, by: Sequence[str], asked: Question, *, claims: bool = True
) -> list[Total]:
    """Return a report's totals, what is only claimed summed apart or not.

    Raises:
        BadInput: it cannot be asked, in a sentence.
    """
    from otel_costing.clickhouse.reports import report

    with refused_in_a_sentence():
        return report(store, by, claims=claims, **asked._asdict())
