"""What was read from the spool and waits for the rest of its traces, so that most calls are booked once."""

from __future__ import annotations

from typing import NamedTuple

from otel_costing.decoded import Undecodable
from otel_costing.evaluations import Evaluation, evaluation_of
from otel_costing.examined import Examined, examine_all, read_attributes
from otel_costing.otlp import decode_checked
from otel_costing.otlp_logs import decode_logs
from otel_costing.usage_events import decoded, examine_event
from otel_costing_collector.pace import Pace
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool_record import Kind, SpooledRequest

_READ = read_attributes()


class Waiting(NamedTuple):
    """Examined spans, evaluations that came without one, and the request each came in."""

    spans: list[Examined]
    evaluations: list[Evaluation]
    origins: list[tuple[int, list[Examined], list[Evaluation]]]
    """By request."""

    def add(self, request_id: int, examined: list[Examined], evaluations: list[Evaluation]) -> None:
        """Take what a request holds."""
        self.spans.extend(examined)
        self.evaluations.extend(evaluations)
        self.origins.append((request_id, examined, evaluations))

    def request_of(self) -> dict[tuple[str, str], int]:
        """Return the request that each came in first, by the span's ids or by the evaluation's key."""
        found: dict[tuple[str, str], int] = {}
        for request_id, examined, evaluations in self.origins:
            for one in examined:
                found.setdefault((one.skeleton.trace_id, one.skeleton.span_id), request_id)
                for evaluation in one.evaluations:
                    found.setdefault(evaluation.key, request_id)
            for evaluation in evaluations:
                found.setdefault(evaluation.key, request_id)
        return found


class Gathering:
    """Spans by order of receipt, without their attributes, until they are taken to be booked."""

    def __init__(self, books: PricingBooks, pace: Pace) -> None:
        """Prepare it.

        Args:
            books: what prices.
            pace: how long the first of them waits, and how much waits at most.
        """
        self._books = books
        self._pace = pace
        self._requests: list[int] = []
        self._bytes = 0
        self._waiting = Waiting([], [], [])
        self._since: float | None = None

    def add(self, request: SpooledRequest, now_s: float) -> str:
        """Price the spans of a request; return why it cannot be, empty where it can."""
        try:
            self._read(request)
        except Undecodable as undecodable:
            return str(undecodable)
        except Exception as error:  # noqa: BLE001 - a mistake of ours with one request must not hold up the others
            return f"it cannot be priced: {type(error).__name__}"
        finally:
            self._requests.append(request.id)
            self._bytes += len(request.body)
        if self._since is None:
            self._since = now_s
        return ""

    def is_due(self, now_s: float) -> bool:
        """Tell whether what waits has waited long enough, or is enough."""
        return self.wait_s(now_s) <= 0

    def wait_s(self, now_s: float) -> float:
        """Return how long to wait for more."""
        spans = len(self._waiting.spans) + len(self._waiting.evaluations)
        if spans >= self._pace.most_spans or self._bytes >= self._pace.most_bytes:
            return 0.0
        if self._since is None:
            return self._pace.linger_s if not self._requests else 0.0
        return self._since + self._pace.linger_s - now_s

    def take(self) -> tuple[list[int], Waiting]:
        """Return the requests and their spans, and begin anew."""
        taken = self._requests, self._waiting
        self._requests, self._waiting = [], Waiting([], [], [])
        self._bytes, self._since = 0, None
        return taken

    def _read(self, request: SpooledRequest) -> None:
        if request.kind is Kind.LOGS:
            self._waiting.add(request.id, [], self._evaluations(request))
        elif request.kind is Kind.USAGE:
            self._waiting.add(request.id, self._examined_events(request), [])
        else:
            self._waiting.add(request.id, self._examined(request), [])

    def _evaluations(self, request: SpooledRequest) -> list[Evaluation]:
        return [
            self._books.senders.evaluated(evaluation_of(record), record, request.sender)
            for record in decode_logs(request.body).results
        ]

    def _examined(self, request: SpooledRequest) -> list[Examined]:
        records = decode_checked(request.body, _READ).spans
        examined = examine_all(
            records,
            self._books.current,
            request.received_ns,
            sender=request.sender,
            earlier=self._books.by_digest,
        )
        resources = (record.resource for record in records)
        return self._books.senders.attributed(examined, resources, request.sender)

    def _examined_events(self, request: SpooledRequest) -> list[Examined]:
        examined = [
            examine_event(event, self._books.current, request.received_ns, sender=request.sender)
            for event in decoded(request.body)
        ]
        return self._books.senders.attributed(examined, ({} for _ in examined), request.sender)
