"""Who caused a call, as far as its span and its resource say: pure.

What stands on a span by our own names comes first, then the names OpenTelemetry and the usual instrumentations
have for the same thing. Nothing is guessed: what nobody says stays empty.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from uuid import UUID

from otel_costing import semconv
from otel_costing.spans import Attributes

LONGEST_VALUE = 256


class Attribution(NamedTuple):
    """Who ran a call and for what; empty means unattributed, never a guess."""

    team: str = ""
    """Owner of the code that ran."""
    project: str = ""
    workflow: str = ""
    workflow_run_id: str = ""
    feature: str = ""
    customer_id: str = ""
    user_id: str = ""
    session_id: str = ""
    environment: str = ""
    purpose: str = ""
    release: str = ""
    agent: str = ""
    tool: str = ""
    origin_team: str = ""
    """Who stands at the root of the work, whoever runs the call."""
    origin_workflow: str = ""
    origin_workflow_run_id: str = ""
    origin_feature: str = ""
    origin_source: str = "none"
    """`baggage`, `root` or `none`."""


FIELDS: tuple[str, ...] = Attribution._fields
PERSONAL = frozenset(("user_id", "session_id", "customer_id"))
"""Who a person is: travels between services only on request, and only as a keyed hash."""
HASHED = "h:"
"""Begins such a hash."""

# Our own names first; the order is the order of precedence.
_ON_SPANS: Mapping[str, tuple[str, ...]] = {
    "team": (semconv.TEAM, "litellm.team.alias", "ai.telemetry.metadata.team"),
    "project": (semconv.PROJECT,),
    "workflow": (semconv.WORKFLOW, "gen_ai.workflow.name", "traceloop.workflow.name"),
    "workflow_run_id": (semconv.WORKFLOW_RUN_ID,),
    "feature": (semconv.FEATURE, "ai.telemetry.functionId"),
    "customer_id": (semconv.CUSTOMER_ID,),
    "user_id": (
        semconv.USER_ID,
        semconv.USER,
        semconv.ENDUSER_ID,
        "gen_ai.user",
        "llm.user",
        "litellm.end_user.id",
        "traceloop.association.properties.user_id",
        "ai.telemetry.metadata.userId",
    ),
    "session_id": (
        semconv.SESSION_ID,
        semconv.SESSION,
        semconv.CONVERSATION_ID,
        "traceloop.association.properties.session_id",
        "traceloop.association.properties.thread_id",
        "ai.telemetry.metadata.sessionId",
    ),
    "environment": (
        semconv.ENVIRONMENT,
        semconv.DEPLOYMENT_ENVIRONMENT,
        semconv.DEPLOYMENT_ENVIRONMENT_OLD,
        "langfuse.environment",
    ),
    "purpose": (semconv.PURPOSE,),
    "release": (semconv.RELEASE,),
    "agent": (semconv.AGENT, semconv.AGENT_NAME),
    "tool": (semconv.TOOL, semconv.TOOL_NAME),
    "origin_team": (semconv.ORIGIN_TEAM,),
    "origin_workflow": (semconv.ORIGIN_WORKFLOW,),
    "origin_workflow_run_id": (semconv.ORIGIN_WORKFLOW_RUN_ID,),
    "origin_feature": (semconv.ORIGIN_FEATURE,),
    "origin_source": (semconv.ORIGIN_SOURCE,),
}
_ON_RESOURCES: Mapping[str, tuple[str, ...]] = {
    "team": (semconv.TEAM, semconv.SERVICE_NAMESPACE),
    "project": (semconv.PROJECT,),
    "environment": (
        semconv.ENVIRONMENT,
        semconv.DEPLOYMENT_ENVIRONMENT,
        semconv.DEPLOYMENT_ENVIRONMENT_OLD,
    ),
    "purpose": (semconv.PURPOSE,),
    "release": (semconv.RELEASE, semconv.SERVICE_VERSION),
}
_SOURCES = frozenset(("baggage", "root", "none"))

ATTRIBUTE_OF: Mapping[str, str] = {field: names[0] for field, names in _ON_SPANS.items()}
"""The name we write each field by."""


def _ranked(table: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, int]]:
    return {
        name: (field, rank) for field, names in table.items() for rank, name in enumerate(names)
    }


_SPAN_NAMES = _ranked(_ON_SPANS)
_RESOURCE_NAMES = _ranked(_ON_RESOURCES)
_SAID_BY_RESOURCES = frozenset(_RESOURCE_NAMES)
_PLACE_OF = {field: place for place, field in enumerate(FIELDS)}
# What the constructor of a `NamedTuple` calls, at half its time.
_new = tuple.__new__


def attribution_of(attributes: Attributes, resource: Attributes) -> Attribution:
    """Read who caused a call from its span and its resource.

    Values are text of at most 256 characters without control characters, whole numbers as their digits; anything
    else counts as not said.
    """
    return attribution_within(attributes, attribution_by(resource))


def attribution_by(resource: Attributes) -> Attribution:
    """Return what a resource says of all its spans."""
    return Attribution(**said_by(resource))


def attribution_within(attributes: Attributes, by_resource: Attribution) -> Attribution:
    """Return what a span's attributes say, and for the rest what its resource does."""
    said = said_on(attributes) if attributes else None
    if not said:
        return by_resource
    values = list(by_resource)
    for field, value in said.items():
        values[_PLACE_OF[field]] = value
    attribution: Attribution = _new(Attribution, values)
    return attribution


