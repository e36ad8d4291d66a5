"""Which instrumentations of model libraries are installed, and which of them an application has switched on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib import metadata
from typing import NamedTuple

from otel_costing.dialects import CONVENTION, dialect_of

_GROUP = "opentelemetry_instrumentor"
"""The entry points by which `opentelemetry-instrument` finds instrumentations."""


class Instrumentation(NamedTuple):
    """One that a dialect knows, as it names itself."""

    module: str
    instrumentor: str
    is_on: bool


def instrumentations() -> Iterator[Instrumentation]:
    """Yield those of this process, by their entry points; nothing is imported for it."""
    installed = {(one.module, one.attr) for one in metadata.entry_points(group=_GROUP)}
    for module, instrumentor in sorted(installed):
        if dialect_of(module) is not CONVENTION:
            yield Instrumentation(module, instrumentor, _is_on(module, instrumentor))


def _is_on(module: str, instrumentor: str) -> bool:
    """Whoever switched it on has imported it; an instrumentor is one object for the process."""
    kind = getattr(sys.modules.get(module), instrumentor, None)
    return kind is not None and bool(getattr(kind(), "is_instrumented_by_opentelemetry", False))
