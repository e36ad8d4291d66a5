"""One port, two applications: what begins with `/api/` is the REST API's, everything else is OTLP's."""

from __future__ import annotations

from otel_costing_collector.http_server import Application
from otel_costing_collector.request_body import Receive, Scope, Send

_PREFIX = "/api/"


class ByPath:
    """The application that asks the other two."""

    def __init__(self, rest: Application, otlp: Application) -> None:
        self._rest = rest
        self._otlp = otlp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_rest = scope["type"] == "http" and scope["path"].startswith(_PREFIX)
        await (self._rest if is_rest else self._otlp)(scope, receive, send)
