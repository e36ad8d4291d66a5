"""`POST /api/v1/outcomes`: what came of a run, told by whoever learns of it."""

from __future__ import annotations

from collections.abc import Sequence

from otel_costing.outcome_events import encoded
from otel_costing.outcomes import Outcome, by_key
from otel_costing_collector.identities import Identity
from otel_costing_collector.rest.ingest import Intake
from otel_costing_collector.rest.outcome_body import outcomes_of
from otel_costing_collector.rest.strict_json import value_of
from otel_costing_collector.spool_record import Kind


def outcome_intake() -> Intake[Outcome]:
    """Return what becomes of outcomes."""
    return Intake(Kind.OUTCOMES, _read, encoded, _kept, _answer)


def _read(identity: Identity, body: bytes) -> list[Outcome]:
    told = outcomes_of(value_of(body))
    return [by_key(one, identity.team, identity.name) for one in told]


def _kept(_identity: Identity, _number: int, _outcomes: Sequence[Outcome]) -> None:
    """Note nothing: nobody asks for one outcome."""


def _answer(outcomes: Sequence[Outcome]) -> dict[str, list[dict[str, str]]]:
    return {
        "outcomes": [
            {"outcomeKey": one.outcome_key, "outcomeId": one.outcome_id, "outcome": "accepted"}
            for one in outcomes
        ]
    }
