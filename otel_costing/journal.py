"""The local record of priced calls, written before their spans end: OTLP JSON, one line a call.

`otel-costing ingest DIRECTORY` reads it by the same path as any OTLP file. Only listed attributes are written, never
prompts or completions.
"""

from __future__ import annotations

import errno
import json
import os
import threading
from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any, BinaryIO

from otel_costing import semconv
from otel_costing.attribution import attribution_attributes
from otel_costing.carriers import without_content
from otel_costing.dialects import CARRIERS, usage_attributes
from otel_costing.spans import Attributes, SpanEvent, SpanRecord

LONGEST_TEXT = 512
_CARRIERS = {carrier.attribute: carrier for carrier in CARRIERS.values()}
# Line items follow from the rest; cut short they could not be read.
_LISTED = (
    usage_attributes()
    | frozenset(_CARRIERS)
    | attribution_attributes()
    | frozenset(semconv.written())
) - {semconv.ITEMS}
_RESOURCE = frozenset(
    (
        semconv.SERVICE_NAME,
        semconv.SERVICE_NAMESPACE,
        semconv.SERVICE_VERSION,
        "service.instance.id",
        semconv.DEPLOYMENT_ENVIRONMENT,
        semconv.DEPLOYMENT_ENVIRONMENT_OLD,
        *(name for name in semconv.written()),
    )
)
RESOURCE_VARIABLE = "OTEL_COSTING_JOURNAL_RESOURCE"
"""Names, by commas, further attributes of the resource to be kept: those that the ledger promotes to dimensions."""
_LISTED_OF_EVENTS = _LISTED | {
    semconv.EVALUATION_NAME,
    semconv.EVALUATION_SCORE_VALUE,
    semconv.EVALUATION_SCORE_LABEL,
    semconv.ERROR_TYPE,
    semconv.RESPONSE_ID,
}
"""No explanation: that is somebody's words."""
_KIND_NUMBERS = {"": 0, "internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5}
_ERROR = 2
_NO_FIGURE: Mapping[str, Any] = {"arrayValue": {}}
"""Stands for what no usage and no name is: left out, the call would read as one without that figure."""


class Journal:
    """Appends to one file of its own per process, in a directory that several processes may share."""

    def __init__(self, directory: str | os.PathLike[str], *, sync: bool = False) -> None:
        """Take the directory, made if missing; `sync` waits for the disk at every call.

        Raises:
            OSError: the directory cannot be made.
        """
        self._directory = Path(directory)
        self._directory.mkdir(parents=True, exist_ok=True)
        self._sync = sync
        named = os.environ.get(RESOURCE_VARIABLE, "").split(",")
        self._resource = _RESOURCE.union(name.strip() for name in named)
        self._lock = threading.Lock()
        self._file: BinaryIO | None = None
        self._pid = 0
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._renew)

    def append(self, record: SpanRecord) -> None:
        """Write one call; on return it is in the file, with `sync` on the disk.

        Raises:
            OSError: it could not be written.
        """
        line = (
            json.dumps(
                _document(record, self._resource), separators=(",", ":"), allow_nan=False
            ).encode()
            + b"\n"
        )
        with self._lock:
            file = self._open()
            if file.write(line) != len(line):
                # The disk is full, and what follows must not be glued to a torn line.
                self._file = None
                file.close()
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), file.name)
            if self._sync:
                os.fsync(file.fileno())

    def close(self) -> None:
        """Close the file; the next call opens another."""
        with self._lock:
            if self._file is not None:
                self._file.close()
                self._file = None

    def _renew(self) -> None:
        """Begin anew in a forked child: a lock that the parent held would never be released here."""
        self._lock = threading.Lock()
        self._file = None

    def _open(self) -> BinaryIO:
        if self._file is None or self._pid != os.getpid():
            self._pid = os.getpid()
            name = f"calls-{self._pid}-{os.urandom(4).hex()}.jsonl"
            # Unbuffered: one write a call, so that a killed process loses none.
            self._file = (self._directory / name).open("ab", buffering=0)
        return self._file


def _document(record: SpanRecord, of_resource: frozenset[str]) -> dict[str, Any]:
    span: dict[str, Any] = {
        "traceId": record.trace_id,
        "spanId": record.span_id,
        "parentSpanId": record.parent_span_id,
        "name": record.name[:LONGEST_TEXT],
        "kind": _KIND_NUMBERS.get(record.kind, 0),
        "startTimeUnixNano": str(record.start_ns),
        "endTimeUnixNano": str(record.end_ns),
        "attributes": _attributes(record.attributes, _LISTED),
        "status": {"code": _ERROR} if record.failed else {},
    }
    if record.events:
        span["events"] = [_event(one) for one in record.events]
    scope = {"name": record.scope_name, "version": record.scope_version}
    resource = {"attributes": _attributes(record.resource, of_resource)}
    return {
        "resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": [span]}]}]
    }


def _event(event: SpanEvent) -> dict[str, Any]:
    return {
        "name": event.name,
        "timeUnixNano": str(event.time_ns),
        "attributes": _attributes(event.attributes, _LISTED_OF_EVENTS),
    }


def _attributes(attributes: Attributes, listed: frozenset[str]) -> list[dict[str, Any]]:
    return [
        {"key": name, "value": value}
        for name in attributes
        if name in listed and (value := _listed_value(name, attributes[name])) is not None
    ]


def _listed_value(name: str, value: object) -> Mapping[str, Any] | None:
    carrier = _CARRIERS.get(name)
    if carrier is None:
        return _value(value)
    document = without_content(carrier, value)
    # Cut short, it could not be read at all; it holds no more than the table has paths.
    return None if document is None else {"stringValue": document}


def _value(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int):
        return {"intValue": str(value)} if -(2**63) <= value < 2**63 else _NO_FIGURE
    if isinstance(value, float):
        return {"doubleValue": value} if isfinite(value) else _NO_FIGURE
    if isinstance(value, str):
        return {"stringValue": value[:LONGEST_TEXT]}
    return None if value is None else _NO_FIGURE
