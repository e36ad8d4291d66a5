"""Who caused the calls of a closed month is proved, too: what anybody does to the frozen roots is found and named."""

from __future__ import annotations

import pytest

from otel_costing.attribution import Attribution
from otel_costing.audit import Fault
from otel_costing.clickhouse.periods import Change, close_period
from otel_costing.clickhouse.store import Store
from tests.calls import NOON, SECOND, hex_id, skeleton
from tests.calls import entry as entry_of
from tests.clickhouse.auditors import audit_of, recorded
from tests.random_histories import DAY

OCTOBER = NOON - 40 * DAY
LATER_US = 2**51
TRACES = [hex_id(number, 32) for number in (1, 2)]
EDITED = "ALTER TABLE frozen_roots UPDATE {} WHERE trace_id = '{}' SETTINGS mutations_sync = 2"
ADDED = "INSERT INTO frozen_roots ({names}) SELECT {values} FROM frozen_roots LIMIT 1"
COLUMNS = (
    "change_id, billing_period, trace_id, span_id, start, team, workflow, workflow_run_id, feature, "
    "authenticated_team, booked_at"
)


@pytest.fixture
def closed(store: Store) -> Store:
    """A ledger with a closed month, whose two calls take their origin from the roots of their traces."""
    calls = [
        entry_of(number, trace=trace, end_ns=OCTOBER) for number, trace in enumerate(TRACES, 1)
    ]
    roots = [
        skeleton(10 + at, trace=trace, start_ns=OCTOBER - SECOND, attribution=Attribution("team"))
        for at, trace in enumerate(TRACES)
    ]
    store.book(recorded(calls)._replace(spans=tuple(roots)))
    list(close_period(store, Change("2026-10", "ann", "", LATER_US)))
    return store


def found_in(store: Store) -> list[Fault]:
    return [one for one in audit_of(store).faults.listed if one.check == "frozen_roots"]


def test_roots_that_nobody_touched_are_what_was_frozen(closed: Store) -> None:
    assert audit_of(closed).faults.listed == []


@pytest.mark.parametrize(
    ("statement", "month_says", "trace_says"),
    [
        (EDITED.format("team = 'x'", TRACES[0]), "has others", "is not what was frozen"),
        (
            EDITED.format("team = 'x', root_digest = SHA256(states)", TRACES[0]),
            "has others",
            "is not what was frozen",
        ),
        (
            f"DELETE FROM frozen_roots WHERE trace_id = '{TRACES[0]}'",  # noqa: S608 - text of this test
            "has 1",
            "and is gone",
        ),
    ],
    ids=["edited", "edited with its digest", "deleted"],
)
def test_a_root_that_was_changed_by_hand_is_found_and_its_trace_named(
    closed: Store, statement: str, month_says: str, trace_says: str
) -> None:
    closed.connection.command(statement)

    month, *traces = found_in(closed)
    assert month.subject == "2026-10"
    assert "closed with the roots of 2 traces" in month.detail
    assert month_says in month.detail
    assert [one.subject for one in traces] == [TRACES[0]]
    assert trace_says in traces[0].detail


def test_a_root_of_a_trace_that_the_month_does_not_have_is_found(closed: Store) -> None:
    values = COLUMNS.replace("trace_id", "repeat('f', 32)")
    closed.connection.command(ADDED.format(names=COLUMNS, values=values))

    assert [one.subject for one in found_in(closed)] == ["2026-10", "f" * 32]


def test_an_edit_is_named_where_retention_has_taken_the_spans(closed: Store) -> None:
    closed.connection.command("TRUNCATE TABLE spans")
    assert found_in(closed) == []
    closed.connection.command(EDITED.format("feature = 'x'", TRACES[1]))

    assert [one.subject for one in found_in(closed)] == ["2026-10", TRACES[1]]


def test_all_of_them_gone_is_found_where_nobody_can_name_them(closed: Store) -> None:
    for table in ("spans", "frozen_roots"):
        closed.connection.command(f"TRUNCATE TABLE {table}")

    (month,) = found_in(closed)
    assert "has 0" in month.detail


def test_a_closing_of_before_roots_were_counted_is_audited_as_it_was(closed: Store) -> None:
    closed.connection.command(
        "ALTER TABLE periods UPDATE roots = 0, roots_digest = '' WHERE 1 SETTINGS mutations_sync = 2"
    )
    closed.connection.command("TRUNCATE TABLE frozen_roots")

    assert audit_of(closed).faults.listed == []
