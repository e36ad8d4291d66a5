"""Evaluations beside calls: booked once, and linked to the call they are of."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.batch import SealedBatch, seal
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.evaluations import Evaluation
from otel_costing.rates import default_rates
from tests.calls import NOON, SECOND, record
from tests.clickhouse.tables import emptied, everything, rows
from tests.clickhouse.told import ID, NATIVE, SPLIT, WRAPPER, book, call
from tests.judged import EXPLANATION, LABEL, NAME, RESPONSE_ID, VALUE, judgement

DAY = 86_400 * SECOND
LINKS = """
SELECT linked_by, call_id = (SELECT call_id FROM costs WHERE span_id = {span_id:String})
FROM evaluated_calls
"""


def sealed(*evaluations: Evaluation, received_ns: int = NOON) -> SealedBatch:
    (one,) = seal([], default_rates(), received_ns, largest=20_000, evaluations=evaluations)
    return one


def links(store: Store, span_id: str) -> list[Sequence[Any]]:
    """Return how each evaluation was linked, and whether to the call that `span_id` tells of."""
    return [tuple(row) for row in store.connection.query(LINKS, {"span_id": span_id}).rows]


def test_an_evaluation_is_read_back_as_it_was_said(store: Store) -> None:
    store.book(sealed(judgement(NATIVE, said={RESPONSE_ID: ID, "error.type": "timeout"})))

    (row,) = rows(
        store,
        "SELECT name, score_value, score_label, error_type, toUnixTimestamp64Nano(evaluated_at), trace_id, span_id, "
        "response_id, service, team, scope FROM evaluations",
    )
    said = ("Relevance", 0.75, "pass", "timeout", NOON + 2 * SECOND, NATIVE.trace_id)
    assert row == (*said, NATIVE.span_id, ID, "judge", "quality", "acme.evaluator")


def test_a_score_that_nobody_gave_is_null(store: Store) -> None:
    store.book(sealed(judgement(said={VALUE: None})))

    assert rows(store, "SELECT score_value FROM evaluations") == [(None,)]


def test_an_evaluation_without_a_time_was_made_when_it_came(store: Store) -> None:
    store.book(sealed(judgement(time_ns=0), received_ns=NOON))
    store.book(sealed(judgement(time_ns=0), received_ns=NOON + DAY))

    told = "SELECT toUnixTimestamp64Nano(evaluated_at), toString(evaluated_on) FROM evaluations"
    assert rows(store, told) == [(NOON, "1970-01-01")]


POOL = [judgement(time_ns=NOON + (n % 3) * 40 * DAY, said={NAME: f"metric {n}"}) for n in range(6)]
PARTS = st.lists(st.lists(st.sampled_from(POOL), min_size=1, max_size=6), min_size=1, max_size=3)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(parts=PARTS)
def test_booked_in_any_split_and_order_each_is_there_once(
    store: Store, parts: list[list[Evaluation]]
) -> None:
    emptied(store)

    booked = [store.book(sealed(*part)).evaluations for part in parts]

    expected = sorted({one.evaluation_id for part in parts for one in part})
    assert sum(booked) == len(expected)
    assert rows(store, "SELECT evaluation_id FROM evaluations ORDER BY evaluation_id") == [
        (one,) for one in expected
    ]


def test_two_writers_at_one_instant_leave_one_evaluation(store: Store) -> None:
    store.book(sealed(judgement()))
    store.connection.command("INSERT INTO evaluations SELECT * FROM evaluations")

    assert rows(store, "SELECT count() FROM evaluated_calls") == [(1,)]


def test_a_batch_again_changes_nothing(store: Store) -> None:
    batch = sealed(*POOL)
    assert store.book(batch).evaluations == len(POOL)
    before = everything(store)

    assert store.book(batch).evaluations == 0
    assert everything(store) == before


def test_a_batch_that_was_cut_short_is_completed(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    insert = store.connection.insert

    def fails_for_batches(table: str, *arguments: Any, **named: Any) -> None:
        if table == "batches":
            raise StoreUnavailable("it is away")
        insert(table, *arguments, **named)

    with monkeypatch.context() as patched:
        patched.setattr(store.connection, "insert", fails_for_batches)
        with pytest.raises(StoreUnavailable):
            store.book(sealed(*POOL))
    store.book(sealed(*POOL))

    assert rows(store, "SELECT count() FROM evaluations") == [(len(POOL),)]
    assert rows(store, "SELECT batch_id FROM batches") == [(sealed(*POOL).batch_id,)]


def test_ten_thousand_evaluations_are_one_batch(store: Store) -> None:
    many = [judgement(time_ns=NOON + n, said={VALUE: n / 7}) for n in range(10_000)]

    assert store.book(sealed(*many)).evaluations == 10_000
    assert store.book(sealed(*many)).evaluations == 0
    (told,) = rows(store, "SELECT count(), max(score_value) FROM evaluations")
    assert told == (10_000, 9_999 / 7)


def test_hostile_texts_are_stored_as_they_fit(store: Store) -> None:
    hostile = judgement(said={NAME: "é'\\\n\0" * 10_000, LABEL: "\ud800", RESPONSE_ID: 7})
    store.book(sealed(hostile))

    (told,) = rows(store, "SELECT name, score_label, response_id FROM evaluations")
    assert told == (("é'\\\n\0" * 10_000)[:256], "?", "")


def test_an_evaluation_stands_beside_what_its_call_cost(store: Store) -> None:
    who = Attribution(team="support", workflow="answer", release="2.1")
    book(store, [call(NATIVE, attribution=who)])
    store.book(sealed(judgement(NATIVE)))

    (row,) = rows(
        store,
        "SELECT linked_by, evaluator_team, evaluator_service, team, workflow, release, service, model, total_usd "
        "FROM evaluated_calls",
    )
    owner = ("support", "answer", "2.1", "assistant", "m")
    assert row == ("span", "quality", "judge", *owner, Decimal("0.0045"))


def test_an_evaluation_may_come_before_its_call(store: Store) -> None:
    store.book(sealed(judgement(NATIVE)))
    assert rows(store, "SELECT linked_by, call_id, team, total_usd FROM evaluated_calls") == [
        (None, None, None, None)
    ]

    book(store, [call(NATIVE)])

    assert links(store, NATIVE.span_id) == [("span", True)]


def test_an_evaluation_of_a_span_whose_call_another_tells_of_is_of_that_call(store: Store) -> None:
    book(store, [call(NATIVE, SPLIT), call(WRAPPER)])
    (charged,) = (span_id for (span_id,) in rows(store, "SELECT span_id FROM costs"))
    other = WRAPPER if charged == NATIVE.span_id else NATIVE
    store.book(sealed(judgement(other)))

    assert links(store, charged) == [("span", True)]


def test_an_evaluation_without_a_span_is_of_the_call_with_its_response_id(store: Store) -> None:
    book(store, [call(NATIVE, response_id=ID)], [call(record(7, trace="e" * 32))])
    store.book(sealed(judgement(said={RESPONSE_ID: ID})))

    assert links(store, NATIVE.span_id) == [("response", True)]


def test_an_evaluation_on_the_judges_own_call_is_of_the_answer_it_names(store: Store) -> None:
    judge = record(8, trace="e" * 32, start_ns=NOON + 5 * SECOND)
    book(
        store,
        [call(NATIVE, response_id=ID)],
        [call(judge, response_id="chatcmpl-judgesOwnAnswer0123456789")],
    )
    store.book(sealed(judgement(judge, said={RESPONSE_ID: ID})))

    assert links(store, NATIVE.span_id) == [("response", True)]


def test_a_response_that_is_not_known_is_not_taken_for_the_judges_own(store: Store) -> None:
    book(store, [call(NATIVE, response_id="chatcmpl-judgesOwnAnswer0123456789")])
    store.book(sealed(judgement(NATIVE, said={RESPONSE_ID: ID})))

    assert links(store, NATIVE.span_id) == [(None, None)]


def test_a_span_without_a_call_leaves_the_response_id_to_tell(store: Store) -> None:
    evaluator = record(8, trace="e" * 32)
    book(store, [call(NATIVE, response_id=ID)])
    store.book(sealed(judgement(evaluator, said={RESPONSE_ID: ID})))

    assert links(store, NATIVE.span_id) == [("response", True)]


def test_a_response_id_of_several_calls_links_to_none(store: Store) -> None:
    one, other = record(1, trace="e" * 32), record(2, trace="f" * 32)
    book(store, [call(one, response_id="chatcmpl-1")], [call(other, response_id="chatcmpl-1")])
    store.book(sealed(judgement(said={RESPONSE_ID: "chatcmpl-1"})))

    assert links(store, one.span_id) == [(None, None)]


def test_a_call_that_was_corrected_is_linked_as_it_stands_now(store: Store) -> None:
    book(
        store,
        [call(NATIVE, SPLIT, attribution=Attribution(team="platform"))],
        [call(WRAPPER, attribution=Attribution(team="support"))],
    )
    store.book(sealed(judgement(NATIVE)))
    store.settle(now_ns=NOON)

    told = rows(store, "SELECT team, total_usd FROM evaluated_calls")
    assert told == rows(store, "SELECT team, total_usd FROM costs")
    assert len(told) == 1


def test_every_evaluation_is_listed_once_whatever_links_it(store: Store) -> None:
    book(store, [call(NATIVE, SPLIT, response_id=ID), call(WRAPPER, response_id=ID)])
    told = [judgement(span, said={RESPONSE_ID: ID}) for span in (NATIVE, WRAPPER, None)]
    store.book(sealed(*told, judgement()))

    listed = rows(store, "SELECT evaluation_id FROM evaluated_calls ORDER BY evaluation_id")
    assert listed == sorted((one.evaluation_id,) for one in (*told, judgement()))


def test_no_column_holds_an_explanation(store: Store) -> None:
    store.book(sealed(judgement(NATIVE, said={EXPLANATION: "as the customer said"})))

    (row,) = rows(store, "SELECT * FROM evaluations")
    assert "customer" not in repr(row)
