"""What every AI call cost, in US dollars, to the last digit, and who caused it.

`provider.add_span_processor(CostSpanProcessor())` is all that most services need.
"""

from __future__ import annotations

import sys
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from otel_costing.attributing import attribute_to, workflow
    from otel_costing.cost import Cost
    from otel_costing.pricing import price, price_span
    from otel_costing.processor import CostSpanProcessor
    from otel_costing.rates import RateBook
    from otel_costing.receipt import receipt
    from otel_costing.recording import record_outcome, record_score
    from otel_costing.sampler import CostSampler
    from otel_costing.usage import Unpriced, Usage

__all__ = [
    "Cost",
    "CostSampler",
    "CostSpanProcessor",
    "RateBook",
    "Unpriced",
    "Usage",
    "attribute_to",
    "price",
    "price_span",
    "receipt",
    "record_outcome",
    "record_score",
    "workflow",
]

# Imported when asked for: who only prices does not wait for the OpenTelemetry SDK.
_HOMES = {
    "Cost": "cost",
    "CostSampler": "sampler",
    "CostSpanProcessor": "processor",
    "RateBook": "rates",
    "Unpriced": "usage",
    "Usage": "usage",
    "attribute_to": "attributing",
    "price": "pricing",
    "price_span": "pricing",
    "receipt": "receipt",
    "record_outcome": "recording",
    "record_score": "recording",
    "workflow": "attributing",
}


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


class _Package(ModuleType):
    """Keeps `receipt` the function: importing the module of that name would put the module in its place."""

    def __setattr__(self, name: str, value: object) -> None:
        if not (name in _HOMES and isinstance(value, ModuleType)):
            super().__setattr__(name, value)


sys.modules[__name__].__class__ = _Package
