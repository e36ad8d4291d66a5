"""Evaluation results written by hand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from otel_costing.evaluations import Evaluation, evaluation_of
from otel_costing.log_records import LogRecord
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND

NAME, VALUE, LABEL = (
    "gen_ai.evaluation.name",
    "gen_ai.evaluation.score.value",
    "gen_ai.evaluation.score.label",
)
EXPLANATION = "gen_ai.evaluation.explanation"
RESPONSE_ID = "gen_ai.response.id"


def result(
    of: SpanRecord | None = None,
    *,
    time_ns: int = NOON + 2 * SECOND,
    resource: dict[str, Any] | None = None,
    said: Mapping[str, Any] | None = None,
) -> LogRecord:
    """Return the log record of a relevance of 0.75, which passed; `said` changes attributes by name."""
    attributes = {NAME: "Relevance", VALUE: 0.75, LABEL: "pass", **(said or {})}
    return LogRecord(
        of.trace_id if of else "",
        of.span_id if of else "",
        time_ns,
        attributes,
        "acme.evaluator",
        {"service.name": "judge", "otel_costing.team": "quality"} if resource is None else resource,
    )


def judgement(of: SpanRecord | None = None, **changes: Any) -> Evaluation:
    """Return what `result` says."""
    return evaluation_of(result(of, **changes))
