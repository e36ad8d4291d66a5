"""What forwarding counts, among the collector's metrics."""

from __future__ import annotations

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge

from otel_costing_collector.spool_record import Kind


class ForwardingMetrics:
    """The metrics; `collector/README.md` says what each means."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry
        self._forwarded = self._counter(
            "forwarded_requests", "Requests that the endpoint took.", ("signal",)
        )
        self._rejected = self._counter(
            "forward_rejected_items",
            "Spans and log records that the endpoint says it left out.",
            ("signal",),
        )
        self._dropped = self._counter(
            "forward_dropped_requests", "Requests that are not sent on.", ("reason",)
        )

    def _counter(self, name: str, says: str, labels: tuple[str, ...]) -> Counter:
        return Counter(f"otel_costing_{name}", says, labels, registry=self._registry)

    def forwarded(self, kind: Kind) -> None:
        """Note a request that was taken."""
        self._forwarded.labels(kind.name.lower()).inc()

    def rejected(self, kind: Kind, items: int) -> None:
        """Note what was left out of one that was taken."""
        self._rejected.labels(kind.name.lower()).inc(items)

    def dropped(self, reason: str, requests: int) -> None:
        """Note requests that will not be sent on: `full`, `disk`, `refused` or `unreadable`."""
        self._dropped.labels(reason).inc(requests)

    def watch(self, failing: Callable[[], str]) -> None:
        """Show whether the endpoint takes what is sent, whenever the metrics are read."""
        gauge = Gauge(
            "otel_costing_forward_up",
            "1 while the endpoint takes what is sent to it.",
            registry=self._registry,
        )
        gauge.set_function(lambda: 0.0 if failing() else 1.0)
