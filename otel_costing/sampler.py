"""No call escapes by sampling: spans that look like model calls are recorded, whatever the team's sampler says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from opentelemetry.context import Context
from opentelemetry.sdk.trace.sampling import (
    ALWAYS_OFF,
    ALWAYS_ON,
    DEFAULT_OFF,
    DEFAULT_ON,
    Decision,
    ParentBasedTraceIdRatio,
    Sampler,
    SamplingResult,
    TraceIdRatioBased,
)
from opentelemetry.trace import Link, SpanKind, TraceState
from opentelemetry.util.types import Attributes

from otel_costing.dialects import looks_like_model_call

_ALWAYS_ON = ("AlwaysOnSampler", "ParentBased{root:AlwaysOnSampler")
# The names of the specification's OTEL_TRACES_SAMPLER.
_SAMPLERS: Mapping[str, Callable[[float], Sampler]] = {
    "always_on": lambda _: ALWAYS_ON,
    "always_off": lambda _: ALWAYS_OFF,
    "parentbased_always_on": lambda _: DEFAULT_ON,
    "parentbased_always_off": lambda _: DEFAULT_OFF,
    "traceidratio": TraceIdRatioBased,
    "parentbased_traceidratio": ParentBasedTraceIdRatio,
}


class CostSampler(Sampler):
    """Turns DROP into RECORD_ONLY for spans that look like model calls when they start.

    They are priced, counted and, with `CostSpanProcessor(exporter=...)`, exported for their cost; they are not sampled,
    so your own exporter and the next service still skip them. Must be the outermost sampler.
    """

    def __init__(self, delegate: Sampler) -> None:
        self._delegate = delegate

    def should_sample(
        self,
        parent_context: Context | None,
        trace_id: int,
        name: str,
        kind: SpanKind | None = None,
        attributes: Attributes = None,
        links: Sequence[Link] | None = None,
        trace_state: TraceState | None = None,
    ) -> SamplingResult:
        """Ask the delegate; record where it would drop a model call."""
        result = self._delegate.should_sample(
            parent_context, trace_id, name, kind, attributes, links, trace_state
        )
        if result.decision is not Decision.DROP or not looks_like_model_call(name, attributes):
            return result
        return SamplingResult(Decision.RECORD_ONLY, attributes, result.trace_state)

    def get_description(self) -> str:
        """Name the delegate."""
        return f"CostSampler{{{self._delegate.get_description()}}}"


def lets_calls_escape(sampler: Sampler) -> bool:
    """Tell whether a provider's sampler may drop model calls of work that begins in this process."""
    return not isinstance(sampler, CostSampler) and not sampler.get_description().startswith(
        _ALWAYS_ON
    )


def sampler_from_environment(argument: str | None = None) -> CostSampler:
    """Make the sampler of `OTEL_TRACES_SAMPLER=otel_costing`.

    Args:
        argument: `OTEL_TRACES_SAMPLER_ARG`: the sampler to wrap and, after a colon, its own argument, for example
            ``parentbased_traceidratio:0.1``; `parentbased_always_on` where it is missing.

    Raises:
        ValueError: there is no such sampler, or its argument is no ratio.
    """
    name, _, ratio = (argument or "").strip().lower().partition(":")
    name = name or "parentbased_always_on"
    if name not in _SAMPLERS:
        raise ValueError(
            f"OTEL_TRACES_SAMPLER_ARG: no sampler {name!r}; it is one of {', '.join(_SAMPLERS)}"
        )
    try:
        return CostSampler(_SAMPLERS[name](float(ratio) if ratio else 1.0))
    except ValueError:
        raise ValueError(f"OTEL_TRACES_SAMPLER_ARG: {ratio!r} is no ratio from 0 to 1") from None
