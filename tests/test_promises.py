"""Promises that once were broken: each a small story of what was lost, mixed or counted twice."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.sdk.trace import SpanLimits
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from otel_costing import CostSpanProcessor, attribute_to, receipt, workflow
from otel_costing.batch import batch_of
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.store import Store
from otel_costing.ingest import ingest
from otel_costing.otlp import decode
from otel_costing.rates import default_rates
from tests.tracing import CALL, exported, tracer_of

_SCOPE = {"name": "opentelemetry.instrumentation.genai.openai"}


def request(attributes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    """One OTLP JSON request of one span; attribute values as OTLP spells them."""
    end_ns = time.time_ns()
    span = {
        "traceId": "5" * 32,
        "spanId": "7" * 16,
        "name": "chat",
        "startTimeUnixNano": str(end_ns - 10**9),
        "endTimeUnixNano": str(end_ns),
        "attributes": [{"key": name, "value": value} for name, value in attributes.items()],
        **fields,
    }
    return {"resourceSpans": [{"scopeSpans": [{"scope": _SCOPE, "spans": [span]}]}]}


def usage(count: Any) -> dict[str, Any]:
    return {
        "gen_ai.operation.name": {"stringValue": "chat"},
        "gen_ai.provider.name": {"stringValue": "openai"},
        "gen_ai.request.model": {"stringValue": "gpt-5-mini"},
        "gen_ai.usage.input_tokens": count,
        "gen_ai.usage.output_tokens": {"intValue": "10"},
    }


def test_a_copy_that_lost_its_attributes_hides_no_call(tmp_path: Path, dsn: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps(request({})))
    (tmp_path / "b.json").write_text(json.dumps(request(usage({"intValue": "700"}))))
    with Store.open(dsn) as store:
        booked = ingest(
            [tmp_path / "a.json", tmp_path / "b.json"], store, received_ns=time.time_ns()
        )

    assert (booked.billable_calls, booked.priced) == (1, 1)


@pytest.mark.parametrize(
    "count",
    [{"intValue": "1" + "0" * 23}, {"intValue": []}, {"doubleValue": {}}, {"intValue": "x" * 30}],
)
def test_a_count_that_cannot_be_read_is_invalid_and_never_left_out(count: dict[str, Any]) -> None:
    records = decode(json.dumps(request(usage(count))).encode()).spans
    (entry,) = batch_of(records, default_rates(), time.time_ns()).entries

    assert (entry.status, entry.status_reason) == ("unpriced", "invalid_usage")


@pytest.mark.parametrize("code", [[], {}, None, "x"])
def test_a_hostile_status_stops_no_request(code: object) -> None:
    body = json.dumps(request(usage({"doubleValue": "700"}), status={"code": code})).encode()
    (entry,) = batch_of(decode(body).spans, default_rates(), time.time_ns()).entries

    assert entry.status == "priced"
    assert entry.items[0].quantity == 700


def test_json_lines_may_begin_with_a_blank_line(tmp_path: Path, dsn: str) -> None:
    lines = [
        json.dumps(request(usage({"intValue": "700"}), spanId=f"{number:016x}"))
        for number in (1, 2)
    ]
    (tmp_path / "calls.jsonl").write_text("\n" + "\n".join(lines))
    with Store.open(dsn) as store:
        booked = ingest([tmp_path / "calls.jsonl"], store, received_ns=time.time_ns())
        everything = report(store, ["team"])

    assert (booked.billable_calls, booked.refused) == (2, ())
    assert sum(row.calls for row in everything) == 2


def test_one_attribution_entered_by_two_threads_stays_with_neither() -> None:
    billing = attribute_to(team="billing")
    inside, leave = threading.Barrier(2), threading.Barrier(2)
    simple, out = exported()
    tracer = tracer_of(CostSpanProcessor(), simple)

    def work() -> None:
        with billing:
            inside.wait(10)
        leave.wait(10)
        tracer.start_span("chat later", attributes=CALL).end()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)

    teams = [(span.attributes or {}).get("otel_costing.team") for span in out.get_finished_spans()]
    assert teams == [None, None]


def test_a_worker_s_span_does_not_mix_two_runs() -> None:
    simple, out = exported()
    with tracer_of(CostSpanProcessor(), simple).start_as_current_span("worker"):
        with attribute_to(workflow="refund", team="support"):
            pass
        with workflow("invoice"), attribute_to(customer_id="cust-2"):
            pass

    (root,) = out.get_finished_spans()
    attributes = root.attributes or {}
    assert attributes["otel_costing.workflow"] == "refund"
    assert "otel_costing.customer_id" not in attributes


def test_a_span_without_room_is_still_exported_for_its_cost_and_counted_once() -> None:
    ours = InMemorySpanExporter()
    processor = CostSpanProcessor(exporter=ours)
    limits = SpanLimits(max_span_attributes=len(CALL))
    tracer = tracer_of(processor, CostSpanProcessor(), limits=limits)
    with receipt() as so_far:
        tracer.start_span("chat m", attributes=CALL).end()
    processor.force_flush()

    assert so_far.calls == 1
    assert len(ours.get_finished_spans()) == 1
    processor.shutdown()


def test_an_end_nobody_can_believe_is_priced_at_receipt_on_the_span_too() -> None:
    """Milliseconds given for nanoseconds are a common mistake; span and ledger say one figure."""
    simple, out = exported()
    dated = {**CALL, "gen_ai.request.model": "o3", "gen_ai.response.model": "o3"}
    span = tracer_of(CostSpanProcessor(), simple).start_span("chat o3", attributes=dated)
    span.end(end_time=time.time_ns() // 10**6)

    (seen,) = out.get_finished_spans()
    attributes = seen.attributes or {}
    assert attributes["otel_costing.cost.usd"] == "0.003150000000"


def test_one_response_id_on_two_models_is_two_calls() -> None:
    tracer = tracer_of(CostSpanProcessor())
    identity = {"gen_ai.response.id": "chatcmpl-CqAbCdEfGhIjKlMn"}
    with receipt() as so_far:
        tracer.start_span("chat a", attributes={**CALL, **identity}).end()
        other = {
            **CALL,
            **identity,
            "gen_ai.request.model": "gpt-5",
            "gen_ai.response.model": "gpt-5",
        }
        tracer.start_span("chat b", attributes=other).end()

    assert so_far.calls == 2
