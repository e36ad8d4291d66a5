"""Rows of the table that the OpenTelemetry Collector's ClickHouse exporter writes -> spans. Pure.

The exporter keeps attributes in one of two ways. As `Map`, every value is text: numbers and booleans as JSON spells
them, lists and maps as JSON, bytes in base64. As `JSON`, values keep their kinds, but a name is a path, a map is spread
over the paths beneath its name, and ClickHouse may have read a text as an instant. Both come here as JSON text.

Source: opentelemetry-collector-contrib, `exporter/clickhouseexporter`: `internal/sqltemplates/traces_table.sql` and
`traces_json_table.sql`; `pcommon.Value.AsString` for what a value is as text. Scopes stood among a span's
attributes before they had columns, kinds and statuses had prefixes.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple

from otel_costing.attribution import FIELDS as ATTRIBUTION
from otel_costing.attribution import attribution_attributes, resource_attributes
from otel_costing.carriers import LARGEST_JSON
from otel_costing.decoded import MOST_EVENTS, Undecodable, id_of, kind_of, links_of, parent_of
from otel_costing.dialects import CARRIERS, DIALECTS, SIGNALS, usage_attributes
from otel_costing.semconv import SERVICE_NAME
from otel_costing.skeleton import Skeleton
from otel_costing.spans import Attributes, SpanEvent, SpanRecord

_SCOPE_NAME, _SCOPE_VERSION = "otel.scope.name", "otel.scope.version"
_KEPT_OF_SKELETONS = frozenset(ATTRIBUTION) & frozenset(Skeleton._fields)

TELLING = SIGNALS | attribution_attributes(_KEPT_OF_SKELETONS)
"""A span with none of these tells the ledger nothing but its skeleton."""
READ = (
    usage_attributes()
    | {carrier.attribute for carrier in CARRIERS.values()}
    | attribution_attributes()
    | {_SCOPE_NAME, _SCOPE_VERSION}
)
"""Nothing else on a span is read."""
READ_OF_RESOURCES = resource_attributes() | {SERVICE_NAME}
LONGEST_BYTES = 4 * LARGEST_JSON
"""A text of more is longer than anything that is opened, whatever letters it is made of."""
_FLAGS = frozenset(
    name
    for dialect in DIALECTS
    if dialect.estimated_if is not None
    for name, value in dialect.estimated_if.equal
    if isinstance(value, bool)
)
"""What is compared with yes or no; all else that is compared is text."""
_BOOLEANS = {"true": True, "false": False}
_FAILED = frozenset(("error", "status_code_error"))


class Schema(StrEnum):
    """How a table keeps attributes."""

    MAP = "map"
    JSON = "json"


class TracesRow(NamedTuple):
    """One row, as the queries that read such a table answer it; attributes as JSON objects in text."""

    trace_id: str
    span_id: str
    parent_span_id: str
    name: str
    kind: str
    start_ns: int
    duration_ns: int
    """Negative where the span ends before it starts."""
    status: str
    resource: str
    scope_name: str
    scope_version: str
    attributes: str
    events_ns: Sequence[int]
    events: Sequence[str]
    """The attributes of each event of `READ_EVENTS`, which happened at `events_ns`."""
    event_names: Sequence[str]
    links: Sequence[tuple[str, str]]


def record_of(row: TracesRow, schema: Schema) -> SpanRecord:
    """Return the span that a row tells of.

    Raises:
        Undecodable: it has no usable id, or its attributes nest too deeply.
    """
    attributes = _attributes(row.attributes, schema)
    return SpanRecord(
        trace_id=id_of(row.trace_id.lower(), 32, "trace id"),
        span_id=id_of(row.span_id.lower(), 16, "span id"),
        parent_span_id=parent_of(row.parent_span_id.lower()),
        name=row.name,
        kind=kind_of(row.kind.upper()),
        start_ns=row.start_ns,
        end_ns=row.start_ns + row.duration_ns,
        attributes=attributes,
        scope_name=row.scope_name or str(attributes.get(_SCOPE_NAME, "")),
        scope_version=row.scope_version or str(attributes.get(_SCOPE_VERSION, "")),
        resource=_resource(row.resource),
        failed=row.status.lower() in _FAILED,
        links=links_of((trace.lower(), span.lower()) for trace, span in row.links),
        events=tuple(
            SpanEvent(at_ns, _attributes(said, schema), name)
            for at_ns, said, name in zip(row.events_ns, row.events, row.event_names, strict=True)
        )[:MOST_EVENTS],
    )


def _attributes(text: str, schema: Schema) -> Attributes:
    attributes = dict(_values(text))
    if schema is Schema.MAP:
        for name in _FLAGS & attributes.keys():
            attributes[name] = _BOOLEANS.get(attributes[name], attributes[name])
    return attributes


@lru_cache(maxsize=4096)
def _resource(text: str) -> Attributes:
    return dict(_values(text))


def _values(text: str) -> Iterator[tuple[str, Any]]:
    if text == "{}":
        return
    try:
        # As pairs: a name may be the beginning of another, which makes one object with the same key twice.
        pairs = json.loads(text, object_pairs_hook=tuple)
        yield from _leaves(pairs, "")
    except RecursionError:
        raise Undecodable("the attributes of a span nest too deeply") from None


def _leaves(pairs: tuple[tuple[str, Any], ...], within: str) -> Iterator[tuple[str, Any]]:
    for key, value in pairs:
        if isinstance(value, tuple):
            yield from _leaves(value, f"{within}{key}.")
        elif value is not None:
            yield f"{within}{key}", tuple(value) if isinstance(value, list) else value
