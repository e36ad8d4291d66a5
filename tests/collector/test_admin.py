"""What a collector says of itself: health, readiness, metrics, and a log without secrets."""

from __future__ import annotations

import io
import json
import logging
from pathlib import Path

import pytest

from otel_costing_collector.json_log import JsonFormatter
from tests.collector.conftest import Start
from tests.collector.exports import SPAN_ID, traces
from tests.collector.running import PROTOBUF, Running, ask

README = Path(__file__).parents[2] / "collector" / "README.md"


def test_it_is_healthy_and_ready(collector: Running) -> None:
    for path in ("/healthz", "/readyz"):
        reply = collector.admin(path)
        assert (reply.status, reply.body) == (200, b"ok\n")


def test_with_a_full_spool_it_is_healthy_and_not_ready(start: Start) -> None:
    collector = start("spool.max_bytes=1 MiB", "limits.request_bytes=512 KiB")
    assert collector.admin("/readyz").status == 200
    collector.request(body=traces(padding=510_000), content_type=PROTOBUF)
    collector.request(body=traces(padding=10_000), content_type=PROTOBUF)

    assert collector.admin("/healthz").status == 200
    assert collector.admin("/readyz").status == 503


@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/", 404), ("POST", "/healthz", 405)]
)
def test_it_answers_nothing_else(collector: Running, method: str, path: str, status: int) -> None:
    assert status == ask(collector.ports.admin, method, path, b"", {}, None).status


def test_the_metrics_count_what_came_and_what_became_of_it(start: Start) -> None:
    collector = start()
    collector.request(body=traces(span_ids=[SPAN_ID, b"bad"]), content_type=PROTOBUF)
    collector.export(traces())
    collector.request(body=b"\xff", content_type=PROTOBUF)
    collector.request(path="/v1/nothing")

    text = collector.admin("/metrics").body.decode()

    for line in (
        'otel_costing_accepted_requests_total{protocol="http",signal="traces"} 1.0',
        'otel_costing_accepted_requests_total{protocol="grpc",signal="traces"} 1.0',
        'otel_costing_accepted_items_total{signal="traces"} 2.0',
        'otel_costing_rejected_items_total{signal="traces"} 1.0',
        'otel_costing_refused_requests_total{protocol="http",reason="undecodable"} 1.0',
        'otel_costing_refused_requests_total{protocol="http",reason="not_found"} 1.0',
        "otel_costing_spool_requests 2.0",
        'otel_costing_acknowledged_seconds_count{protocol="grpc"} 1.0',
    ):
        assert line in text
    oldest = collector.counted("spool_oldest_seconds")
    assert 0 < oldest < 60


def test_every_metric_is_documented(collector: Running) -> None:
    readme = README.read_text(encoding="utf-8")
    names = [metric.name for metric in collector.service.telemetry.registry.collect()]

    assert len(names) > 10
    assert [name for name in names if f"`{name}" not in readme] == []


def test_a_line_of_the_log_is_json_and_quotes_nothing_an_exception_says() -> None:
    stream = io.StringIO()
    logger = logging.getLogger("collector under test")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    logger.propagate = False

    try:
        int("the prompt of a customer")
    except ValueError:
        logger.exception("a request failed", extra={"protocol": "http"})

    line = json.loads(stream.getvalue())
    assert (
        line["level"],
        line["message"],
        line["protocol"],
        line["error"],
    ) == ("error", "a request failed", "http", "ValueError")
    assert "prompt" not in stream.getvalue()
