"""Who caused a call, by our own names, whatever name said so on its span, in its context or on its resource."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from opentelemetry.sdk.trace import ReadableSpan

from otel_costing.attribution import ATTRIBUTE_OF, said_by, said_on

_NO_WORK: Mapping[str, str] = {}


class Causes:
    """What resources say is worked out once for the latest, as a process has one."""

    def __init__(self) -> None:
        self._by_resource: tuple[object, dict[str, str]] = (None, {})

    def of(
        self, span: ReadableSpan, attributes: Mapping[str, Any], work: Mapping[str, str]
    ) -> dict[str, str]:
        """Return the attributes that a span lacks: the span speaks first, then the work, then the resource.

        Args:
            span: a model call.
            attributes: its own.
            work: what its context says, as attributes.
        """
        resource, said_there = self._by_resource
        if span.resource is not resource:
            said_there = said_by(span.resource.attributes)
            self._by_resource = (span.resource, said_there)
        return lacking(attributes, said_there, work)


def lacking(
    attributes: Mapping[str, Any], said_there: Mapping[str, str], work: Mapping[str, str] = _NO_WORK
) -> dict[str, str]:
    """Return the attributes of who caused a call that its span lacks.

    Args:
        attributes: the span's.
        said_there: what its resource says, by field; see `said_by`.
        work: what its context says, as attributes.
    """
    known = {**work, **attributes} if work else attributes
    said = {**said_there, **said_on(known)}
    if "origin_source" in said and said["origin_source"] == "root" and "team" in said:
        said.setdefault("origin_team", said["team"])
    return {
        name: value
        for field, value in said.items()
        if (name := ATTRIBUTE_OF[field]) not in attributes
    }
