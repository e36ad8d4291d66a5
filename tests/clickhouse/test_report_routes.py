"""A report says the same, whether rollups answer it, the ledger, or each a part."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.clickhouse import report_routes, rollups
from otel_costing.clickhouse.connection import Connection
from otel_costing.clickhouse.path_reports import path_report
from otel_costing.clickhouse.report_routes import Route, route_of
from otel_costing.clickhouse.reports import report
from otel_costing.clickhouse.run_reports import run_report
from otel_costing.clickhouse.store import Store
from otel_costing.clickhouse.target import StoreUnavailable
from otel_costing.instants import midnight_ns, ns_of
from otel_costing.ledger import LedgerEntry, entry_id_of, reversal
from otel_costing.rollup import totals
from otel_costing.skeleton import Skeleton
from tests.calls import NOON, SECOND, batch, entry, skeleton
from tests.clickhouse.dying import dying_at
from tests.clickhouse.random_ledgers import HOUR, ROOTS, ledgers
from tests.clickhouse.tables import emptied, rows

DAY = 24 * HOUR
TODAY, TOMORROW = date(2026, 11, 22), date(2026, 11, 23)
FOREVER = (0, 2**63 - 1)
SUPPORT = Attribution(team="support", workflow="resolve-ticket", feature="tickets")
ROOT = skeleton(9, attribution=SUPPORT)
HELD = [
    ["team", "workflow", "day"],
    ["project", "feature", "week", "status"],
    ["origin_verified", "environment", "purpose", "service", "provider", "model"],
    ["origin_team", "origin_workflow", "origin_feature", "month"],
    ["meter", "status", "day"],
]
NOT_HELD = [["hour", "user_id", "run", "team"], ["meter", "hour"]]


def adjusted(number: int) -> LedgerEntry:
    """Return what an invoice adds to some day: it is of no call."""
    of_line = f"line-{number}"
    made = entry(number + 500, end_ns=NOON + number * DAY)
    return made._replace(
        entry_id=entry_id_of(of_line, "adjustment", 0),
        call_id=of_line,
        kind="adjustment",
        sign=0,
        cause="invoice",
    )


def between(entries: Sequence[LedgerEntry], since: datetime, until: datetime) -> list[LedgerEntry]:
    """Return the entries of a range."""
    return [one for one in entries if ns_of(since) <= one.occurred_ns < ns_of(until)]


@settings(
    max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    entries=ledgers(),
    cuts=st.tuples(st.integers(0, 12), st.integers(0, 12)),
    built_after=st.sets(st.integers(0, 2), min_size=1),
    roots_with=st.integers(0, 2),
    hours=st.tuples(st.integers(-820, 0), st.integers(1, 820)),
    data=st.data(),
)
def test_whoever_answers_says_what_the_entries_say(
    store: Store,
    entries: list[LedgerEntry],
    cuts: tuple[int, int],
    built_after: set[int],
    roots_with: int,
    hours: tuple[int, int],
    data: st.DataObject,
) -> None:
    """Three batches with corrections, invoices and roots anywhere among them, rollups built after some of them."""
    emptied(store)
    booked = [*entries, *map(adjusted, range(-1, 2))]
    first, second = sorted(cuts)
    for number, part in enumerate((booked[:first], booked[first:second], booked[second:])):
        store.book(batch(part, ROOTS if number == roots_with else [], name=f"part {number}"))
        if number in built_after:
            store.rebuild_rollups()

    noon = datetime.fromtimestamp(NOON // SECOND, UTC)
    since, until = (noon + timedelta(hours=by) for by in hours)
    for by in [*HELD, data.draw(st.sampled_from(NOT_HELD))]:
        pays = data.draw(st.sampled_from(["caller", "owner"]))
        assert report(store, by, pays=pays) == totals(booked, by, pays, spans=ROOTS), by
        expected = totals(between(booked, since, until), by, pays, spans=ROOTS)
        assert report(store, by, pays=pays, since=since, until=until) == expected, by
    if 2 in built_after:
        assert served(store) != ([], []), "nothing is known of the rollup"


@pytest.fixture
def built(store: Store) -> Store:
    """A call today and one tomorrow, and their rollups."""
    store.book(batch([entry(1), entry(2, end_ns=NOON + DAY)]))
    store.rebuild_rollups()
    return store


def served(store: Store, since: int = 0, until: int = FOREVER[1], *, roots: bool = True) -> object:
    """Return the days of the rollup's, and those of the ledger's; None where nothing is known of any."""
    route = route_of(store, since, until, by_rollup=True, with_roots=roots)
    return route and (sorted(route.builds), sorted((*route.days, *route.single_days)))


def looked_through(store: Store) -> object:
    """Return the days on which the ledger is looked through for copies, and those on which it is summed as it lies."""
    route = route_of(store, *FOREVER, by_rollup=False, with_roots=False)
    return route and (list(route.days), list(route.single_days))


def test_the_rollup_answers_for_days_that_nothing_came_for(built: Store) -> None:
    assert served(built) == ([TODAY, TOMORROW], [])


def test_the_ledger_answers_for_a_day_that_is_booked_into_later(built: Store) -> None:
    built.book(batch([reversal(entry(2, end_ns=NOON + DAY), "duplicate")], name="back"))

    assert served(built) == ([TODAY], [TOMORROW])
    built.rebuild_rollups()
    assert served(built) == ([TODAY, TOMORROW], [])


def test_a_day_that_was_never_built_is_the_ledgers(built: Store) -> None:
    built.book(batch([entry(3, end_ns=NOON + 5 * DAY)], name="new"))

    assert served(built) == ([TODAY, TOMORROW], [date(2026, 11, 27)])


def test_a_day_in_part_is_the_ledgers(built: Store) -> None:
    """To the nanosecond: a day is whole or it is not."""
    midnight = midnight_ns(TODAY)

    assert served(built, midnight) == ([TODAY, TOMORROW], [])
    assert served(built, midnight + 1) == ([TOMORROW], [TODAY])
    assert served(built, midnight, midnight + 2 * DAY) == ([TODAY, TOMORROW], [])
    assert served(built, midnight, midnight + 2 * DAY - 1) == ([TODAY], [TOMORROW])
    assert served(built, midnight + 2 * DAY) == ([], [])


def test_a_root_that_comes_late_takes_the_days_of_its_calls_from_the_rollup(built: Store) -> None:
    apart = entry(3, trace="b" * 32, end_ns=NOON + 2 * DAY)
    built.book(batch([apart], name="apart"))
    built.rebuild_rollups()
    built.book(batch(spans=[ROOT], name="root"))

    assert served(built) == ([date(2026, 11, 24)], [TODAY, TOMORROW])
    assert served(built, roots=False) == ([TODAY, TOMORROW, date(2026, 11, 24)], [])
    (support,) = report(built, ["team"], where=[("team", "support")])
    assert support.calls == 2


def test_a_ledger_whose_rollups_were_never_built_answers_itself(store: Store) -> None:
    store.book(batch([entry(1)]))

    assert served(store) is None
    assert [row.calls for row in report(store, ["day"])] == [1]


def test_a_check_that_was_cut_short_leaves_the_days_to_the_ledger(built: Store) -> None:
    """The rows, what makes them count, and the check are three inserts."""
    built.book(batch([entry(3)], name="new"))
    with pytest.raises(StoreUnavailable):
        rollups.rebuild(dying_at(built.connection, 3, is_done=False))

    assert served(built) == ([TOMORROW], [TODAY])
    assert report(built, ["day"]) == totals(
        [entry(1), entry(2, end_ns=NOON + DAY), entry(3)], ["day"]
    )


def test_rows_that_came_or_went_unseen_leave_all_to_the_ledger(built: Store) -> None:
    """A clock that was set back: a row of before the last check that this did not count."""
    asked = "INSERT INTO ledger SELECT * REPLACE (booked_at - INTERVAL 1 HOUR AS booked_at) FROM ledger LIMIT 1"
    built.connection.command(asked)

    assert served(built) is None
    built.rebuild_rollups()
    assert served(built) == ([TODAY, TOMORROW], [])


def test_a_report_writes_nothing_and_an_idle_rebuild_no_more_than_once(built: Store) -> None:
    everything = "SELECT * FROM rollup_checks FINAL"
    before = rows(built, everything)
    report(built, ["team", "day"])
    assert rows(built, everything) == before

    assert built.rebuild_rollups() == []
    assert rows(built, everything) == before


def test_a_booking_makes_the_next_rebuild_look_at_its_days_alone(
    built: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[object] = []
    positions = rollups._positions  # noqa: SLF001 - what a rebuild asks of the ledger

    def watched(connection: Connection, days: Sequence[date] | None = None) -> object:
        asked.append(days)
        return positions(connection, days)

    monkeypatch.setattr(rollups, "_positions", watched)
    built.book(batch([entry(3)], name="new"))
    built.rebuild_rollups()
    built.rebuild_rollups()

    assert asked == [[TODAY], []]


def test_days_of_another_zone_are_the_ledgers(
    built: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A day there is parts of two here; without days, all the same, the rollup answers."""

    def asked(*bounds: Any, by_rollup: bool, with_roots: bool) -> Route | None:
        assert not by_rollup, "the rollups were asked"
        return route_of(*bounds, by_rollup=by_rollup, with_roots=with_roots)

    monkeypatch.setattr(report_routes, "route_of", asked)
    assert len(report(built, ["day"], time_zone="Europe/Berlin")) == 2
    with pytest.raises(AssertionError):
        report(built, ["team"], time_zone="Europe/Berlin")
    with pytest.raises(AssertionError):
        report(built, ["team", "week"])


