"""The zero-code hook: under `opentelemetry-instrument`, the processor adds itself.

Switched off like any instrumentation: `OTEL_PYTHON_DISABLED_INSTRUMENTATIONS=otel_costing`. Imported only by
`opentelemetry-instrument`, which brings the package it stands on.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection
from typing import Any

from opentelemetry import trace
from opentelemetry.instrumentation.instrumentor import BaseInstrumentor  # type: ignore[attr-defined]
from opentelemetry.sdk.trace import TracerProvider

from otel_costing.processor import CostSpanProcessor

_log = logging.getLogger(__name__)
JOURNAL_VARIABLE = "OTEL_COSTING_JOURNAL"
SYNC_VARIABLE = "OTEL_COSTING_JOURNAL_SYNC"


class CostInstrumentor(BaseInstrumentor):  # type: ignore[misc]
    """Adds a `CostSpanProcessor` to the global provider, once, with what the environment says."""

    def instrumentation_dependencies(self) -> Collection[str]:
        """Return nothing: there is no library to be present."""
        return ()

    def _instrument(self, **kwargs: Any) -> None:
        provider = kwargs.get("tracer_provider") or trace.get_tracer_provider()
        if not isinstance(provider, TracerProvider):
            _log.warning(
                "There is no SDK TracerProvider to price the spans of; otel-costing stays idle."
            )
            return
        if not _has_processor(provider):
            provider.add_span_processor(_processor())

    def _uninstrument(self, **kwargs: Any) -> None:
        """Leave the processor: a provider cannot give one up."""


def _processor() -> CostSpanProcessor:
    journal = os.environ.get(JOURNAL_VARIABLE) or None
    sync = os.environ.get(SYNC_VARIABLE, "").strip().lower() in {"1", "true", "yes", "on"}
    try:
        return CostSpanProcessor(journal=journal, sync=sync)
    except OSError as error:
        _log.warning(
            "%s=%s cannot be used (%s); calls are priced without a journal.",
            JOURNAL_VARIABLE,
            journal,
            error,
        )
        return CostSpanProcessor()


def _has_processor(provider: TracerProvider) -> bool:
    active = getattr(provider, "_active_span_processor", None)
    return any(
        isinstance(each, CostSpanProcessor) for each in getattr(active, "_span_processors", ())
    )
