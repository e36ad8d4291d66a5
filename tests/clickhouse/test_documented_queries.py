"""The queries of `docs/ledger.md`, asked of a ledger with corrections, conflicts and aggregates."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import seal
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import call_id_of_span
from otel_costing.rates import default_rates
from tests.calls import NOON, SECOND, record
from tests.clickhouse.tables import rows
from tests.clickhouse.told import ID, NATIVE, SPLIT, WRAPPER, book, call
from tests.judged import LABEL, judgement

PAGE = Path(__file__).parents[2] / "docs/ledger.md"
QUERIES = re.findall(r"^```sql\n(.*?)^```$", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
HISTORY, NET, NET_OF_ENTRIES, BY_CAUSE, CONFLICTS, UNCOVERED, AGGREGATES, PER_PASSED = QUERIES
DAY = {"day": date(2026, 11, 22)}
LONE, AGENT = record(9, trace="9" * 32), record(3, trace="d" * 32)


@pytest.fixture
def told(store: Store) -> Store:
    """A ledger after everything that can happen to a call, settled."""
    book(
        store,
        [call(NATIVE, SPLIT, attribution=Attribution(team="platform"))],
        [call(WRAPPER, attribution=Attribution(team="support"))],
        [call(record(5, trace="e" * 32), {"input": 7}, response_id=ID)],
        [call(record(6, trace="f" * 32, start_ns=NOON + SECOND), {"input": 8}, response_id=ID)],
        [call(AGENT, cause="aggregate"), call(record(4, 3, trace="d" * 32), {"input": 600})],
        [call(LONE, cause="aggregate", attribution=Attribution(agent="planner"))],
    )
    store.settle(now_ns=NOON)
    return store


def asked(store: Store, sql: str, parameters: dict[str, Any] | None = None) -> list[Sequence[Any]]:
    return list(store.connection.query(sql, parameters).rows)


def test_the_history_of_a_call_shows_what_was_taken_back_and_what_was_charged(told: Store) -> None:
    call_id = call_id_of_span(NATIVE.trace_id, NATIVE.span_id)

    history = [row[:6] for row in asked(told, HISTORY, {"call_id": call_id})]

    usd = Decimal("0.003825")
    assert history == [
        (0, "charge", "first", 1, "platform", usd),
        (0, "reversal", "attribution", -1, "platform", -usd),
        (1, "charge", "attribution", 1, "support", usd),
    ]


def test_a_day_is_net_of_corrections_whichever_table_is_summed(told: Store) -> None:
    (net,) = asked(told, NET, DAY)

    assert asked(told, NET_OF_ENTRIES, DAY) == [net]
    assert net == rows(told, "SELECT sum(sign), sum(total_usd) FROM costs")[0]


def test_corrections_by_cause_say_what_they_changed(told: Store) -> None:
    assert asked(told, BY_CAUSE) == [
        ("attribution", 1, 2, Decimal(0)),
        ("wrapper", 1, 1, Decimal("-0.0045")),
    ]


def test_conflicting_calls_stand_together(told: Store) -> None:
    assert [row[:2] for row in asked(told, CONFLICTS)] == [(ID, "e" * 32), (ID, "f" * 32)]


def test_an_agent_that_says_more_than_its_calls_is_listed(told: Store) -> None:
    ((trace_id, span_id, tokens),) = asked(told, UNCOVERED)

    assert (trace_id, span_id) == (AGENT.trace_id, AGENT.span_id)
    assert tokens == {
        "aggregate": {"input": 1000, "output": 200},
        "beneath": {"input": 600, "output": 0},
    }


def test_what_is_charged_as_an_aggregate_is_listed(told: Store) -> None:
    assert asked(told, AGGREGATES) == [("assistant", "planner", 1, Decimal("0.0045"))]


def test_the_cost_of_a_passed_case_counts_each_call_once_by_its_last_evaluation(
    store: Store,
) -> None:
    answers = [record(n, trace=f"{n}" * 32) for n in (1, 2, 3)]
    book(store, *([call(one, attribution=Attribution(release="2.1"))] for one in answers))
    said = [(1, "fail", 0), (1, "pass", 1), (2, "pass", 2), (3, "fail", 3)]
    evaluations = [
        judgement(answers[n - 1], time_ns=NOON + late, said={LABEL: label})
        for n, label, late in said
    ]
    (sealed,) = seal([], default_rates(), NOON, largest=10, evaluations=evaluations)
    store.book(sealed)

    (row,) = asked(store, PER_PASSED)

    usd = Decimal("0.0135")
    assert tuple(row) == ("Relevance", "m", "2.1", 3, 2, 0, usd, usd / 2)