def test_spans_that_went_away_leave_to_the_ledger_who_stands_at_the_root(built: Store) -> None:
    """Whose code ran is not theirs to say."""
    built.book(batch(spans=[ROOT], name="root"))
    built.rebuild_rollups()
    built.connection.command("TRUNCATE TABLE spans")

    assert served(built) == ([], [TODAY, TOMORROW])
    assert served(built, roots=False) == ([TODAY, TOMORROW], [])


def spans_of(*numbers: int) -> list[Skeleton]:
    """Return spans that are no roots."""
    return [skeleton(number, 9) for number in numbers]


def test_spans_below_a_root_touch_no_day(built: Store) -> None:
    built.book(batch(spans=spans_of(20, 21), name="below"))

    assert served(built) == ([TODAY, TOMORROW], [])


def test_days_that_are_built_anew_are_asked_for_by_their_new_building(built: Store) -> None:
    before = route_of(built, *FOREVER, by_rollup=True, with_roots=True)
    built.rebuild_rollups([TODAY])
    after = route_of(built, *FOREVER, by_rollup=True, with_roots=True)

    assert before is not None
    assert after is not None
    assert before.builds[TODAY] != after.builds[TODAY]
    assert before.builds[TOMORROW] == after.builds[TOMORROW]


def test_a_rollup_that_says_something_else_is_not_asked_once_it_is_repaired(built: Store) -> None:
    """A building that claims to have seen more holds until it is removed."""
    built.connection.command(
        "INSERT INTO rollup_builds SELECT * REPLACE ('wrong' AS build_id, 9 AS entries) FROM rollup_builds"
    )
    rollups.repair(built.connection, [TODAY, TOMORROW])

    assert served(built) == ([TODAY, TOMORROW], [])
    assert [row.calls for row in report(built, ["day"])] == [1, 1]


