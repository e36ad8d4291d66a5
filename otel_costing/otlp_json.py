"""OTLP traces in JSON -> spans. Any JSON value may stand anywhere; none may do harm."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from otel_costing.decoded import (
    DEEPEST_VALUE,
    ERROR_STATUS,
    Decoded,
    Scope,
    Undecodable,
    id_of,
    keep,
    kind_of,
    links_of,
    parent_of,
)
from otel_costing.spans import Attributes, SpanRecord

_LARGEST_TIME_NS = 2**64 - 1
_NO_ATTRIBUTES: Attributes = {}


def decode_json(body: bytes | str) -> Decoded:
    """Read one JSON request, or a JSON list of them.

    Raises:
        Undecodable: this is no JSON, or JSON of another shape.
    """
    try:
        value = json.loads(body)
    except RecursionError:
        raise Undecodable("the JSON nests too deeply") from None
    except ValueError as error:
        raise Undecodable(f"the JSON is broken: {_first_line(error)}") from None
    decoded = Decoded([], [])
    for request in value if isinstance(value, list) else [value]:
        for span, scope in _json_spans(request):
            keep(decoded, _json_span, span, scope)
    return decoded


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]


def _json_spans(request: Any) -> Iterator[tuple[Any, Scope]]:
    if not isinstance(request, dict) or _either(request, "resourceSpans", "resource_spans") is None:
        raise Undecodable("this JSON has no `resourceSpans`, so it is no OTLP traces request")
    for resource_spans in _objects(
        _either(request, "resourceSpans", "resource_spans"), "resourceSpans"
    ):
        resource = _json_attributes(_object(resource_spans.get("resource")).get("attributes"))
        for scope_spans in _objects(
            _either(resource_spans, "scopeSpans", "scope_spans"), "scopeSpans"
        ):
            about = _object(scope_spans.get("scope"))
            scope = Scope(resource, _text(about.get("name")), _text(about.get("version")))
            for span in _objects(scope_spans.get("spans"), "spans"):
                yield span, scope


def _json_span(span: Mapping[str, Any], scope: Scope) -> SpanRecord:
    return SpanRecord(
        trace_id=id_of(_json_id(_either(span, "traceId", "trace_id"), 32), 32, "trace id"),
        span_id=id_of(_json_id(_either(span, "spanId", "span_id"), 16), 16, "span id"),
        parent_span_id=parent_of(_json_id(_either(span, "parentSpanId", "parent_span_id"), 16)),
        name=_text(span.get("name")),
        kind=kind_of(span.get("kind")),
        start_ns=_time(_either(span, "startTimeUnixNano", "start_time_unix_nano")),
        end_ns=_time(_either(span, "endTimeUnixNano", "end_time_unix_nano")),
        attributes=_json_attributes(span.get("attributes")),
        scope_name=scope.name,
        scope_version=scope.version,
        resource=scope.resource,
        failed=_object(span.get("status")).get("code") in (ERROR_STATUS, "STATUS_CODE_ERROR"),
        links=links_of(
            (
                _json_id(_either(link, "traceId", "trace_id"), 32),
                _json_id(_either(link, "spanId", "span_id"), 16),
            )
            for link in _objects(span.get("links"), "links")
        ),
    )


def _json_attributes(pairs: Any) -> Attributes:
    if not pairs:
        return _NO_ATTRIBUTES
    attributes = {}
    for pair in _objects(pairs, "attributes"):
        value = _json_value(pair.get("value"), DEEPEST_VALUE)
        if value is not None:
            attributes[_text(pair.get("key"))] = value
    return attributes


def _json_value(value: Any, depth: int) -> Any:
    if not isinstance(value, dict):
        return None
    for name, held in value.items():
        read = _JSON_VALUES.get(name)
        if read is not None:
            return read(held)
        if depth and name in {"arrayValue", "array_value"}:
            return tuple(_json_value(one, depth - 1) for one in _listed(held))
        if depth and name in {"kvlistValue", "kvlist_value"}:
            pairs = [one for one in _listed(held) if isinstance(one, dict)]
            return {
                _text(one.get("key")): _json_value(one.get("value"), depth - 1) for one in pairs
            }
    return None


def _listed(held: Any) -> list[Any]:
    values = held.get("values") if isinstance(held, dict) else None
    return values if isinstance(values, list) else []


def _integer(held: Any) -> Any:
    """Read a 64-bit integer written as number or text; anything else stays for pricing to refuse."""
    if isinstance(held, str) and len(held) <= 20:
        try:
            return int(held)
        except ValueError:
            return held
    return held if held is None or isinstance(held, int | float) else _odd(held)


def _double(held: Any) -> Any:
    """Read a double written as number or text; anything else stays for pricing to refuse."""
    return held if held is None or isinstance(held, int | float) else _odd(held)


def _odd(held: Any) -> str:
    """Return what is no number as text: a count that was dropped would look like one that was not sent."""
    return _text(held) if isinstance(held, str) else f"a {type(held).__name__}"


_JSON_VALUES: Mapping[str, Callable[[Any], Any]] = {
    "stringValue": lambda held: _text(held) if isinstance(held, str) else None,
    "string_value": lambda held: _text(held) if isinstance(held, str) else None,
    "intValue": _integer,
    "int_value": _integer,
    "doubleValue": _double,
    "double_value": _double,
    "boolValue": lambda held: held if isinstance(held, bool) else None,
    "bool_value": lambda held: held if isinstance(held, bool) else None,
}


def _either(fields: Mapping[str, Any], camel: str, snake: str) -> Any:
    found = fields.get(camel)
    return fields.get(snake) if found is None else found


def _object(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else _NO_ATTRIBUTES


def _objects(value: Any, name: str) -> list[Mapping[str, Any]]:
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise Undecodable(f"`{name}` must be a list of objects")
    return value


def _text(value: Any) -> str:
    """Return text that can be written as UTF-8: JSON can spell half a character."""
    if not isinstance(value, str):
        return ""
    return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")


def _json_id(value: Any, digits: int) -> str:
    """Return an id in lowercase hex, from hex or from base64."""
    if not isinstance(value, str):
        return ""
    if len(value) == digits:
        return value.lower()
    try:
        return base64.b64decode(value, validate=True).hex()
    except (binascii.Error, ValueError):
        return value


def _time(value: Any) -> int:
    nanoseconds = _integer(value)
    if type(nanoseconds) is not int or not 0 <= nanoseconds <= _LARGEST_TIME_NS:
        raise Undecodable("a span's times must be whole nanoseconds since 1970 in 64 bits")
    return nanoseconds
