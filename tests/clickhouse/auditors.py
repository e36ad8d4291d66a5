"""What an auditor finds in a ledger, and ledgers to be audited."""

from __future__ import annotations

from itertools import islice
from typing import Any

from otel_costing.batch import BookedRate, SealedBatch
from otel_costing.clickhouse.auditing import Audited, Window, audit
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry
from otel_costing.rates import default_rates
from tests.calls import batch

RATES = tuple(
    BookedRate(rate._replace(id="acme/m@1"), "b" * 32)
    for rate in islice(default_rates().rates(), 1)
)
"""What the calls of `tests.calls` say they were priced by."""


def recorded(entries: list[LedgerEntry], name: str = "") -> SealedBatch:
    """Return a batch whose rate is put on record with it."""
    return batch(entries, rates=RATES, name=name)


def audit_of(store: Store, window: Window | None = None, **options: Any) -> Audited:
    """Audit to the end."""
    steps = audit(store, window or Window(), **options)
    while True:
        try:
            next(steps)
        except StopIteration as ended:
            done: Audited = ended.value
            return done


def faults_in(store: Store) -> list[tuple[str, str]]:
    """Return which check found what."""
    return [(one.check, one.subject) for one in audit_of(store).faults.listed]
