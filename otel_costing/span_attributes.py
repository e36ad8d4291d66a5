"""Putting attributes on a span that is ending: the one place that knows the SDK's inside, and its public fallback.

opentelemetry-sdk 1.45 freezes a span's attributes before `_on_ending`, so the public setter does nothing there
(open-telemetry/opentelemetry-python#5614); docs/adr/0001 argues what is done instead.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanProcessor, TracerProvider

_PROBE = {"otel_costing.probe": "seen"}


def plain(attributes: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return attributes as a `dict`, which is read several times faster than what the SDK keeps them in."""
    if attributes is None:
        return {}
    inside = getattr(attributes, "_dict", None)
    if isinstance(inside, dict):
        return inside
    return dict(attributes)


def room_for(attributes: Mapping[str, Any] | None, already: int) -> int | None:
    """Return how many attributes can be added to `already` before the SDK evicts one; None for no limit."""
    limit = getattr(attributes, "maxlen", None)
    return limit - already if isinstance(limit, int) else None


def replace_attributes(span: Span, extra: Mapping[str, Any]) -> None:
    """Give an ending span `extra` beside its own attributes, so that every processor's `on_end` sees them.

    Values must be of the types that OpenTelemetry allows: they are not checked again.
    """
    before: Any = span._attributes  # noqa: SLF001 - see the module: guarded by `replacing_works`
    after = BoundedAttributes(
        maxlen=before.maxlen, immutable=True, max_value_len=before.max_value_len
    )
    after._dict.update(before._dict)  # noqa: SLF001
    after._dict.update(extra)  # noqa: SLF001
    after.dropped = before.dropped
    span._attributes = after  # noqa: SLF001


@lru_cache(maxsize=1)
def replacing_works() -> bool:
    """Tell, by trying it once, whether this SDK lets attributes be replaced while a span is ending."""
    seen = _Probe()
    provider = TracerProvider(resource=Resource.get_empty(), shutdown_on_exit=False)
    provider.add_span_processor(seen)
    provider.add_span_processor(_ProbeWriter())
    try:
        provider.get_tracer("otel_costing.probe").start_span("probe", attributes={"own": 1}).end()
    except Exception:  # noqa: BLE001 - whatever an unknown SDK does, there is the public way
        return False
    finally:
        provider.shutdown()
    return seen.attributes == {"own": 1, **_PROBE}


class _ProbeWriter(SpanProcessor):
    def _on_ending(self, span: Span) -> None:
        replace_attributes(span, _PROBE)


class _Probe(SpanProcessor):
    attributes: Mapping[str, Any] = {}

    def on_end(self, span: ReadableSpan) -> None:
        self.attributes = dict(span.attributes or {})


def rebuilt(span: ReadableSpan, extra: Mapping[str, Any], *, sampled: bool = False) -> ReadableSpan:
    """Return a finished span with `extra` attributes, by public API only.

    Args:
        span: a finished span.
        extra: attributes to add.
        sampled: mark it as sampled, so that a batch processor takes a span that was only recorded.
    """
    from opentelemetry.trace import SpanContext, TraceFlags  # noqa: PLC0415 - rare: only spans beyond the sample

    context = span.context
    if sampled and context is not None and not context.trace_flags.sampled:
        flags = TraceFlags(context.trace_flags | TraceFlags.SAMPLED)
        context = SpanContext(
            context.trace_id, context.span_id, context.is_remote, flags, context.trace_state
        )
    return ReadableSpan(
        name=span.name,
        context=context,
        parent=span.parent,
        resource=span.resource,
        attributes={**plain(span.attributes), **extra},
        events=span.events,
        links=span.links,
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )
