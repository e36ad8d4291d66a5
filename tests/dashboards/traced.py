"""What the dashboard of one trace asks, asked of a ledger itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from dashboards.queries import question
from otel_costing.clickhouse.store import Store
from tests.calls import TRACE
from tests.dashboards.macros import expand

YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
Row = dict[str, Any]


def shown(store: Store, name: str, trace_id: str = TRACE) -> list[Row]:
    """Return the answer to a question, by its name in `dashboards/sql`."""
    begins, ends = YEAR
    sql = expand(question(name), time_from=begins, time_to=ends, variables={"trace_id": trace_id})
    answer = store.connection.query(sql)
    return [dict(zip(answer.names, row, strict=True)) for row in answer.rows]
