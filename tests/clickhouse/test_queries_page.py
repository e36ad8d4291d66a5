"""Every query of `docs/queries.md`, asked of three teams' ledger: it says what is computed apart from SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from otel_costing.clickhouse.store import Store
from tests.clickhouse.answers import ANSWERS
from tests.clickhouse.figures import totals
from tests.clickhouse.tables import emptied
from tests.clickhouse.three_teams import Ledger, worked
from tests.queries_page import ASKED, HEADINGS, QUESTIONS, parameters_of

PRICE = "How did the price of a model change?"
BY_BOOKING = "Whose cost did corrections change, and why?"
EVERY_SIDE = [
    ("What did each workflow cost?", -1),
    ("What does each team pay for, and what does its own code cost?", 1),
    ("What does each team pay for, and what does its own code cost?", 2),
    ("Who pays for whose code?", -1),
    ("How much of the spend says whose it is?", 2),
    ("Who spends on what purpose?", -1),
    ("What did a day cost, hour by hour?", -1),
]
IN_ANOTHER_YEAR = {
    "since": "2024-11-18 00:00:00",
    "until": "2024-11-25 00:00:00",
    "monday": "2024-11-18",
    "period": "2024-11",
}


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Ledger:
    return worked(tmp_path_factory.mktemp("rates"))


@pytest.fixture(scope="module")
def booked(shared_dsn: str, ledger: Ledger) -> Iterator[Store]:
    with Store.open(shared_dsn) as store:
        emptied(store)
        for batch in ledger:
            store.book(batch)
        store.rebuild_rollups()
        yield store


def asked(store: Store, question: str, parameters: Mapping[str, str]) -> list[tuple[Any, ...]]:
    """Ask as an analyst does, with the parameters that the query names."""
    named = parameters_of(question, parameters)
    return [tuple(row) for row in store.connection.query(QUESTIONS[question], named).rows]


def just_now() -> dict[str, str]:
    now, hour = datetime.now(UTC), timedelta(hours=1)
    since, until = (f"{at:%Y-%m-%d %H:%M:%S}" for at in (now - hour, now + hour))
    return {"since": since, "until": until}


def test_every_question_has_an_answer_to_compare_with() -> None:
    assert len(HEADINGS) >= 20
    assert HEADINGS == list(QUESTIONS) == list(ANSWERS)


@pytest.mark.parametrize("question", QUESTIONS)
def test_the_query_says_what_is_computed_apart_from_it(
    booked: Store, ledger: Ledger, question: str
) -> None:
    parameters = {**ASKED, **(just_now() if question == BY_BOOKING else {})}
    expected = ANSWERS[question](ledger)

    assert expected
    assert asked(booked, question, parameters) == expected


@pytest.mark.parametrize(("question", "column"), EVERY_SIDE)
def test_the_total_is_the_same_from_every_side(
    booked: Store, ledger: Ledger, question: str, column: int
) -> None:
    ((*_, total),) = totals(ledger, [])

    assert sum(row[column] or 0 for row in asked(booked, question, ASKED)) == total


@pytest.mark.parametrize("question", QUESTIONS)
def test_what_is_not_of_the_time_that_is_asked_about_is_left_out(
    booked: Store, question: str
) -> None:
    assert asked(booked, question, {**ASKED, **IN_ANOTHER_YEAR}) == []


def test_a_price_whose_beginning_nobody_knows_was_in_force_in_any_year(booked: Store) -> None:
    deep = {**ASKED, **IN_ANOTHER_YEAR, "model": "deep"}

    assert ("output", None) in [(row[0], row[3]) for row in asked(booked, PRICE, deep)]
