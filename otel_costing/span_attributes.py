"""Putting attributes on a span that is ending: the one place that knows the SDK's inside, and its public fallback.

opentelemetry-sdk 1.45 freezes a span's attributes before `_on_ending`, so the public setter does nothing there
(open-telemetry/opentelemetry-python#5614); docs/adr/0001 argues what is done instead.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from opentelemetry.attributes import BoundedAttributes
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, Span, SpanLimits, SpanProcessor, TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_ON
from opentelemetry.sdk.util import BoundedList
from opentelemetry.trace import SpanContext, TraceFlags

_PROBE = {"otel_costing.probe": "seen"}
_MOST_ENDING = 65_536


def plain(span: ReadableSpan) -> dict[str, Any]:
    """Return a span's attributes as a `dict`, which is read ten times faster than what the SDK hands out.

    It is the span's own where that can be had, else a copy: to be read, not written.
    """
    inside = getattr(getattr(span, "_attributes", None), "_dict", None)
    return inside if isinstance(inside, dict) else dict(span.attributes or {})


def limits_of(span: ReadableSpan) -> tuple[int | None, int | None]:
    """Return the most attributes a span takes before it evicts one, and the longest text; None for no limit."""
    bounded = getattr(span, "_attributes", None)
    return getattr(bounded, "maxlen", None), getattr(bounded, "max_value_len", None)


def add_to_ending(span: Span, extra: Mapping[str, Any]) -> None:
    """Give an ending span `extra` beside its own attributes, so that every processor's `on_end` sees them.

    They are frozen for their public setter by then, and not yet handed to anybody. Values must be of the types that
    OpenTelemetry allows, and fit the span's limits: neither is checked again.
    """
    attributes: Any = span._attributes  # noqa: SLF001 - see the module: guarded by `adding_works`
    with attributes._lock:  # noqa: SLF001
        attributes._dict.update(extra)  # noqa: SLF001


def replace_on_ended(span: ReadableSpan, extra: Mapping[str, Any]) -> None:
    """Give an ended span `extra` beside its own attributes, for the processors that get it later.

    Those that have it already may be reading its attributes: they are replaced and not changed.
    """
    whole = _with_dropped({**plain(span), **extra}, span.dropped_attributes)
    span._attributes = whole  # noqa: SLF001 - built anew it would be another span than the one handed on


class EndingSpans:
    """Which spans were told to be ending and have not ended: by their attributes, which both forms of a span share.

    A span that was built anew on its way, or told of to nobody, is not among them.
    """

    __slots__ = ("_attributes",)

    def __init__(self) -> None:
        self._attributes: set[int] = set()

    def note(self, span: Span) -> None:
        """Remember an ending span; past a limit, those that never ended are forgotten."""
        if len(self._attributes) >= _MOST_ENDING:
            self._attributes.clear()
        self._attributes.add(id(span._attributes))  # noqa: SLF001 - guarded by `adding_works`

    def forget(self, span: ReadableSpan) -> bool:
        """Tell, once, whether an ended span is one of them."""
        attributes = id(getattr(span, "_attributes", None))
        if attributes in self._attributes:
            self._attributes.discard(attributes)
            return True
        return False


@lru_cache(maxsize=1)
def adding_works() -> bool:
    """Tell, by trying it once, whether this SDK lets attributes be added while a span is ending."""
    ending = EndingSpans()
    seen = _Probe(ending)
    provider = TracerProvider(
        sampler=ALWAYS_ON,
        resource=Resource.get_empty(),
        shutdown_on_exit=False,
        span_limits=SpanLimits(max_span_attributes=8),
    )
    provider.add_span_processor(seen)
    provider.add_span_processor(_ProbeWriter(ending))
    try:
        tracer = provider.get_tracer("otel_costing.probe")
        tracer.start_span("probe", context=Context(), attributes={"own": 1}).end()
    except Exception:  # noqa: BLE001 - whatever an unknown SDK does, there is the public way
        return False
    finally:
        provider.shutdown()
    return seen.was_noted and seen.attributes == {"own": 1, **_PROBE}


class _ProbeWriter(SpanProcessor):
    def __init__(self, ending: EndingSpans) -> None:
        self._ending = ending

    def _on_ending(self, span: Span) -> None:
        self._ending.note(span)
        add_to_ending(span, _PROBE)


class _Probe(SpanProcessor):
    attributes: Mapping[str, Any] = {}
    was_noted = False

    def __init__(self, ending: EndingSpans) -> None:
        self._ending = ending

    def on_end(self, span: ReadableSpan) -> None:
        self.attributes = dict(span.attributes or {})
        self.was_noted = self._ending.forget(span)


def rebuilt(span: ReadableSpan, extra: Mapping[str, Any], *, sampled: bool = False) -> ReadableSpan:
    """Return a finished span with `extra` attributes, by the public constructor.

    Args:
        span: a finished span.
        extra: attributes to add.
        sampled: mark it as sampled, so that a batch processor takes a span that was only recorded.
    """
    return ReadableSpan(
        name=span.name,
        context=_as_sampled(span.context) if sampled else span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_with_dropped({**plain(span), **extra}, span.dropped_attributes),
        events=_list_with_dropped(span.events, span.dropped_events),
        links=_list_with_dropped(span.links, span.dropped_links),
        kind=span.kind,
        status=span.status,
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _as_sampled(context: SpanContext | None) -> SpanContext | None:
    if context is None or context.trace_flags.sampled:
        return context
    flags = TraceFlags(context.trace_flags | TraceFlags.SAMPLED)
    return SpanContext(
        context.trace_id, context.span_id, context.is_remote, flags, context.trace_state
    )


def _with_dropped(attributes: dict[str, Any], dropped: int) -> Mapping[str, Any]:
    """Keep count of what the SDK evicted before: exporters report it."""
    if dropped == 0:
        return attributes
    kept = BoundedAttributes(attributes=attributes, immutable=True)
    kept.dropped += dropped
    return kept


def _list_with_dropped(items: Sequence[Any], dropped: int) -> Sequence[Any]:
    if dropped == 0:
        return items
    kept = BoundedList.from_seq(len(items), items)
    kept.dropped = dropped
    return kept
