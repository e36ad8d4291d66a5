"""What of a report's total is not production: said beneath it, as a total without that would mislead."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from otel_costing.cli.output import money_column, on_one_line
from otel_costing.cli.report_rows import Question, report_rows

if TYPE_CHECKING:
    from otel_costing.clickhouse.store import Store

_PURPOSE = "purpose"
_PRODUCTION = "production"


def said_of_purposes(store: Store, dimensions: Sequence[str], asked: Question) -> list[str]:
    """Return a sentence for each purpose other than production; none where the report tells of purposes itself."""
    if _PURPOSE in dimensions or any(name == _PURPOSE for name, _ in asked.where):
        return []
    return list(_sentences(store, asked))


def _sentences(store: Store, asked: Question) -> Iterator[str]:
    rows = report_rows(store, (_PURPOSE,), **asked._asdict())
    others = [row for row in rows if row[_PURPOSE] not in {None, _PRODUCTION}]
    amounts = money_column([row["usd"] for row in others])
    for row, usd in zip(others, amounts, strict=True):
        known = "no known price" if row["usd"] is None else f"{usd} USD"
        yield f"of which {on_one_line(row[_PURPOSE])}: {known} in {row['calls']:,} calls"
