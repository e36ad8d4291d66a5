"""Usage events as callers send them, and the API as they ask it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote

from otel_costing.clickhouse.store import Store
from tests.collector.running import JSON, Reply, Running, ask

INGEST = "/api/v1/usage/ingest"
PROBLEM = "application/problem+json"
_numbers = count()


def instant(seconds_ago: float = 0) -> str:
    """Return an instant before now, as events spell it."""
    return (datetime.now(UTC) - timedelta(seconds=seconds_ago)).isoformat()


def event(**said: Any) -> dict[str, Any]:
    """Return an event with a request id of its own: 1,000 tokens in and 200 out of gpt-4o, which is 0.0045 USD."""
    usual = {
        "requestId": f"request-{next(_numbers)}",
        "provider": "openai",
        "model": "gpt-4o",
        "usage": {"input": 1000, "output": 200},
        "startedAt": instant(2),
        "endedAt": instant(1),
        "team": "search",
    }
    return {**usual, **said}


def send(running: Running, method: str, path: str, body: bytes = b"", **headers: str) -> Reply:
    """Send one request; `content_type=...` is the header `content-type`."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return ask(running.ports.http, method, path, body, named, None)


def post(running: Running, body: Any, **headers: str) -> Reply:
    """Send events, or the bytes of a body."""
    sent = body if isinstance(body, bytes) else json.dumps(body).encode()
    return send(running, "POST", INGEST, sent, **{"content_type": JSON, **headers})


class Api:
    """The API of one collector."""

    def __init__(self, running: Running, store: Store) -> None:
        self.running = running
        self.store = store

    def post(self, body: Any, **headers: str) -> Reply:
        """Send events, or the bytes of a body."""
        return post(self.running, body, **headers)

    def get(self, path: str, **headers: str) -> Reply:
        """Ask."""
        return send(self.running, "GET", f"/api/v1/{path}", b"", **headers)

    def asked(self, path: str, **headers: str) -> Any:
        """Ask, and return the answer."""
        reply = self.get(path, **headers)
        assert reply.status == 200, reply
        return json.loads(reply.body)

    def accepted(self, body: Any, **headers: str) -> list[str]:
        """Send events that are accepted; return the ids of their calls."""
        reply = self.post(body, **headers)
        assert reply.status == 202, reply
        return [one["callId"] for one in json.loads(reply.body)["events"]]

    def booked(self, *events: dict[str, Any], **headers: str) -> list[Any]:
        """Send events, wait until they are booked; return what the API says that each cost."""
        call_ids = self.accepted(list(events), **headers)
        self.until_empty()
        return [self.asked(f"calls/{call_id}") for call_id in call_ids]

    def until_empty(self) -> None:
        """Wait until nothing is left to book."""
        self.running.until(lambda: self.running.service.spool.state().requests == 0)

    def rows(self, sql: str, **parameters: Any) -> list[tuple[Any, ...]]:
        """Ask the engine itself."""
        return [tuple(row) for row in self.store.connection.query(sql, parameters).rows]


def token(name: str) -> str:
    """Return the token of an identity."""
    return f"{name}-0123456789abcdef"


def bearer(name: str) -> str:
    """Return the header that presents it."""
    return f"Bearer {token(name)}"


def problems_of(reply: Reply) -> dict[str, str]:
    """Return what a refusal says, by place."""
    assert reply.headers["content-type"] == PROBLEM
    return {one["place"]: one["what"] for one in json.loads(reply.body)["problems"]}


def where(condition: str) -> str:
    """Return a condition as it stands in a URL."""
    return f"where={quote(condition)}"
