"""What evaluators say, read as values: known by content, without explanations, numbers or nothing."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from otel_costing.batch import batch_of, halves, keys_of, seal
from otel_costing.evaluations import Evaluation, evaluation_of, evaluations_on, score_of
from otel_costing.examined import examine
from otel_costing.ledger import call_id_of_span
from otel_costing.rates import default_rates
from otel_costing.spans import SpanEvent
from tests.calls import NOON, SECOND, record
from tests.judged import EXPLANATION, LABEL, NAME, RESPONSE_ID, VALUE, judgement, result

CALL = record(1)
JUNK = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=300),
    lambda some: st.lists(some, max_size=3).map(tuple) | st.dictionaries(st.text(), some),
    max_leaves=4,
)


def test_an_evaluation_says_what_its_record_says() -> None:
    said = judgement(CALL, said={RESPONSE_ID: "chatcmpl-1", "error.type": "timeout"})

    assert said._asdict() == {
        "evaluation_id": said.evaluation_id,
        "name": "Relevance",
        "score_value": 0.75,
        "score_label": "pass",
        "error_type": "timeout",
        "evaluated_ns": NOON + 2 * SECOND,
        "trace_id": CALL.trace_id,
        "span_id": CALL.span_id,
        "span_call_id": call_id_of_span(CALL.trace_id, CALL.span_id),
        "response_id": "chatcmpl-1",
        "service": "judge",
        "team": "quality",
        "scope": "acme.evaluator",
    }


def test_an_explanation_is_left_behind() -> None:
    explained = judgement(said={EXPLANATION: "as the customer said"})

    assert explained == judgement()


def test_the_same_evaluation_told_by_another_receiver_is_one() -> None:
    renamed = judgement(resource={"service.name": "gateway", "otel_costing.team": "platform"})

    assert renamed.evaluation_id == judgement().evaluation_id


@pytest.mark.parametrize(
    "other",
    [
        judgement(CALL),
        judgement(time_ns=NOON),
        judgement(said={NAME: "Groundedness"}),
        judgement(said={VALUE: 0.5}),
        judgement(said={VALUE: None}),
        judgement(said={LABEL: "fail"}),
        judgement(said={RESPONSE_ID: "chatcmpl-1"}),
        judgement(said={"error.type": "timeout"}),
    ],
)
def test_what_says_something_else_is_another_evaluation(other: Any) -> None:
    assert other.evaluation_id != judgement().evaluation_id


@pytest.mark.parametrize(
    ("said", "score"),
    [
        (4.0, 4.0),
        (4, 4.0),
        (-0.25, -0.25),
        ("0.75", 0.75),
        ("1e-3", 0.001),
        (0, 0.0),
        (None, None),
        (True, None),
        (math.nan, None),
        (math.inf, None),
        (10**400, None),
        ("1e999", None),
        ("NaN", None),
        ("high", None),
        ("1_0", None),
        (" 1", None),
        ("", None),
        ((1.0,), None),
        ({"value": 1}, None),
    ],
)
def test_a_score_is_a_finite_number_or_unknown(said: Any, score: float | None) -> None:
    assert score_of(said) == score


@given(attributes=st.dictionaries(st.sampled_from([NAME, VALUE, LABEL, RESPONSE_ID]), JUNK))
def test_whatever_stands_in_the_attributes_is_read_as_text_a_number_or_nothing(
    attributes: dict[str, Any],
) -> None:
    said = evaluation_of(result()._replace(attributes=attributes))

    assert said.score_value is None or math.isfinite(said.score_value)
    assert all(len(text) <= 256 for text in (said.name, said.score_label, said.response_id))


def test_a_time_that_cannot_be_is_unknown() -> None:
    assert judgement(time_ns=2**64 - 1).evaluated_ns == 0


def test_an_event_on_a_span_is_of_that_span_and_its_team() -> None:
    event = SpanEvent(NOON, {NAME: "Relevance", VALUE: 1.0})
    (said,) = evaluations_on(CALL._replace(events=(event,)), "support")

    assert (said.trace_id, said.span_id, said.team) == (CALL.trace_id, CALL.span_id, "support")
    assert (said.service, said.scope, said.score_value) == ("assistant", "acme.instrumentation", 1)


def test_a_span_in_two_requests_brings_its_evaluations_once() -> None:
    span = CALL._replace(events=(SpanEvent(NOON, {NAME: "Relevance"}),))

    once, twice = (batch_of([span] * times, default_rates(), NOON) for times in (1, 2))

    assert twice.evaluations == once.evaluations
    assert len(once.evaluations) == 1


def test_a_span_without_events_brings_none() -> None:
    assert examine(CALL, default_rates(), NOON).evaluations == ()


def test_evaluations_make_the_batch_another_one() -> None:
    without, with_one, with_other = (
        seal([], default_rates(), NOON, largest=10, evaluations=said)[0].batch_id
        for said in ([], [judgement()], [judgement(said={VALUE: 1})])
    )

    assert len({without, with_one, with_other}) == 3


@given(count=st.integers(0, 25), largest=st.integers(1, 7))
def test_batches_are_cut_without_losing_an_evaluation(count: int, largest: int) -> None:
    said = [judgement(time_ns=NOON + n) for n in range(count)]

    batches = seal([], default_rates(), NOON, largest=largest, evaluations=said)

    assert [one for batch in batches for one in batch.evaluations] == said
    assert all(len(batch.evaluations) <= largest for batch in batches)


def test_a_refused_batch_is_halved_down_to_a_single_evaluation() -> None:
    said = [judgement(time_ns=NOON + n) for n in range(5)]
    waiting = seal([], default_rates(), NOON, largest=10, evaluations=said)
    alone: list[Evaluation] = []
    while waiting:
        batch = waiting.pop()
        parts = halves(batch)
        alone.extend(batch.evaluations if parts is None else ())
        waiting.extend(parts or ())
        assert len(keys_of(batch)) == len(batch.evaluations)

    assert sorted(alone) == sorted(said)