COPY = "INSERT INTO ledger SELECT * REPLACE (now64(6) AS booked_at) FROM ledger WHERE toDate(occurred_at) = {day:Date} LIMIT 1"


def copied(store: Store, day: date) -> None:
    """Put an entry of a day into the ledger a second time, as two writers at one instant would."""
    store.connection.command(COPY, {"day": day})


def test_copies_are_looked_for_only_where_something_came_since_there_were_none(
    built: Store,
) -> None:
    assert looked_through(built) == ([], [TODAY, TOMORROW])
    built.book(batch([entry(3)], name="new"))
    assert looked_through(built) == ([TODAY], [TOMORROW])
    built.rebuild_rollups()
    assert looked_through(built) == ([], [TODAY, TOMORROW])


def test_copies_are_looked_for_everywhere_while_rollups_were_never_built(store: Store) -> None:
    store.book(batch([entry(1)]))

    assert looked_through(store) is None


def test_a_check_from_before_days_were_told_apart_is_made_anew(built: Store) -> None:
    """It answers nothing until then."""
    built.connection.command(
        "INSERT INTO rollup_checks SELECT * REPLACE (addMicroseconds(checked_at, 1) AS checked_at, [] AS single_days) FROM rollup_checks"
    )
    assert served(built) is None
    assert built.rebuild_rollups() == []
    assert served(built) == ([TODAY, TOMORROW], [])
    assert looked_through(built) == ([], [TODAY, TOMORROW])


def test_a_day_with_a_copy_is_looked_through_until_it_is_gone(built: Store) -> None:
    """A rebuilding of the rollups finds the copy; when the engine has merged it away, the next finds that."""
    built.connection.command("SYSTEM STOP MERGES ledger")
    copied(built, TODAY)
    assert looked_through(built) == ([TODAY], [TOMORROW])
    built.rebuild_rollups()
    assert looked_through(built) == ([TODAY], [TOMORROW])
    assert [row.calls for row in report(built, ["day", "user_id"])] == [1, 1]

    built.connection.command("SYSTEM START MERGES ledger")
    built.connection.command("OPTIMIZE TABLE ledger FINAL")
    built.rebuild_rollups()
    assert looked_through(built) == ([], [TODAY, TOMORROW])
    assert [row.calls for row in report(built, ["day", "user_id"])] == [1, 1]


def test_what_is_booked_while_rollups_are_built_hides_no_copy(
    built: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows are counted after entries: a new one in between makes them more, and so does the copy."""
    copied(built, TODAY)
    positions = rollups._positions  # noqa: SLF001 - what a rebuild asks of the ledger

    def overtaken(connection: Connection, days: Sequence[date] | None = None) -> object:
        found = positions(connection, days)
        built.book(batch([entry(3)], name="meanwhile"))
        return found

    monkeypatch.setattr(rollups, "_positions", overtaken)
    built.rebuild_rollups()

    assert looked_through(built) == ([TODAY], [TOMORROW])
    assert [row.calls for row in report(built, ["day", "user_id"])] == [2, 1]


def test_a_copy_that_merged_away_and_comes_again_is_looked_for(built: Store) -> None:
    """Days that are built on demand are compared with what the last check knew, and that was a copy."""
    built.connection.command("SYSTEM STOP MERGES ledger")
    copied(built, TODAY)
    built.rebuild_rollups()
    built.connection.command("SYSTEM START MERGES ledger")
    built.connection.command("OPTIMIZE TABLE ledger FINAL")
    built.rebuild_rollups([TODAY])
    copied(built, TODAY)

    assert [row.calls for row in report(built, ["day", "user_id"])] == [1, 1]


def test_runs_and_paths_count_a_copy_once(built: Store) -> None:
    copied(built, TODAY)

    assert sum(group.calls for group in run_report(built).groups) == 2
    assert path_report(built)[0].subtree_calls == 2
