"""Scores beside cost: the SQL says what `evaluated_cases` says, and what evaluating cost stands apart."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.clickhouse.score_reports import (
    evaluation_spend,
    scores,
    unlinked_evaluations,
)
from otel_costing.clickhouse.store import Store
from otel_costing.evaluated_cases import Judged, Passes, qualities
from otel_costing.evaluations import Evaluation
from otel_costing.ledger import LedgerEntry
from tests.calls import NOON, SECOND, batch, entry, record
from tests.clickhouse.random_ledgers import USAGES
from tests.clickhouse.tables import emptied
from tests.clickhouse.test_evaluations import sealed
from tests.judged import LABEL, NAME, RESPONSE_ID, VALUE, judgement

RELEASES = st.sampled_from(["", "2.0", "2.1"])
PASSES = st.sampled_from(
    [Passes(), Passes(frozenset(("correct",))), Passes(at_least=0.5), Passes(at_least=0.0)]
)


@st.composite
def evaluated(draw: st.DrawFn) -> tuple[list[LedgerEntry], list[Evaluation]]:
    """Draw calls, some without a price, and what was found of them, some of it twice."""
    entries = [
        entry(number, draw(USAGES), attribution=Attribution(release=draw(RELEASES)))
        for number in range(draw(st.integers(1, 6)))
    ]
    said = {
        NAME: st.sampled_from(["Relevance", "Tone"]),
        VALUE: st.sampled_from([None, 0.1, 0.5, 1, -2.5e-7, 7.5e-7, 1e12]),
        LABEL: st.sampled_from([None, "pass", "Passed", "fail", "correct"]),
        "error.type": st.sampled_from([None, None, None, "timeout"]),
    }
    told = [
        judgement(
            record(draw(st.integers(0, len(entries) - 1))),
            time_ns=NOON + draw(st.integers(0, 3)) * SECOND,
            said=draw(st.fixed_dictionaries(said)),
        )
        for _ in range(draw(st.integers(0, 12)))
    ]
    return entries, list({one.evaluation_id: one for one in told}.values())


def judged(entries: list[LedgerEntry], told: list[Evaluation]) -> list[Judged]:
    calls = {one.call_id: one for one in entries}
    return [
        Judged(
            one.evaluation_id,
            one.name,
            one.score_value,
            one.score_label,
            one.error_type,
            one.evaluated_ns,
            one.span_call_id,
            (calls[one.span_call_id].attribution.release or None,),
            calls[one.span_call_id].status,
            calls[one.span_call_id].total_usd,
        )
        for one in told
    ]


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(drawn=evaluated(), passes=PASSES)
def test_the_ledger_says_of_scores_what_is_said_in_memory(
    store: Store, drawn: tuple[list[LedgerEntry], list[Evaluation]], passes: Passes
) -> None:
    entries, told = drawn
    emptied(store)
    store.book(batch(entries, name="calls"))
    store.book(sealed(*told))

    assert scores(store, ["release"], passes=passes) == qualities(judged(entries, told), passes)


def test_evaluating_is_apart_from_what_was_evaluated(store: Store) -> None:
    evaluation = Attribution(purpose="evaluation")
    calls = [entry(1, attribution=evaluation), entry(2, attribution=evaluation), entry(3)]
    store.book(batch(calls, name="calls"))
    store.book(sealed(judgement(record(1)), judgement(record(3))))

    # The answer that was judged, and the judge.
    usd = Decimal("0.0045")
    assert evaluation_spend(store) == (2, 0, 2 * usd, 1, usd, usd)
    assert [one.cases for one in scores(store, [])] == [2]


def test_what_is_of_no_known_call_is_counted(store: Store) -> None:
    store.book(sealed(judgement(said={RESPONSE_ID: "chatcmpl-unknown"}), judgement(record(1))))

    assert unlinked_evaluations(store) == 2
    assert unlinked_evaluations(store, name="Tone") == 0
    assert scores(store, []) == []
    assert evaluation_spend(store).usd is None


@pytest.mark.parametrize(
    ("by", "what"),
    [(["user_id"], "cannot be broken"), (["team", "team"], "twice"), (["team"] * 5, "at most")],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(store: Store, by: list[str], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        scores(store, by)
