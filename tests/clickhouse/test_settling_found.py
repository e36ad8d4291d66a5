"""What settling once got wrong: old traces, corrections that meet old findings, authorities nobody repeats, cuts."""

from __future__ import annotations

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import seal
from otel_costing.clickhouse import settling
from otel_costing.clickhouse.settling import EVERYTHING
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import AGGREGATE, LedgerEntry
from otel_costing.rates import default_rates
from tests.calls import NOON, SECOND, record
from tests.clickhouse.tables import rows
from tests.clickhouse.test_settling import ID, OTHER, SPLIT, book, call, net

DAY = 86_400 * SECOND
LONG = {"input": 999, "output": 99}


@pytest.fixture
def forgetful(store: Store, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A ledger whose settler looks at nothing that was booked before its last run."""
    monkeypatch.setattr(settling, "STILL_COMING_US", 0)
    return store


def spans(store: Store) -> list[int]:
    """Return the numbers of the spans that stand, of the trace of the story."""
    asked = "SELECT span_id FROM costs WHERE trace_id = repeat('a', 32) ORDER BY span_id"
    return [int(str(row[0]), 16) - 1 for row in rows(store, asked)]


def other_days(store: Store) -> None:
    """Let the settler move on to days that know nothing of the story."""
    book(store, 50, call(record(90, trace="d" * 32, start_ns=NOON + 4 * DAY)))


def test_an_agent_that_ends_days_after_other_calls_of_its_trace_is_charged(
    forgetful: Store,
) -> None:
    book(forgetful, 0, call(record(2, parent=1), {"input": 10}))
    other_days(forgetful)
    agent = record(3, parent=1, scope="agents", start_ns=NOON + 4 * DAY)
    book(forgetful, 1, call(agent, LONG, cause=AGGREGATE))

    assert spans(forgetful) == [2, 3]


def test_a_call_that_comes_days_after_its_agent_takes_the_agents_charge_back(
    forgetful: Store,
) -> None:
    book(forgetful, 0, call(record(1, scope="agents"), LONG, cause=AGGREGATE))
    other_days(forgetful)
    book(forgetful, 1, call(record(2, parent=1, start_ns=NOON + 4 * DAY), LONG))

    assert spans(forgetful) == [2]


def test_a_wrapper_by_a_clock_that_is_years_ahead_is_found(forgetful: Store) -> None:
    book(forgetful, 0, call(record(2, parent=1, scope="native")))
    other_days(forgetful)
    book(forgetful, 1, call(record(1, scope="framework", start_ns=NOON + 9 * 365 * DAY)))

    assert len(spans(forgetful)) == 1


def test_an_agent_that_was_absorbed_is_charged_once_its_id_is_of_several_calls(
    store: Store,
) -> None:
    agent = call(record(1, scope="agents"), response_id=ID, cause=AGGREGATE)
    book(store, 0, agent, call(record(2, trace=OTHER, scope="native"), SPLIT, response_id=ID))
    assert len(net(store)) == 1

    book(store, 1, call(record(3, trace="c" * 32), {"input": 5}, response_id=ID))

    assert len(net(store)) == 3
    assert store.settle(now_ns=NOON, since=EVERYTHING).entries == 0


@pytest.mark.parametrize("settled_before", [False, True])
def test_an_authority_that_was_named_with_nothing_to_settle_is_remembered(
    store: Store, *, settled_before: bool
) -> None:
    caller = call(record(1), response_id=ID, attribution=Attribution(team="billing"))
    if settled_before:
        book(store, 0, caller)
    store.settle(now_ns=NOON, authorities=["gateway"])
    if not settled_before:
        book(store, 0, caller)
    span = record(4, trace=OTHER, scope="gateway", service="gateway")
    platform = Attribution(team="platform")
    book(store, 1, call(span, SPLIT, response_id=ID, attribution=platform, sender="gateway"))

    assert len(net(store)) == 1


def test_an_agent_whose_booking_was_cut_short_between_two_months_is_charged(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    examined = [
        call(record(2, start_ns=NOON - 30 * DAY)),
        call(record(3, parent=7, scope="agents"), LONG, cause=AGGREGATE),
    ]
    (batch,) = seal(examined, default_rates(), NOON, largest=100)
    writing = store._writing  # noqa: SLF001 - it is cut short between its inserts
    whole = writing.entries

    def half(entries: list[LedgerEntry], batch_id: str) -> None:
        whole([entry for entry in entries if entry.cause != AGGREGATE], batch_id)
        raise OSError("cut")

    with monkeypatch.context() as cut:
        cut.setattr(writing, "entries", half)
        with pytest.raises(OSError, match="cut"):
            store.book(batch)
    store.book(batch)
    store.settle(now_ns=NOON)

    assert spans(store) == [2, 3]


def test_all_copies_of_a_call_point_to_where_its_charge_has_moved(store: Store) -> None:
    outer, middle = record(1, scope="framework"), record(2, parent=1, scope="middle")
    book(store, 0, call(outer), call(middle, response_id=ID))
    native = call(record(3, parent=2, scope="native"), SPLIT, response_id=ID)
    book(store, 1, native)

    asked = "SELECT call_id, argMax(of_call_id, found_at) FROM findings WHERE kind = 'wrapper' GROUP BY call_id"
    assert native.account is not None
    assert {row[1] for row in rows(store, asked)} == {native.account.call_id}
    assert len(rows(store, asked)) == 2


def test_a_settler_reads_no_history_of_a_service_that_reports_every_call(store: Store) -> None:
    told = []
    for number in range(40):
        at = NOON + number * SECOND // 2
        usage = {"input": 1000 + number, "output": 7}
        spans_ = (
            record(
                2 * number, trace=f"{number:032x}", scope="native", start_ns=at - SECOND, end_ns=at
            ),
            record(
                2 * number + 1, trace=f"f{number:031x}", scope="logfire", start_ns=at, end_ns=at
            ),
        )
        told.append([call(span, usage) for span in spans_])
    book(store, 0, *(one for pair in told[:-1] for one in pair))
    book(store, 1, told[-1][0])
    book(store, 2, told[-1][1])

    assert len(net(store)) == 40
    assert store.settle(now_ns=NOON).traces <= 4
