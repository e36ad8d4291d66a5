"""What the processor counts, as OpenTelemetry metrics: emitted here, to be compared with what was booked."""

from __future__ import annotations

from functools import lru_cache

from opentelemetry import metrics
from opentelemetry.metrics import MeterProvider

from otel_costing import semconv
from otel_costing.cost import Cost, PricedCall
from otel_costing.money import PICO


class Counters:
    """Calls, dollars and failures. Counters of OpenTelemetry are doubles; the exact figures are on the spans."""

    def __init__(self, meter_provider: MeterProvider | None = None) -> None:
        meter = metrics.get_meter("otel_costing", meter_provider=meter_provider)
        self._calls = meter.create_counter(
            semconv.METRIC_CALLS, "{call}", "Model calls, priced or not"
        )
        self._usd = meter.create_counter(
            semconv.METRIC_USD, semconv.USD, "What priced model calls cost"
        )
        self._failures = meter.create_counter(
            semconv.METRIC_FAILURES,
            "{failure}",
            "What could not be done; the span went on unharmed",
        )
        self._failed: set[str] = set()

    def counted(self, priced: PricedCall) -> None:
        """Count one call."""
        cost = priced.cost
        dimensions = _dimensions_of(priced)
        self._calls.add(1, dimensions)
        if isinstance(cost, Cost):
            self._usd.add(cost.total_pico / PICO, dimensions)

    def priced_late(self, priced: PricedCall) -> None:
        """Count the dollars of a call that was counted before its price was known."""
        cost = priced.cost
        if isinstance(cost, Cost):
            self._usd.add(cost.total_pico / PICO, _dimensions_of(priced))

    def failed(self, what: str) -> None:
        """Count a failure of `what`."""
        self._failures.add(1, {"otel_costing.failure": what})

    def first(self, what: str) -> bool:
        """Tell, once, that this is the first failure of `what`, so that it is logged once."""
        is_first = what not in self._failed
        self._failed.add(what)
        return is_first


def _dimensions_of(priced: PricedCall) -> dict[str, str]:
    """Return the provider by the name that the ledger has for it, and the model as it was asked for."""
    cost, call = priced.cost, priced.call
    model = call.request_model or call.model
    if isinstance(cost, Cost):
        return _dimensions(cost.status, cost.provider, model)
    return _dimensions("unpriced", call.provider, model)


@lru_cache(maxsize=1024)
def _dimensions(status: str, provider: str, model: str) -> dict[str, str]:
    return {
        semconv.STATUS: status,
        "gen_ai.provider.name": provider,
        "gen_ai.request.model": model,
    }
