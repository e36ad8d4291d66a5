"""Spans as batches bring them, booked one batch after the other."""

from __future__ import annotations

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry
from otel_costing.rates import default_rates
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, record, sighting

ID = "chatcmpl-BxQ1c9mZk7Lr3TtV0aWp5sYd"
SPLIT = {"input": 700, "cache_read": 300, "output": 150, "reasoning": 50}
WRAPPER = record(1, scope="framework")
NATIVE = record(2, parent=1, scope="native", start_ns=NOON + 1000, end_ns=NOON + SECOND - 1000)


def told(span: SpanRecord, account: LedgerEntry | None = None) -> Examined:
    """Return a span as a batch examines it."""
    return Examined(skeleton_of(span, Attribution()), account)


def call(span: SpanRecord, *args: object, **named: object) -> Examined:
    """Return a span that tells of a call."""
    return told(span, sighting(span, *args, **named))  # type: ignore[arg-type]


def book(store: Store, *batches: list[Examined]) -> None:
    """Book one batch after the other, and settle none of them with another."""
    for number, examined in enumerate(batches):
        for sealed in seal(examined, default_rates(), NOON + (60 + number) * SECOND, largest=100):
            store.book(sealed)
