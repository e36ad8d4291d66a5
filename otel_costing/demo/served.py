"""What a provider was asked and answered, as the stand-in remembers it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

PROPAGATION_HEADERS = ("baggage", "traceparent", "tracestate")
"""Headers that belong between our own services and must not reach a provider."""


@dataclass(frozen=True, slots=True)
class Served:
    """One answer of a provider."""

    path: str
    model: str
    """As requested."""
    status: int
    """Of the HTTP answer: 200 or 429."""
    response_id: str
    """Empty for refusals and for embeddings, which have none."""
    usage: Mapping[str, Any] | None
    """The usage object as it was sent; None where none was sent."""
    carried: tuple[str, ...]
    """Those of `PROPAGATION_HEADERS` that came with the request."""
