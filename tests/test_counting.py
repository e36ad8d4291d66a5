"""What the processor counts, to be compared with what was booked."""

from __future__ import annotations

from otel_costing.counting import Counters
from tests.calls import priced
from tests.tracing import counted, metered


def test_a_call_and_its_dollars_are_counted() -> None:
    meters, reader = metered()
    Counters(meters).counted(priced({"input": 1_000_000}))

    assert counted(reader, "otel_costing.calls") == {("acme", "m", "priced"): 1}
    assert counted(reader, "otel_costing.usd") == {("acme", "m", "priced"): 2.5}


def test_a_call_without_a_price_adds_no_dollars() -> None:
    meters, reader = metered()
    Counters(meters).counted(priced({"input": 1}, unpriced="unknown_model"))

    assert counted(reader, "otel_costing.calls") == {("acme", "m", "unpriced"): 1}
    assert counted(reader, "otel_costing.usd") == {}


def test_failures_are_counted_by_what_failed_and_first_ones_told_once() -> None:
    meters, reader = metered()
    counters = Counters(meters)
    counters.failed("journal")
    counters.failed("journal")

    assert counted(reader, "otel_costing.failures") == {("journal",): 2}
    assert [counters.first("journal"), counters.first("journal"), counters.first("price")] == [
        True,
        False,
        True,
    ]
