"""What an evaluator found of a model's answer: who says what of which call. Pure.

An evaluation is known by its content: the same one told twice, in whatever request, is one. What its explanation says
is content of the conversation, so it is left behind.

Source: OpenTelemetry GenAI semantic conventions, event `gen_ai.evaluation.result`: it stands on the span that is
evaluated where that is possible, else it names `gen_ai.response.id`.
"""

from __future__ import annotations

import math
import re
from typing import Any, NamedTuple

from otel_costing import semconv
from otel_costing.attribution import attribution_of
from otel_costing.identity import id_of
from otel_costing.instants import storable_ns
from otel_costing.ledger import call_id_of_span, digest, storable_text
from otel_costing.log_records import LogRecord
from otel_costing.spans import Attributes, SpanEvent, SpanRecord, service_of

_NUMBER = re.compile(r"[+-]?[0-9]{1,30}(\.[0-9]{0,30})?([eE][+-]?[0-9]{1,3})?", re.ASCII)


class Evaluation(NamedTuple):
    """One result; texts are empty where nothing is said."""

    evaluation_id: str
    """Digest of what it says, and of where and when."""
    name: str
    """Of the metric, for example `Relevance`."""
    score_value: float | None
    """On the evaluator's own scale; None where it is not said, or no number."""
    score_label: str
    """For example `pass`."""
    error_type: str
    """Why the evaluation itself failed."""
    evaluated_ns: int
    """Nanoseconds since 1970 UTC; 0 where it is not said, or cannot be."""
    trace_id: str
    span_id: str
    span_call_id: str
    """The id of the call that its span tells of, if that tells of one; empty without a span."""
    response_id: str
    service: str
    """That of the evaluator, as is `team`."""
    team: str
    scope: str

    @property
    def key(self) -> tuple[str, str]:
        """What it is known by where spans are known by their trace and span ids."""
        return "", self.evaluation_id


def evaluations_on(record: SpanRecord, team: str) -> tuple[Evaluation, ...]:
    """Return what the events of a span say, by the `team` that ran it."""
    return tuple(
        _on_span(event, record, team)
        for event in record.events
        if event.name == semconv.EVALUATION_RESULT
    )


def _on_span(event: SpanEvent, record: SpanRecord, team: str) -> Evaluation:
    log = LogRecord(
        record.trace_id,
        record.span_id,
        event.time_ns,
        event.attributes,
        record.scope_name,
        record.resource,
    )
    return _evaluation(log, team)


def evaluation_of(record: LogRecord) -> Evaluation:
    """Return what a log record named `gen_ai.evaluation.result` says."""
    return _evaluation(record, attribution_of(record.attributes, record.resource).team)


def _evaluation(record: LogRecord, team: str) -> Evaluation:
    evaluation = Evaluation(
        evaluation_id="",
        name=_text(record.attributes, semconv.EVALUATION_NAME),
        score_value=score_of(record.attributes.get(semconv.EVALUATION_SCORE_VALUE)),
        score_label=_text(record.attributes, semconv.EVALUATION_SCORE_LABEL),
        error_type=_text(record.attributes, semconv.ERROR_TYPE),
        evaluated_ns=storable_ns(record.time_ns),
        trace_id=record.trace_id,
        span_id=record.span_id,
        span_call_id=call_id_of_span(record.trace_id, record.span_id) if record.span_id else "",
        response_id=id_of(record.attributes.get(semconv.RESPONSE_ID)),
        service=storable_text(service_of(record.resource)),
        team=team,
        scope=storable_text(record.scope_name),
    )
    return evaluation._replace(evaluation_id=_id_of(evaluation))


def _id_of(evaluation: Evaluation) -> str:
    """Leave out the team and the service: a receiver on the way may name them anew."""
    return digest(
        "evaluation",
        evaluation.trace_id,
        evaluation.span_id,
        evaluation.response_id,
        evaluation.name,
        repr(evaluation.score_value),
        evaluation.score_label,
        evaluation.error_type,
        str(evaluation.evaluated_ns),
        evaluation.scope,
    )


def score_of(said: Any) -> float | None:
    """Return a finite number, also one written as text, as JSON may spell a double; None for anything else."""
    is_number = isinstance(said, int | float) and not isinstance(said, bool)
    if not is_number and not (isinstance(said, str) and _NUMBER.fullmatch(said)):
        return None
    try:
        score = float(said)
    except OverflowError:
        return None
    return score if math.isfinite(score) else None


def _text(attributes: Attributes, name: str) -> str:
    value = attributes.get(name)
    return storable_text(value) if isinstance(value, str) else ""
