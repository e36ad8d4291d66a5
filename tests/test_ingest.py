"""Files into a ledger: all encodings, whatever their order, as often as one likes."""

from __future__ import annotations

import gzip
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from google.protobuf import json_format
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from otel_costing import bookings, waiting
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.store import Store
from otel_costing.ingest import IngestReport, ingest, ingesting
from otel_costing.progress import Progress
from otel_costing.sources import sources_of
from tests.calls import NOON, SECOND, hex_id
from tests.clickhouse.tables import copies_kept, emptied, everything, rows

pytestmark = pytest.mark.usefixtures("engine")
CAPTURED = Path(__file__).parent / "conformance" / "spans"
RECEIVED = NOON + 60 * SECOND


@pytest.fixture
def store(directory: Path) -> Iterator[Store]:
    """An empty ledger."""
    with Store.open(f"chdb://{directory}?database=ours") as opened:
        yield emptied(opened)


def document(
    *spans: int, parent: int | None = None, scope: str = "s", trace: int = 7
) -> dict[str, Any]:
    """Return a request of calls."""
    attributes = [
        {"key": "gen_ai.operation.name", "value": {"stringValue": "chat"}},
        {"key": "gen_ai.provider.name", "value": {"stringValue": "openai"}},
        {"key": "gen_ai.request.model", "value": {"stringValue": "gpt-5-mini"}},
        {"key": "gen_ai.usage.input_tokens", "value": {"intValue": "1000"}},
        {"key": "gen_ai.usage.output_tokens", "value": {"intValue": "200"}},
    ]
    told = [
        {
            "traceId": hex_id(trace, 32),
            "spanId": hex_id(span),
            "parentSpanId": "" if parent is None else hex_id(parent),
            "name": "chat",
            "startTimeUnixNano": str(NOON),
            "endTimeUnixNano": str(NOON + SECOND),
            "attributes": attributes,
        }
        for span in spans
    ]
    return {"resourceSpans": [{"scopeSpans": [{"scope": {"name": scope}, "spans": told}]}]}


def line(*spans: int, **about: Any) -> bytes:
    """Return a request as one line of JSON."""
    return json.dumps(document(*spans, **about)).encode() + b"\n"


def read(store: Store, *paths: Path | str) -> IngestReport:
    """Ingest at the same instant each time."""
    return ingest(paths, store, received_ns=RECEIVED)


def test_every_captured_span_is_booked_and_again_changes_nothing(store: Store) -> None:
    first = read(store, *CAPTURED.glob("*.json"))
    before, by_meter = everything(store), report(store, ["provider", "meter"])
    again = read(store, CAPTURED)

    assert first.refused == again.refused == ()
    assert first.files == first.requests == len(list(CAPTURED.glob("*.json")))
    assert first.billable_calls == first.priced + first.partial + first.unpriced
    assert rows(store, "SELECT sum(sign) FROM costs") == [(first.billable_calls,)]
    assert again._replace(duplicates=0) == first._replace(duplicates=0)
    assert again.duplicates == first.duplicates + first.billable_calls
    assert everything(store) == before
    assert report(store, ["provider", "meter"]) == by_meter
    assert copies_kept(store) == 0


def test_the_order_of_the_files_decides_nothing(directory: Path) -> None:
    files = sorted(CAPTURED.glob("*anthropic*.json"))
    ledgers = []
    for number, order in enumerate((files, files[::-1])):
        with Store.open(f"chdb://{directory}?database=order_{number}") as store:
            read(store, *order)
            ledgers.append(
                rows(store, "SELECT entry_id, content_digest, team FROM ledger ORDER BY 1")
            )

    assert ledgers[0] == ledgers[1]


def test_every_encoding_of_a_request_is_the_same_call(store: Store, tmp_path: Path) -> None:
    message = json_format.ParseDict(_with_base64_ids(document(1)), ExportTraceServiceRequest())
    (tmp_path / "a.pb").write_bytes(message.SerializeToString())
    (tmp_path / "b.pb.gz").write_bytes(gzip.compress(message.SerializeToString()))
    (tmp_path / "c.json").write_text(json.dumps(document(1), indent=2))
    (tmp_path / "d.jsonl").write_bytes(line(1) + b"\n" + line(1))
    (tmp_path / "e.jsonl.gz").write_bytes(gzip.compress(line(1)))
    (tmp_path / "README.md").write_text("not a span")
    found = read(store, tmp_path)

    assert (found.files, found.requests, found.refused) == (5, 6, ())
    assert (found.spans, found.billable_calls, found.duplicates) == (6, 1, 5)
    assert rows(store, "SELECT count() FROM costs") == [(1,)]


