"""Spans in, sealed rows out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from otel_costing.batch import Counts, batch_of, examine, seal
from otel_costing.rates import default_rates
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, hex_id, record

BOOK = default_rates()
RECEIVED = NOON + 60 * SECOND
ATTRIBUTES = {
    "gen_ai.operation.name": "chat",
    "gen_ai.provider.name": "openai",
    "gen_ai.request.model": "gpt-5-mini",
    "gen_ai.usage.input_tokens": 1000,
    "gen_ai.usage.output_tokens": 200,
}


def call(
    span: int,
    parent: int | None = None,
    changes: Mapping[str, Any] | None = None,
    *,
    scope: str = "opentelemetry.instrumentation.genai.openai",
) -> SpanRecord:
    """Return a span of the conventions that tells of a call."""
    return record(span, parent, scope=scope)._replace(attributes={**ATTRIBUTES, **(changes or {})})


def test_a_batch_counts_what_it_holds() -> None:
    spans = [
        record(0, name="answer"),
        call(1, 0),
        call(2, 0, {"gen_ai.request.model": "no-such-model"}),
        call(3, 2, scope="other"),
        call(4, 1, scope="other"),
    ]
    batch = batch_of(spans, BOOK, RECEIVED)

    assert batch.counts == Counts(
        spans=5, billable_calls=3, priced=2, partial=0, unpriced=1, copies=1
    )
    assert [finding.kind for finding in batch.findings] == ["wrapper"]
    assert [(one.rate.model, one.rates_digest) for one in batch.rates] == [
        ("gpt-5-mini", BOOK.digest)
    ]
    assert {span.span_id for span in batch.spans} == {hex_id(n) for n in range(5)}


def test_the_same_spans_make_the_same_batch_whenever_they_are_received() -> None:
    spans = [call(1), call(2)]

    one = batch_of(spans, BOOK, RECEIVED)
    later = batch_of(spans, BOOK, RECEIVED + SECOND)
    assert one.batch_id == later.batch_id
    assert one.batch_id != batch_of([call(1)], BOOK, RECEIVED).batch_id


def test_a_span_that_comes_twice_is_one_call() -> None:
    batch = batch_of([call(1), call(1)], BOOK, RECEIVED)

    assert batch.counts == Counts(
        spans=2, billable_calls=1, priced=1, partial=0, unpriced=0, copies=1
    )
    assert batch.findings == ()


def test_a_span_that_comes_twice_with_other_figures_is_one_call_and_a_conflict() -> None:
    other = call(1, None, {"gen_ai.usage.output_tokens": 9})
    batch = batch_of([call(1), other], BOOK, RECEIVED)

    assert len(batch.entries) == 1
    assert [(one.kind, one.entry_id) for one in batch.findings] == [
        ("conflict", batch.entries[0].entry_id)
    ]


def test_one_response_id_with_two_totals_is_kept_twice_and_shown() -> None:
    response = {"gen_ai.response.id": "chatcmpl-BxQ1c9mZk7Lr3TtV0aWp5sYd"}
    batch = batch_of(
        [call(1, None, response), call(2, None, {**response, "gen_ai.usage.output_tokens": 201})],
        BOOK,
        RECEIVED,
    )

    assert len(batch.entries) == 2
    assert [one.kind for one in batch.findings] == ["conflict", "conflict"]


@pytest.mark.parametrize("largest", [1, 3, 100])
def test_sealing_in_parts_settles_as_one(largest: int) -> None:
    examined = [
        examine(one, BOOK, RECEIVED)
        for n in range(0, 20, 2)
        for one in (call(n), call(n + 1, n, scope="other"))
    ]
    batches = seal(examined, BOOK, RECEIVED, largest=largest)
    total = Counts()
    for batch in batches:
        total = total.plus(batch.counts)

    assert (total.spans, total.billable_calls, total.copies) == (20, 10, 10)
    assert all(len(batch.entries) <= largest and len(batch.spans) <= largest for batch in batches)


def test_nothing_of_a_span_but_listed_attributes_is_kept() -> None:
    written = "what the user wrote"
    spans = [call(1, None, {"gen_ai.input.messages": written, "gen_ai.output.messages": written})]

    assert written not in repr(batch_of(spans, BOOK, RECEIVED))


def test_a_span_of_a_broken_clock_is_priced_at_its_receipt() -> None:
    for end_ns in (0, 1, 2**64 - 1, RECEIVED + 3600 * SECOND):
        (booked,) = batch_of([call(1)._replace(end_ns=end_ns)], BOOK, RECEIVED).entries
        assert (booked.occurred_ns, "assumed_time" in booked.assumptions) == (RECEIVED, True)
    old = call(1)._replace(end_ns=NOON - 200 * 86_400 * SECOND)
    (booked,) = batch_of([old], BOOK, RECEIVED, backfill=True).entries
    assert booked.occurred_ns == old.end_ns


def test_a_batch_of_nothing_is_sealed() -> None:
    empty = batch_of([], BOOK, RECEIVED)

    assert (empty.entries, empty.spans, empty.counts) == ((), (), Counts())
