"""What the collector says of itself, over HTTP on a port of its own: health, readiness, metrics; and the jobs it takes."""

from __future__ import annotations

from collections.abc import Callable
from http import HTTPStatus

from prometheus_client import CollectorRegistry
from prometheus_client.exposition import choose_encoder

from otel_costing_collector.http_server import Application
from otel_costing_collector.otlp_http import Receive, Scope, Send

JOBS_PATH = "/api/v1/jobs"
_TEXT = "text/plain; charset=utf-8"


class Admin:
    """The application."""

    def __init__(
        self,
        registry: CollectorRegistry,
        *,
        ailing: Callable[[], str],
        unready: Callable[[], str],
        jobs: Application | None = None,
    ) -> None:
        """Prepare it.

        Args:
            registry: the metrics.
            ailing: why the process should be started anew; empty where it is well.
            unready: why it would refuse a request now; empty where it would not.
            jobs: what answers below `/api/v1/jobs`; None where no jobs are taken.
        """
        self._registry = registry
        self._jobs = jobs
        self._checks = {"/healthz": ailing, "/readyz": unready}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        if self._jobs is not None and scope["path"].startswith(JOBS_PATH):
            await self._jobs(scope, receive, send)
        elif scope["method"] not in {"GET", "HEAD"}:
            await _answer(send, HTTPStatus.METHOD_NOT_ALLOWED, b"only GET\n")
        elif scope["path"] in self._checks:
            why = self._checks[scope["path"]]()
            status = HTTPStatus.SERVICE_UNAVAILABLE if why else HTTPStatus.OK
            await _answer(send, status, f"{why or 'ok'}\n".encode())
        elif scope["path"] == "/metrics":
            accept = dict(scope["headers"]).get(b"accept", b"").decode("latin-1")
            encode, content_type = choose_encoder(accept)
            await _answer(send, HTTPStatus.OK, encode(self._registry), content_type)
        else:
            await _answer(send, HTTPStatus.NOT_FOUND, b"/healthz, /readyz or /metrics\n")


async def _answer(send: Send, status: int, body: bytes, content_type: str = _TEXT) -> None:
    headers = [
        (b"content-type", content_type.encode()),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
