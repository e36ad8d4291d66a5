"""What was read from the spool and waits for the rest of its traces, so that most calls are booked once."""

from __future__ import annotations

from typing import NamedTuple

from otel_costing.decoded import Undecodable
from otel_costing.evaluations import Evaluation, evaluation_of
from otel_costing.examined import Examined, examine
from otel_costing.otlp import decode
from otel_costing.otlp_logs import decode_logs
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool_record import Kind, SpooledRequest


class Waiting(NamedTuple):
    """Examined spans, evaluations that came without one, and the request each came in."""

    spans: list[Examined]
    evaluations: list[Evaluation]
    request_of: dict[tuple[str, str], int]
    """By the span's ids, or by the evaluation's key."""

    def add(self, examined: list[Examined], request_id: int) -> None:
        """Take the spans of a request."""
        for one in examined:
            key = (one.skeleton.trace_id, one.skeleton.span_id)
            self.request_of.setdefault(key, request_id)
            for evaluation in one.evaluations:
                self.request_of.setdefault(evaluation.key, request_id)
        self.spans.extend(examined)

    def add_evaluations(self, evaluations: list[Evaluation], request_id: int) -> None:
        """Take those of the log records of a request."""
        for evaluation in evaluations:
            self.request_of.setdefault(evaluation.key, request_id)
        self.evaluations.extend(evaluations)


class Gathering:
    """Spans by order of receipt, without their attributes, until they are taken to be booked."""

    def __init__(self, books: PricingBooks, linger_s: float, most_spans: int) -> None:
        """Prepare it.

        Args:
            books: what prices.
            linger_s: how long the first of them waits.
            most_spans: how many wait at most.
        """
        self._books = books
        self._linger_s = linger_s
        self._most_spans = most_spans
        self._requests: list[int] = []
        self._waiting = Waiting([], [], {})
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
        if self._since is None:
            self._since = now_s
        return ""

    def is_due(self, now_s: float) -> bool:
        """Tell whether what waits has waited long enough, or is enough."""
        return self.wait_s(now_s) <= 0

    def wait_s(self, now_s: float) -> float:
        """Return how long to wait for more."""
        if len(self._waiting.spans) + len(self._waiting.evaluations) >= self._most_spans:
            return 0.0
        if self._since is None:
            return self._linger_s if not self._requests else 0.0
        return self._since + self._linger_s - now_s

    def take(self) -> tuple[list[int], Waiting]:
        """Return the requests and their spans, and begin anew."""
        taken = self._requests, self._waiting
        self._requests, self._waiting, self._since = [], Waiting([], [], {}), None
        return taken

    def _read(self, request: SpooledRequest) -> None:
        if request.kind is Kind.LOGS:
            evaluations = [evaluation_of(record) for record in decode_logs(request.body).results]
            self._waiting.add_evaluations(evaluations, request.id)
        else:
            self._waiting.add(self._examined(request), request.id)

    def _examined(self, request: SpooledRequest) -> list[Examined]:
        return [
            examine(
                record,
                self._books.current,
                request.received_ns,
                sender=request.sender,
                earlier=self._books.by_digest,
            )
            for record in decode(request.body).spans
        ]
