"""Evaluation results through the collector's doors: in the ledger, once, beside the call they are of."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter as GrpcExporter
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter as HttpExporter
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import LogRecordExporter, SimpleLogRecordProcessor
from opentelemetry.sdk.resources import Resource
from opentelemetry.trace import NonRecordingSpan, SpanContext, set_span_in_context

from otel_costing.batch import SealedBatch
from otel_costing.clickhouse.ready import ReadyBatch
from otel_costing.clickhouse.store import Booked, Store
from otel_costing.clickhouse.target import RowsRefused
from otel_costing_collector.dead_letters import DEAD_LETTERS
from tests.collector.exports import SPAN_ID, TRACE_ID
from tests.collector.running import JSON, PROTOBUF, Running

RESULT = "gen_ai.evaluation.result"
ANSWER = "chatcmpl-BxQ1c9mZk7Lr3TtV0aWp5sYd"
SAID = {
    "gen_ai.evaluation.name": "Relevance",
    "gen_ai.evaluation.score.value": 0.75,
    "gen_ai.evaluation.score.label": "pass",
    "gen_ai.evaluation.explanation": "as the customer said",
}
LINKED = "SELECT name, score_value, linked_by, toString(total_usd) FROM evaluated_calls"


class Choosy(Store):
    """A ledger that refuses evaluations of one name."""

    refuses = ""

    def book(self, batch: SealedBatch) -> Booked:
        """Book, or refuse."""
        if self.refuses in {one.name for one in batch.evaluations}:
            raise RowsRefused("evaluations: a value does not fit")
        return super().book(batch)

    def book_ready(self, ready: ReadyBatch, rows: Callable[[], SealedBatch]) -> Booked:
        """Book, or refuse, as `book` does."""
        return self.book(rows()) if self.refuses else super().book_ready(ready, rows)


class Bench:
    """A collector that books into an embedded ledger, and the ledger."""

    def __init__(self, directory: Path, dsn: str) -> None:
        self.store = Choosy.open(dsn)
        self.booking = Choosy.open(dsn)
        self.collector = Running(
            directory / "spool", "booking.linger_seconds=0.05", open_ledger=lambda: self.booking
        )

    def send(self, path: str, body: bytes, content_type: str = PROTOBUF) -> None:
        """Send a request, and expect that it is accepted whole."""
        reply = self.collector.request(path=path, body=body, content_type=content_type)
        assert (reply.status, b"rejected" in reply.body) == (200, False), reply

    def booked(self) -> None:
        """Wait until nothing is left to book."""
        spool = self.collector.service.spool
        self.collector.until(lambda: spool.state().requests == 0)

    def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """Ask the engine itself."""
        return [tuple(row) for row in self.store.connection.query(sql).rows]

    def close(self) -> None:
        """Stop the collector and let go of the ledger."""
        self.collector.stop()
        self.store.close()


@pytest.fixture
def bench(tmp_path: Path, dsn: str) -> Iterator[Bench]:
    opened = Bench(tmp_path, dsn)
    yield opened
    opened.close()


def a_call(*events: str, response_id: str = ANSWER) -> bytes:
    """Return a request of one model call with an event of each name, which is a result that passed."""
    request = ExportTraceServiceRequest()
    now_ns = time.time_ns()
    span = (
        request.resource_spans.add()
        .scope_spans.add()
        .spans.add(
            trace_id=TRACE_ID,
            span_id=SPAN_ID,
            name="chat gpt-4o",
            start_time_unix_nano=now_ns - 10**9,
            end_time_unix_nano=now_ns,
        )
    )
    texts = {
        "gen_ai.operation.name": "chat",
        "gen_ai.system": "openai",
        "gen_ai.request.model": "gpt-4o",
        "gen_ai.response.id": response_id,
    }
    for name, text in texts.items():
        span.attributes.add(key=name).value.string_value = text
    for name, count in (("input", 1000), ("output", 200)):
        span.attributes.add(key=f"gen_ai.usage.{name}_tokens").value.int_value = count
    for name in events:
        event = span.events.add(name=name, time_unix_nano=now_ns)
        event.attributes.add(key="gen_ai.evaluation.name").value.string_value = "Relevance"
        event.attributes.add(key="gen_ai.evaluation.score.value").value.double_value = 0.75
    return request.SerializeToString()


def a_result(name: str = "Relevance", count: int = 1, **fields: Any) -> bytes:
    """Return a JSON request of log records, one nanosecond apart."""
    said = [
        {"key": "gen_ai.evaluation.name", "value": {"stringValue": name}},
        {"key": "gen_ai.evaluation.score.value", "value": {"doubleValue": 0.75}},
        {"key": "gen_ai.response.id", "value": {"stringValue": ANSWER}},
    ]
    start_ns = 1_795_348_800_000_000_000
    records = [
        {"eventName": RESULT, "timeUnixNano": str(start_ns + n), "attributes": said, **fields}
        for n in range(count)
    ]
    return json.dumps({"resourceLogs": [{"scopeLogs": [{"logRecords": records}]}]}).encode()


def of_the_call() -> Context:
    """Return a context in which the evaluated call's span is current, as the convention asks."""
    span = SpanContext(int.from_bytes(TRACE_ID), int.from_bytes(SPAN_ID), is_remote=True)
    return set_span_in_context(NonRecordingSpan(span))


