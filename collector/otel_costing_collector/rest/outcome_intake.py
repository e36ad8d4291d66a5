"""`POST /api/v1/outcomes`: what came of a run, told by whoever learns of it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from otel_costing.outcome_events import encoded
from otel_costing.outcomes import Outcome, by_key
from otel_costing.problems import Problem
from otel_costing_collector.identities import Identity
from otel_costing_collector.rest.bodies import Form, told_in
from otel_costing_collector.rest.ingest import Intake
from otel_costing_collector.rest.outcome_body import OutcomeBody
from otel_costing_collector.rest.strict_json import value_of
from otel_costing_collector.spool_record import Kind


def outcome_intake() -> Intake[Outcome]:
    """Return what becomes of outcomes."""
    return Intake(Kind.OUTCOMES, _read, encoded, _kept, _answer)


def _read(identity: Identity, body: bytes) -> list[Outcome]:
    told = told_in(value_of(body), _FORM)
    return [by_key(one, identity.team, identity.name) for one in told]


def _outcome(value: Any) -> Outcome:
    return OutcomeBody.model_validate(value).outcome()


def _mistakes(outcome: Outcome, place: str) -> Iterator[Problem]:
    if not (outcome.attribution.workflow_run_id or outcome.trace_id):
        yield Problem(f"{place}/workflowRunId", "is missing; name the run, or a trace of it")
    if outcome.trace_id and not outcome.trace_id.strip("0"):
        yield Problem(f"{place}/traceId", "is all zeros, as where no span is recorded")
    if not outcome.occurred_ns:
        yield Problem(f"{place}/occurredAt", "is no time between 2015 and 2099")


_FORM = Form("outcome", _outcome, _mistakes, "outcomeKey", lambda one: one.outcome_key)


def _kept(_identity: Identity, _number: int, _outcomes: Sequence[Outcome]) -> None:
    """Note nothing: nobody asks for one outcome."""


def _answer(outcomes: Sequence[Outcome]) -> dict[str, list[dict[str, str]]]:
    return {
        "outcomes": [
            {"outcomeKey": one.outcome_key, "outcomeId": one.outcome_id, "outcome": "accepted"}
            for one in outcomes
        ]
    }
