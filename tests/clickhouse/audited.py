"""What must be the same before and after whatever is no correction."""

from __future__ import annotations

from typing import NamedTuple

from otel_costing.clickhouse.store import Store
from tests.clickhouse.auditors import faults_in
from tests.clickhouse.tables import rows


class Audited(NamedTuple):
    """What must be the same before and after whatever is no correction."""

    digests: dict[str, str]
    """Of every entry, which the audit has recomputed from what its row says."""
    net: list[tuple[object, ...]]
    rollup: list[tuple[object, ...]]


def audited(store: Store, *but_for: str) -> Audited:
    """Audit, and return the digests and the totals; `but_for` are checks that may find something."""
    # The rate of `tests.calls` is in no book, so nothing puts it on record.
    assert {check for check, _ in faults_in(store)} <= {"rate_on_record", *but_for}
    digests = dict(rows(store, "SELECT entry_id, content_digest FROM ledger FINAL"))
    net = (
        "SELECT team, model, status, sum(sign), sum(total_usd) FROM costs GROUP BY ALL ORDER BY ALL"
    )
    rollup = (
        "SELECT day, team, model, sum(calls), sum(usd) FROM rollup_daily GROUP BY ALL ORDER BY ALL"
    )
    return Audited(digests, rows(store, net), rows(store, rollup))
