"""A small OTLP endpoint over HTTP that answers as it is told to."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

DROP = -1
"""Closes the connection without an answer."""
HANG = -2
"""Does not answer before the receiver is closed."""


class Said(NamedTuple):
    """One answer: a status, or one of the above; headers; a body."""

    status: int
    headers: dict[str, str] = {}  # noqa: RUF012 - never changed
    body: bytes = b""


class Received(NamedTuple):
    """One request as it came."""

    path: str
    headers: dict[str, str]
    body: bytes


class Receiver:
    """Says `answers` one after the other, then OK."""

    def __init__(self, *answers: Said) -> None:
        self.answers = list(answers)
        self.says: Callable[[Received], Said | None] = lambda _received: None
        """Where it returns an answer, that one is given."""
        self.received: list[Received] = []
        self.taken: list[Received] = []
        self._closing = threading.Event()
        self._guard = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]
        self.url = f"http://127.0.0.1:{self.port}"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def spans(self) -> list[Any]:
        """Return the spans of all requests that were taken."""
        return [
            span
            for received in list(self.taken)
            if received.path == "/v1/traces"
            for resource_spans in ExportTraceServiceRequest.FromString(received.body).resource_spans
            for scope_spans in resource_spans.scope_spans
            for span in scope_spans.spans
        ]

    def span_ids(self) -> list[bytes]:
        """Return the ids of the spans that were taken, as often as they were."""
        return [span.span_id for span in self.spans()]

    def _take(self, received: Received) -> Said:
        with self._guard:
            self.received.append(received)
            said = self.says(received)
            if said is None:
                said = self.answers.pop(0) if self.answers else Said(200)
            if said.status == 200:
                self.taken.append(received)
        return said

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                headers = {name.lower(): value for name, value in self.headers.items()}
                body = self.rfile.read(int(headers["content-length"]))
                if headers.get("content-encoding") == "gzip":
                    body = gzip.decompress(body)
                said = receiver._take(Received(self.path, headers, body))
                if said.status == HANG:
                    receiver._closing.wait(30)
                if said.status < 0:
                    self.close_connection = True
                    return
                self.send_response(said.status)
                about = {"content-type": "application/x-protobuf", **said.headers}
                for name, value in {**about, "content-length": str(len(said.body))}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(said.body)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler

    def close(self) -> None:
        """Stop."""
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()


def partly(rejected: int, why: str) -> bytes:
    """Return the body of an answer that says so many spans were left out."""
    response = ExportTraceServiceResponse()
    response.partial_success.rejected_spans = rejected
    response.partial_success.error_message = why
    return response.SerializeToString()
