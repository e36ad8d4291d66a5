"""What was read from the spool and waits for the rest of its traces, so that most calls are booked once."""

from __future__ import annotations

from typing import NamedTuple

from otel_costing.decoded import Undecodable
from otel_costing.evaluations import Evaluation, evaluation_of
from otel_costing.examined import Examined, examine_all, read_attributes
from otel_costing.otlp import decode_checked
from otel_costing.otlp_logs import decode_logs
from otel_costing.outcome_events import decoded as decoded_outcomes
from otel_costing.outcomes import Outcome, outcome_of
from otel_costing.semconv import OUTCOME
from otel_costing.usage_events import decoded, examine_event
from otel_costing_collector.pace import Pace
from otel_costing_collector.pricing_books import PricingBooks
from otel_costing_collector.spool_record import Kind, SpooledRequest

_READ = read_attributes()


class Held(NamedTuple):
    """Examined spans, and the evaluations and outcomes that came without one."""

    spans: list[Examined]
    evaluations: list[Evaluation]
    outcomes: list[Outcome]


class Waiting(NamedTuple):
    """What was read, and the request each came in."""

    spans: list[Examined]
    evaluations: list[Evaluation]
    outcomes: list[Outcome]
    origins: list[tuple[int, Held]]
    """By request."""

    def add(self, request_id: int, held: Held) -> None:
        """Take what a request holds."""
        self.spans.extend(held.spans)
        self.evaluations.extend(held.evaluations)
        self.outcomes.extend(held.outcomes)
        self.origins.append((request_id, held))

    def request_of(self) -> dict[tuple[str, str], int]:
        """Return the request that each came in first, by the span's ids, or the key of what was told."""
        found: dict[tuple[str, str], int] = {}
        for request_id, held in self.origins:
            for one in held.spans:
                found.setdefault((one.skeleton.trace_id, one.skeleton.span_id), request_id)
                for key in _keys_of(one):
                    found.setdefault(key, request_id)
            for key in _keys_of(held):
                found.setdefault(key, request_id)
        return found


def _keys_of(told: Examined | Held) -> list[tuple[str, str]]:
    return [*(one.key for one in told.evaluations), *(one.key for one in told.outcomes)]


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
        self._waiting = Waiting([], [], [], [])
        self._since: float | None = None
        self._readers = {
            Kind.TRACES: self._spans,
            Kind.LOGS: self._logs,
            Kind.USAGE: self._usage,
            Kind.OUTCOMES: self._outcomes,
        }

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
        waiting = self._waiting
        told = len(waiting.spans) + len(waiting.evaluations) + len(waiting.outcomes)
        if told >= self._pace.most_spans or self._bytes >= self._pace.most_bytes:
            return 0.0
        if self._since is None:
            return self._pace.linger_s if not self._requests else 0.0
        return self._since + self._pace.linger_s - now_s

    def take(self) -> tuple[list[int], Waiting]:
        """Return the requests and their spans, and begin anew."""
        taken = self._requests, self._waiting
        self._requests, self._waiting = [], Waiting([], [], [], [])
        self._bytes, self._since = 0, None
        return taken

    def _read(self, request: SpooledRequest) -> None:
        self._waiting.add(request.id, self._readers[request.kind](request))

    def _logs(self, request: SpooledRequest) -> Held:
        records = decode_logs(request.body).results
        senders = self._books.senders
        return Held(
            [],
            [
                senders.evaluated(evaluation_of(one), one, request.sender)
                for one in records
                if one.name != OUTCOME
            ],
            [
                senders.achieved(outcome_of(one), one.resource, request.sender)
                for one in records
                if one.name == OUTCOME
            ],
        )

    def _outcomes(self, request: SpooledRequest) -> Held:
        senders = self._books.senders
        told = decoded_outcomes(request.body)
        return Held([], [], [senders.achieved(one, {}, request.sender) for one in told])

    def _spans(self, request: SpooledRequest) -> Held:
        records = decode_checked(request.body, _READ).spans
        examined = examine_all(
            records,
            self._books.current,
            request.received_ns,
            sender=request.sender,
            earlier=self._books.by_digest,
            promoted=self._books.promoted,
        )
        resources = (record.resource for record in records)
        return Held(self._books.senders.attributed(examined, resources, request.sender), [], [])

    def _usage(self, request: SpooledRequest) -> Held:
        examined = [
            examine_event(event, self._books.current, request.received_ns, sender=request.sender)
            for event in decoded(request.body)
        ]
        senders = self._books.senders
        return Held(senders.attributed(examined, ({} for _ in examined), request.sender), [], [])