def said_on(attributes: Attributes) -> dict[str, str]:
    """Return what a span's attributes say, by field."""
    said = {}
    for field, names in _ranked_names(tuple(attributes)):
        for name in names:
            value = clean(attributes[name])
            if value:
                said[field] = value
                break
    if said.get("origin_source", "none") not in _SOURCES:
        del said["origin_source"]
    return said


@lru_cache(maxsize=1024)
def _ranked_names(names: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """Return which fields stand under which of a span's attribute names, best first: emitters use few sets of names."""
    found: dict[str, list[tuple[int, str]]] = {}
    for name in _SPAN_NAMES.keys() & names:
        field, rank = _SPAN_NAMES[name]
        found.setdefault(field, []).append((rank, name))
    return tuple(
        (field, tuple(name for _, name in sorted(ranked))) for field, ranked in found.items()
    )


def said_by(resource: Attributes) -> dict[str, str]:
    """Return what a resource says of all its spans, by field."""
    return _read(resource, _RESOURCE_NAMES)


def attribution_attributes(fields: Collection[str] = FIELDS) -> frozenset[str]:
    """Return every span attribute that `attribution_of` reads for some of `FIELDS`."""
    return frozenset(name for name, (field, _) in _SPAN_NAMES.items() if field in fields)


def resource_attributes() -> frozenset[str]:
    """Return every resource attribute that `attribution_of` reads."""
    return _SAID_BY_RESOURCES


def as_attributes(attribution: Attribution) -> dict[str, str]:
    """Return what is known as span attributes, by our own names."""
    if attribution == _NOBODY:
        return {}
    return {ATTRIBUTE_OF[name]: value for name in FIELDS if (value := getattr(attribution, name))}


_NOBODY = Attribution()


def _read(attributes: Attributes, names: Mapping[str, tuple[str, int]]) -> dict[str, str]:
    said: dict[str, str] = {}
    ranks: dict[str, int] = {}
    for name in names.keys() & attributes.keys():
        field, rank = names[name]
        if rank < ranks.get(field, len(names)):
            value = clean(attributes[name])
            if value:
                said[field] = value
                ranks[field] = rank
    return said


def is_hash(value: str) -> bool:
    """Tell a pseudonym from an identifier that somebody sent as it is."""
    return value.startswith(HASHED)


def clean(value: Any) -> str:
    """Return a value as attribution keeps it; empty where it is no text, no whole number and no UUID."""
    if isinstance(value, str):
        text = value[:LONGEST_VALUE]
    elif isinstance(value, int) and not isinstance(value, bool):
        text = _digits(value)
    elif isinstance(value, UUID):
        text = str(value)
    else:
        return ""
    return text if text.isprintable() else "".join(filter(str.isprintable, text))


def _digits(value: int) -> str:
    return str(value) if abs(value) < 2**63 else ""