def _with_base64_ids(request: dict[str, Any]) -> dict[str, Any]:
    import base64

    for span in request["resourceSpans"][0]["scopeSpans"][0]["spans"]:
        for name in ("traceId", "spanId", "parentSpanId"):
            span[name] = base64.b64encode(bytes.fromhex(span[name])).decode()
    return request


def test_standard_input_is_a_file(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(line(1))))
    monkeypatch.setattr(sys, "stdin", stdin)

    assert read(store, "-").billable_calls == 1


def test_a_torn_last_line_is_refused_and_the_rest_is_booked(store: Store, tmp_path: Path) -> None:
    torn = tmp_path / "calls.jsonl"
    torn.write_bytes(line(1) + line(2) + line(3)[:100])
    found = read(store, torn)

    assert found.billable_calls == 2
    assert [(one.file, one.reason.split(":")[0]) for one in found.refused] == [
        (str(torn), "line 3")
    ]


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"not spans at all", "neither OTLP protobuf nor OTLP JSON"),
        (b"{", "the JSON is broken"),
        (b'{\n"logs": []\n}', "no `resourceSpans`"),
        (b"\x1f\x8bbroken", "it cannot be read"),
        (gzip.compress(line(1), mtime=0)[:-6], "it cannot be read"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_and_the_next_is_booked(
    store: Store, tmp_path: Path, content: bytes, why: str
) -> None:
    (tmp_path / "a.json").write_bytes(content)
    (tmp_path / "b.json").write_bytes(line(1))
    found = read(store, tmp_path, tmp_path / "missing.json")

    assert found.billable_calls == 1
    reasons = {Path(one.file).name: one.reason for one in found.refused}
    assert why in reasons["a.json"]
    assert reasons["missing.json"] == "there is no such file"


def test_a_broken_first_line_costs_only_itself(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(b'{"torn\n' + line(1) + line(2))

    found = read(store, tmp_path)
    assert (found.billable_calls, len(found.refused)) == (2, 1)


def test_copies_in_other_requests_and_files_are_one_call(store: Store, tmp_path: Path) -> None:
    (tmp_path / "wrapper.jsonl").write_bytes(line(1, scope="framework") + line(5, trace=9))
    (tmp_path / "inner.jsonl").write_bytes(line(2, parent=1, scope="client"))
    found = read(store, tmp_path)

    assert (found.billable_calls, found.duplicates) == (2, 1)


def test_long_ingests_are_booked_in_parts(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bookings, "SETTLED_TOGETHER", 10)
    monkeypatch.setattr(bookings, "LARGEST_BATCH", 4)
    (tmp_path / "a.jsonl").write_bytes(b"".join(line(n, trace=n) for n in range(33)))
    found = ingest([tmp_path], store, received_ns=RECEIVED)

    assert (found.spans, found.billable_calls, found.duplicates) == (33, 33, 0)
    assert rows(store, "SELECT count(), max(spans) FROM batches") == [(10, 4)]


def test_copies_at_both_ends_of_a_long_file_are_one_call_without_a_correction(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "_UNPACKED", 4)
    monkeypatch.setattr(waiting, "_PIECE", 3)
    monkeypatch.setattr(bookings, "LARGEST_BATCH", 5)
    between = b"".join(line(n, trace=n) for n in range(10, 30))
    wrapper, inner = line(1, scope="framework"), line(2, parent=1, scope="client")
    (tmp_path / "a.jsonl").write_bytes(inner + between + wrapper)
    found = read(store, tmp_path)

    assert (found.spans, found.billable_calls, found.duplicates) == (22, 21, 1)
    assert rows(store, "SELECT count(), count(DISTINCT batch_id) > 3 FROM ledger") == [(21, 1)]


def test_the_way_is_shown_after_each_request_and_each_file(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_bytes(line(1) + line(2))
    (tmp_path / "b.jsonl").write_bytes(line(3))
    steps = list(ingesting(sources_of([tmp_path])[0], store, received_ns=RECEIVED))

    assert steps == [Progress(done, 2, "files") for done in (0, 0, 1, 1, 2)]
