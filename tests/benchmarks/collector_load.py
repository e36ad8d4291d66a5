"""Senders in a process of their own: pre-encoded requests, new ids, people and token counts in each, as fast as told.

`python -m tests.benchmarks.collector_load PORT SECONDS SPANS_A_SECOND ONE_IN` prints one JSON line: what was acknowledged
in how many seconds, how long the answers took, and the processor time of sending.
"""

from __future__ import annotations

import http.client
import json
import os
import sys
import threading
import time
from random import randrange

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SPANS_A_REQUEST = 512
_SENDERS = 8
_TRACE = b"\xf0" * 16
_MODEL_CALL = {
    "gen_ai.operation.name": "chat",
    "gen_ai.system": "openai",
    "gen_ai.request.model": "gpt-4o",
    "gen_ai.response.model": "gpt-4o-2024-08-06",
    "gen_ai.response.id": "chatcmpl-AAAAAAAAAAAAAAAAAAAAAAAA",
    "server.address": "api.openai.com",
    "otel_costing.team": "support",
    "otel_costing.workflow": "resolve-ticket",
    "otel_costing.workflow_run_id": "run-AAAAAAAAAAAAAAAAAAAAAAAA",
    "otel_costing.feature": "answers",
    "user.id": "user-AAAAAAAAAAAAAAAAAAAAAAAA",
    "session.id": "session-AAAAAAAAAAAAAAAAAAAAAAAA",
    **{f"app.attribute.{number}": f"value {number}" for number in range(9)},
}
_PORT = {"server.port": 443}
_COUNTS = {
    "gen_ai.usage.input_tokens": (2**13, 2**14),
    "gen_ai.usage.output_tokens": (2**7, 2**14),
    "gen_ai.usage.cache_read.input_tokens": (2**7, 2**13),
}
"""From and below; all of them take two bytes on the wire."""
_PLACEHOLDERS = (b"chatcmpl-", b"user-", b"session-", b"run-")
"""Before texts that are new in each span."""
_OTHER = {f"http.attribute.{number}": f"value {number}" for number in range(15)}


def template(one_in: int) -> bytes:
    """Return a request of which one span in so many is a model call, of 25 attributes; its ids are placeholders."""
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "assistant"
    spans = resource.scope_spans.add()
    spans.scope.name = "opentelemetry.instrumentation.openai_v2"
    now_ns = time.time_ns()
    for number in range(SPANS_A_REQUEST):
        is_call = number % one_in == 0
        span = spans.spans.add(
            trace_id=_TRACE,
            span_id=_TRACE[:8],
            name="chat gpt-4o" if is_call else "GET /",
            kind=3,
            start_time_unix_nano=now_ns - 10**9,
            end_time_unix_nano=now_ns,
        )
        for key, text in (_MODEL_CALL if is_call else _OTHER).items():
            span.attributes.add(key=key).value.string_value = text
        counts = {**_PORT, **{key: least for key, (least, _) in _COUNTS.items()}}
        for key, count in counts.items() if is_call else ():
            span.attributes.add(key=key).value.int_value = count
    return request.SerializeToString()


class Renewed:
    """A template whose ids, people and counts are new each time: nothing is encoded while the clock runs."""

    def __init__(self, encoded: bytes) -> None:
        self._bytes = bytearray(encoded)
        self._traces = list(_places(encoded, b"\n\x10" + _TRACE, 2))
        self._spans = list(_places(encoded, b"\x12\x08" + _TRACE[:8], 2))
        self._texts = [
            place
            for mark in _PLACEHOLDERS
            for place in _places(encoded, mark + b"A" * 24, len(mark))
        ]
        self._counts = [
            (place, *bounds)
            for key, bounds in _COUNTS.items()
            for place in _places(encoded, key.encode() + b"\x12\x03\x18", len(key) + 3)
        ]

    def next(self) -> bytes:
        """Return the request anew."""
        fresh = os.urandom(24 * len(self._traces))
        for index, (trace, span) in enumerate(zip(self._traces, self._spans, strict=True)):
            at = 24 * index
            self._bytes[trace : trace + 16] = fresh[at : at + 16]
            self._bytes[span : span + 8] = fresh[at + 16 : at + 24]
        texts = os.urandom(12 * len(self._texts)).hex().encode()
        for index, place in enumerate(self._texts):
            self._bytes[place : place + 24] = texts[24 * index : 24 * index + 24]
        for place, least, below in self._counts:
            count = randrange(least, below)  # noqa: S311 - a load, not a secret
            self._bytes[place] = 0x80 | count & 0x7F
            self._bytes[place + 1] = count >> 7
        return bytes(self._bytes)


def _places(encoded: bytes, sought: bytes, offset: int) -> list[int]:
    found = []
    at = encoded.find(sought)
    while at >= 0:
        found.append(at + offset)
        at = encoded.find(sought, at + len(sought))
    return found


class _Sender(threading.Thread):
    def __init__(self, port: int, until_s: float, interval_s: float, encoded: bytes) -> None:
        super().__init__()
        self.spans = 0
        self.refused = 0
        self.waited_s: list[float] = []
        self._port, self._until_s, self._interval_s = port, until_s, interval_s
        self._renewed = Renewed(encoded)

    def run(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        due_s = time.perf_counter()
        while (now_s := time.perf_counter()) < self._until_s:
            if now_s < due_s:
                time.sleep(due_s - now_s)  # the rate that was asked for
            body = self._renewed.next()
            began_s = time.perf_counter()
            connection.request(
                "POST", "/v1/traces", body, {"content-type": "application/x-protobuf"}
            )
            answer = connection.getresponse()
            answer.read()
            if answer.status == 200:
                self.spans += SPANS_A_REQUEST
                self.waited_s.append(time.perf_counter() - began_s)
            else:
                self.refused += 1
            due_s += self._interval_s
        connection.close()


def main(port: int, seconds: float, spans_a_second: float, one_in: int) -> None:
    """Send, and print what came of it."""
    interval_s = _SENDERS * SPANS_A_REQUEST / spans_a_second if spans_a_second else 0.0
    encoded = template(one_in)
    began_s = time.perf_counter()
    until_s = began_s + seconds
    senders = [_Sender(port, until_s, interval_s, encoded) for _ in range(_SENDERS)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    sent_s = time.perf_counter() - began_s
    waited = sorted(wait for sender in senders for wait in sender.waited_s)
    said = {
        "seconds": sent_s,
        "spans": sum(sender.spans for sender in senders),
        "refused": sum(sender.refused for sender in senders),
        "p50_ms": waited[len(waited) // 2] * 1000,
        "p99_ms": waited[len(waited) * 99 // 100] * 1000,
        "cpu_s": time.process_time(),
    }
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]))
