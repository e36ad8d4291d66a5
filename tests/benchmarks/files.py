"""How long `otel-costing ingest` takes for a file of JSON lines, and how much memory, as files become longer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.benchmarks.bench import Bench
from tests.benchmarks.collector_load import SPANS_A_REQUEST, template
from tests.benchmarks.figure import Aim, Figure
from tests.benchmarks.measure import spread_of
from tests.benchmarks.peak import Ended, measured
from tests.benchmarks.series import Series

_REQUESTS_SHORT, _REQUESTS = (1, 2, 4), (20, 60, 180)
_BOUNDED = Aim(2**30 / 1e6, "one GiB, whatever the file's length")
_TIME = Series("each of {size} model calls", "us", "calls", is_of_each=True)
_MEMORY = Series("memory, of {size} model calls", "MB", "calls", aim=_BOUNDED)


def figures(bench: Bench) -> Iterator[Figure]:
    """Measure calls of 25 attributes, 512 a line, into an empty ledger each time, with the process's start."""
    sizes = [requests * SPANS_A_REQUEST for requests in bench.of(_REQUESTS_SHORT, _REQUESTS)]
    rounds = bench.of(1, 3)

    @cache
    def runs(calls: int) -> list[Ended]:
        return [_ingested(calls // SPANS_A_REQUEST) for _ in range(rounds)]

    yield from _TIME.figures(
        sizes, lambda calls: spread_of([1e6 * run.seconds / calls for run in runs(calls)])
    )
    yield from _MEMORY.figures(sizes, lambda calls: spread_of([run.peak_mb for run in runs(calls)]))


def _ingested(requests: int) -> Ended:
    with TemporaryDirectory() as name:
        directory = Path(name)
        file = directory / "calls.jsonl"
        with file.open("w", encoding="utf-8") as lines:
            lines.writelines(f"{line}\n" for line in _lines(requests))
        return measured("ingest", str(file), "--dsn", f"chdb://{directory / 'ledger'}")


def _lines(requests: int) -> Iterator[str]:
    """Yield requests in JSON, as a Collector's file exporter writes them, each with ids of its own."""
    request = MessageToDict(
        ExportTraceServiceRequest.FromString(template(1)), use_integers_for_enums=True
    )
    spans = request["resourceSpans"][0]["scopeSpans"][0]["spans"]
    for _ in range(requests):
        for span in spans:
            _renew(span)
        yield json.dumps(request)


def _renew(span: dict[str, Any]) -> None:
    span |= {"traceId": os.urandom(16).hex(), "spanId": os.urandom(8).hex()}
    for attribute in span["attributes"]:
        if attribute["key"] == "gen_ai.response.id":
            attribute["value"] = {"stringValue": f"chatcmpl-{os.urandom(12).hex()}"}
