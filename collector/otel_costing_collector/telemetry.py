"""What the collector counts, in a registry of its own. Refused is pushed back, failed is our mistake."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from otel_costing.batch import Counts
from otel_costing.clickhouse.settling import SettleReport
from otel_costing.clickhouse.store import Booked
from otel_costing_collector.spool import SpoolState

_SECONDS = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Telemetry:
    """The metrics of one collector; `collector/README.md` says what each means."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.accepted = self._counter(
            "accepted_requests", "Requests acknowledged.", ("signal", "protocol")
        )
        self.accepted_items = self._counter(
            "accepted_items", "Spans and log records acknowledged.", ("signal",)
        )
        self.rejected_items = self._counter(
            "rejected_items", "Spans left out of an acknowledged request.", ("signal",)
        )
        self.discarded_items = self._counter(
            "discarded_items", "Log records acknowledged and not kept.", ("signal",)
        )
        self.refused = self._counter(
            "refused_requests", "Requests not accepted.", ("reason", "protocol")
        )
        self.spooled_bytes = self._counter("spooled_bytes", "Bytes of requests put on disk.", ())
        self.booked_calls = self._counter(
            "booked_calls",
            "Calls that are in the ledger, by what is known of their price.",
            ("status",),
        )
        self.unpriced_calls = self._counter(
            "unpriced_calls", "Calls in the ledger without a price, by reason.", ("reason",)
        )
        self.duplicate_calls = self._counter(
            "duplicate_calls", "Calls that the ledger had already.", ()
        )
        self.conflicting_calls = self._counter(
            "conflicting_calls", "Calls that the ledger had with another content.", ()
        )
        self.new_calls = self._counter("new_calls", "Calls that came to the ledger anew.", ())
        self.corrected_calls = self._counter(
            "corrected_calls", "Calls whose charge was taken back, moved or changed.", ("cause",)
        )
        self.dead_lettered = self._counter(
            "dead_lettered_spans", "Spans and requests set aside, as no ledger takes them.", ()
        )
        self.replayed = self._counter(
            "replayed_requests", "Dead letters that were put back into the spool.", ()
        )
        self.booked_spans = self._counter("booked_spans", "Spans booked or found booked.", ())
        self.booking_seconds = self._histogram(
            "booking_seconds", "Settling and booking of what was gathered.", ()
        )
        self.sealing_restarts = self._counter(
            "sealing_restarts", "Processes that priced and died, each followed by another.", ()
        )
        self.reloads = self._counter("reloads", "Configurations read again.", ("outcome",))
        self.sql_queries = self._counter(
            "sql_queries", "Questions in SQL, by what came of them.", ("outcome",)
        )
        self.sql_seconds = self._histogram(
            "sql_seconds", "From a question in SQL to the end of its answer.", ()
        )
        self.acknowledged_seconds = self._histogram(
            "acknowledged_seconds",
            "From the first byte of a request's body to its answer.",
            ("protocol",),
        )
        self.commit_seconds = self._histogram(
            "spool_commit_seconds", "One durable write of the spool.", ()
        )

    def _counter(self, name: str, says: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"otel_costing_{name}", says, labels, registry=self.registry)

    def _histogram(self, name: str, says: str, labels: tuple[str, ...]) -> Histogram:
        return Histogram(
            f"otel_costing_{name}", says, labels, registry=self.registry, buckets=_SECONDS
        )

    def committed(self, size: int, seconds: float) -> None:
        """Note a durable write of the spool."""
        self.spooled_bytes.inc(size)
        self.commit_seconds.observe(seconds)

    def booked(self, counts: Counts, reasons: Mapping[str, int], booked: Booked) -> None:
        """Note what came of a batch.

        Args:
            counts: what it holds.
            reasons: how many calls of it have no price for each reason.
            booked: what came of it.
        """
        for status in ("priced", "partial", "unpriced"):
            calls = getattr(counts, status)
            if calls:
                self.booked_calls.labels(status).inc(calls)
        for reason, calls in reasons.items():
            self.unpriced_calls.labels(reason).inc(calls)
        self.new_calls.inc(booked.booked)
        self.duplicate_calls.inc(booked.duplicates)
        self.conflicting_calls.inc(booked.conflicts)

    def settled(self, report: SettleReport) -> None:
        """Note what settling corrected."""
        for cause, calls in report.by_cause:
            self.corrected_calls.labels(cause).inc(calls)

    def booked_batch(self, spans: int, seconds: float) -> None:
        """Note what was gathered, settled and booked together."""
        self.booked_spans.inc(spans)
        self.booking_seconds.observe(seconds)

    def watch_booking(self, failing: Callable[[], str]) -> None:
        """Show whether the ledger takes what is offered, whenever the metrics are read."""
        gauge = Gauge(
            "otel_costing_ledger_up",
            "1 while the ledger takes what is offered to it.",
            registry=self.registry,
        )
        gauge.set_function(lambda: 0.0 if failing() else 1.0)

    def watch_dead_letters(self, count: Callable[[], int]) -> None:
        """Show how many dead letters there are, whenever the metrics are read."""
        gauge = Gauge(
            "otel_costing_dead_letters",
            "Requests that lie among the dead letters.",
            registry=self.registry,
        )
        gauge.set_function(lambda: float(count()))

    def watch_in_flight(self, in_flight_bytes: Callable[[], int]) -> None:
        """Show how many bytes of requests are between the door and the disk, whenever the metrics are read."""
        gauge = Gauge(
            "otel_costing_in_flight_bytes",
            "Bytes of requests on their way to disk.",
            registry=self.registry,
        )
        gauge.set_function(lambda: float(in_flight_bytes()))

    def watch_spool(
        self, state: Callable[[], SpoolState], *, name: str = "spool", undone: str = "booked"
    ) -> None:
        """Show a spool's state whenever the metrics are read; what lies in it is not `undone` yet."""
        self.registry.register(_SpoolGauges(state, name, undone))


class _SpoolGauges(Collector):
    def __init__(self, state: Callable[[], SpoolState], name: str, undone: str) -> None:
        self._state = state
        self._name = name
        self._undone = undone

    def collect(self) -> Iterator[Metric]:
        """Read the state once for all of its gauges."""
        state = self._state()
        name, waiting = self._name, f"that are not {self._undone} yet"
        yield _gauge(f"{name}_requests", f"Requests {waiting}.", state.requests)
        yield _gauge(f"{name}_bytes", f"Bytes on disk of requests {waiting}.", state.bytes)
        yield _gauge(f"{name}_max_bytes", f"Bytes that the {name} may take.", state.max_bytes)
        yield _gauge(
            f"{name}_oldest_seconds",
            f"Age of the oldest of the requests {waiting}; 0 where there is none.",
            0.0 if state.oldest_ns is None else max(0.0, (time.time_ns() - state.oldest_ns) / 1e9),
        )


def _gauge(name: str, says: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"otel_costing_{name}", says, value=value)