def emit(exporter: LogRecordExporter, **record: Any) -> None:
    """Log one event by the SDK."""
    provider = LoggerProvider(Resource({"service.name": "judge"}), shutdown_on_exit=False)
    provider.add_log_record_processor(SimpleLogRecordProcessor(exporter))
    provider.get_logger("acme.evaluator").emit(
        timestamp=time.time_ns(), event_name=RESULT, body="never read", **record
    )
    provider.shutdown()


EXPORTERS: dict[str, Callable[[Running], LogRecordExporter]] = {
    "grpc": lambda on: GrpcExporter(f"http://127.0.0.1:{on.ports.grpc}", insecure=True),
    "http": lambda on: HttpExporter(f"http://127.0.0.1:{on.ports.http}/v1/logs"),
}


@pytest.mark.parametrize("make", EXPORTERS.values(), ids=EXPORTERS)
def test_what_an_sdk_logs_of_a_call_stands_beside_its_cost(
    bench: Bench, make: Callable[[Running], LogRecordExporter]
) -> None:
    emit(make(bench.collector), attributes=SAID, context=of_the_call())
    bench.send("/v1/traces", a_call())
    bench.booked()

    assert bench.ask(LINKED) == [("Relevance", 0.75, "span", "0.0045")]
    assert bench.ask("SELECT service, scope, score_label FROM evaluations") == [
        ("judge", "acme.evaluator", "pass")
    ]
    assert "customer" not in repr(bench.ask("SELECT * FROM evaluations"))


def test_a_result_without_a_span_is_linked_by_the_response_id(bench: Bench) -> None:
    bench.send("/v1/traces", a_call())
    bench.send("/v1/logs", a_result(), JSON)
    bench.booked()

    assert bench.ask(LINKED) == [("Relevance", 0.75, "response", "0.0045")]


def test_the_event_of_a_span_stands_beside_its_cost(bench: Bench) -> None:
    bench.send("/v1/traces", a_call("gen_ai.choice", RESULT))
    bench.booked()

    assert bench.ask(LINKED) == [("Relevance", 0.75, "span", "0.0045")]


def test_what_is_sent_again_is_booked_once(bench: Bench) -> None:
    call, result = a_call(RESULT), a_result()
    for _ in range(3):
        bench.send("/v1/traces", call)
        bench.send("/v1/logs", result, JSON)
        bench.booked()

    assert bench.ask("SELECT count(), uniqExact(evaluation_id) FROM evaluations") == [(2, 2)]
    assert bench.ask("SELECT count() FROM ledger") == [(1,)]


def test_ten_thousand_results_in_one_request_are_booked(bench: Bench) -> None:
    bench.send("/v1/logs", a_result(count=10_000), JSON)
    bench.booked()

    assert bench.ask("SELECT count() FROM evaluations") == [(10_000,)]


def test_a_result_that_cannot_be_read_is_told_to_its_sender(bench: Bench) -> None:
    reply = bench.collector.request(
        path="/v1/logs", body=a_result(timeUnixNano="soon"), content_type=JSON
    )

    told = json.loads(reply.body)["partialSuccess"]
    assert (reply.status, int(told["rejectedLogRecords"])) == (200, 1)
    assert "nanoseconds" in told["errorMessage"]


def test_a_result_that_no_ledger_takes_is_set_aside_and_holds_up_no_other(bench: Bench) -> None:
    bench.booking.refuses = "Poison"
    bench.send("/v1/logs", a_result(), JSON)
    bench.send("/v1/logs", a_result("Poison"), JSON)
    bench.booked()

    assert bench.ask("SELECT name FROM evaluations") == [("Relevance",)]
    letters = (bench.collector.directory / DEAD_LETTERS).glob("[0-9]*.json")
    assert ["does not fit" in letter.read_text() for letter in letters] == [True]
