"""What the application knows of its own work, told beside what the work costs: scores of answers, and outcomes.

Both are events of the current span, in the names of OpenTelemetry where it has some. Nothing here raises into the host:
what cannot be told is said in the log.

Source: OpenTelemetry GenAI semantic conventions, event `gen_ai.evaluation.result`.
"""

from __future__ import annotations

import logging
import math
import numbers
from collections.abc import Mapping
from decimal import Decimal

from opentelemetry import context as context_api
from opentelemetry import trace
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.trace import Span
from opentelemetry.util.types import AttributeValue

from otel_costing import semconv
from otel_costing.counts import LARGEST_QUANTITY
from otel_costing.money import amount_of
from otel_costing.span_attributes import limits_of
from otel_costing.working import working_here

_log = logging.getLogger(__name__)


def record_score(
    name: str,
    value: float | None = None,
    label: str | None = None,
    *,
    response_id: str | None = None,
    span: Span | None = None,
) -> bool:
    """Say what an evaluator found of an answer; `otel-costing scores` shows it beside what the answer cost.

    It is of the call that the span tells of, or of the one whose provider answered with `response_id`.

    Args:
        name: of the metric, for example `Relevance`.
        value: the score, on the evaluator's own scale.
        label: what it means, for example `pass`.
        response_id: of the answer that was judged, where the span is not its call's own.
        span: the span to put it on; the current one where omitted.

    Returns:
        Whether it was put on a span: False where none is recorded, or there is no name.
    """
    said: dict[str, AttributeValue | None] = {
        semconv.EVALUATION_NAME: name,
        semconv.EVALUATION_SCORE_VALUE: _score(value),
        semconv.EVALUATION_SCORE_LABEL: label,
        semconv.RESPONSE_ID: response_id,
    }
    return _told(semconv.EVALUATION_RESULT, name, said, span)


def record_outcome(
    name: str,
    *,
    value_usd: Decimal | str | int | None = None,
    quantity: int = 1,
    success: bool = True,
    span: Span | None = None,
) -> bool:
    """Say what came of the current run; `otel-costing outcomes` shows it beside what the run cost.

    Args:
        name: for example `ticket_resolved`.
        value_usd: what all of them together are worth, exact: a `Decimal`, text such as `"12.50"` or a whole number,
            with at most twelve decimals. A float is not taken, and the outcome is told without a value.
        quantity: how many; negative takes back what was told before.
        success: False where it was tried and did not come about; then `value_usd` is in no sum.
        span: the span to put it on; the current one where omitted.

    Returns:
        Whether it was put on a span: False where none is recorded, or the name, the quantity or the success is none.
    """
    if type(quantity) is not int or abs(quantity) > LARGEST_QUANTITY:
        _log.warning("an outcome is not told: its quantity is no whole number up to 10^12")
        return False
    if not isinstance(success, bool):
        _log.warning("an outcome is not told: its success is neither True nor False")
        return False
    said: dict[str, AttributeValue | None] = {
        **working_here(context_api.get_current()).attributes,
        semconv.OUTCOME_NAME: name,
        semconv.OUTCOME_QUANTITY: quantity,
        semconv.OUTCOME_VALUE_USD: _usd(value_usd),
        semconv.OUTCOME_SUCCESS: success,
    }
    return _told(semconv.OUTCOME, name, said, span)


def _score(value: object) -> float | None:
    if value is None:
        return None
    try:
        score = float(value) if isinstance(value, numbers.Real | Decimal) else math.nan
    except Exception:  # noqa: BLE001 - a number of somebody's own may raise anything
        score = math.nan
    if math.isfinite(score):
        return score
    _log.warning("a score is told without its value, which is no finite number")
    return None


def _usd(value: object) -> str | None:
    amount = amount_of(value)
    if amount is None and value is not None:
        kind = type(value).__name__
        _log.warning(
            "an outcome is told without its value, a %s: write an exact amount as text or Decimal, such as '12.50', "
            "below 10^12 and with at most twelve decimals",
            kind,
        )
    return None if amount is None else f"{amount:f}"


def _told(
    event: str, name: object, said: Mapping[str, AttributeValue | None], span: Span | None
) -> bool:
    on = trace.get_current_span() if span is None else span
    if not (isinstance(name, str) and name):
        _log.warning("an event %s is not told: it has no name", event)
        return False
    try:
        if not on.is_recording():
            _log.debug("an event %s is not told: no span is recorded here", event)
            return False
        on.add_event(event, _fitting(said, on))
    except Exception:  # noqa: BLE001 - telemetry never hurts its host
        _log.warning("an event %s could not be told", event, exc_info=True)
        return False
    return True


def _fitting(said: Mapping[str, AttributeValue | None], span: Span) -> dict[str, AttributeValue]:
    """Leave out what nobody says, and texts that the SDK would cut: half an amount is another amount."""
    longest = limits_of(span)[1] if isinstance(span, ReadableSpan) else None
    return {
        key: _whole(value) if isinstance(value, str) else value
        for key, value in said.items()
        if value is not None
        and not (isinstance(value, str) and longest is not None and len(value) > longest)
    }


def _whole(text: str) -> str:
    """Return text without half characters: exporters leave out an attribute that holds one, a name among them."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")
