"""What comes in later batches is settled with what was booked: the net is that of all of it at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal
from itertools import permutations

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.reports import entries_of_trace
from otel_costing.clickhouse.settling import EVERYTHING
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry, restate, standing
from otel_costing.rates import default_rates
from otel_costing.settlement import settle
from otel_costing.skeleton import skeleton_of
from otel_costing.spans import SpanRecord
from tests.calls import NOON, SECOND, TRACE, record, sighting
from tests.clickhouse.tables import rows

ID = "chatcmpl-BxQ1c9mZk7Lr3TtV0aWp5sYd"
OTHER = "b" * 32
SPLIT = {"input": 700, "cache_read": 300, "output": 150, "reasoning": 50}


def told(span: SpanRecord, account: LedgerEntry | None = None) -> Examined:
    """Return a span as a batch examines it."""
    return Examined(skeleton_of(span, Attribution()), account)


def call(span: SpanRecord, *args: object, **named: object) -> Examined:
    """Return a span that tells of a call."""
    return told(span, sighting(span, *args, **named))  # type: ignore[arg-type]


def book(store: Store, number: int, *examined: Examined) -> None:
    """Book one batch and settle."""
    at_ns = NOON + (60 + number) * SECOND
    for batch in seal(examined, default_rates(), at_ns, largest=100):
        store.book(batch)
    store.settle(now_ns=at_ns)


def net(store: Store) -> list[tuple[object, ...]]:
    """Return what stands, call by call."""
    return rows(
        store,
        "SELECT call_id, team, total_usd, items.meter, items.quantity, workflow_run_id FROM costs ORDER BY call_id",
    )


def at_once(examined: Iterable[Examined]) -> list[str]:
    """Return the calls that stand when everything is known from the start."""
    known = list(examined)
    parents = {
        (one.skeleton.trace_id, one.skeleton.span_id): one.skeleton.parent_span_id for one in known
    }
    found = settle([one.account for one in known if one.account is not None], parents)
    return sorted(settled.booked.call_id for settled in found.calls)


WRAPPER = record(1, scope="framework")
BETWEEN = record(2, parent=1, scope="http", name="POST")
INNER = record(3, parent=2, scope="native", start_ns=NOON + 1000, end_ns=NOON + SECOND - 1000)
GATEWAY = record(
    4,
    trace=OTHER,
    scope="gateway",
    service="gateway",
    start_ns=NOON + 2000,
    end_ns=NOON + SECOND - 2000,
)
STORY = (
    call(WRAPPER, attribution=Attribution(team="support")),
    told(BETWEEN),
    call(INNER, SPLIT, response_id=ID, attribution=Attribution(team="platform")),
    call(GATEWAY, SPLIT, response_id=ID, attribution=Attribution(team="support", session_id="s")),
)


@pytest.mark.parametrize("order", list(permutations(range(4))), ids=str)
def test_one_call_told_four_times_stands_once_whatever_comes_when(
    store: Store, order: Sequence[int]
) -> None:
    for number, position in enumerate(order):
        book(store, number, STORY[position])

    ((call_id, team, *_),) = net(store)
    assert [call_id] == at_once(STORY)
    assert team == "support"


def test_an_entry_and_what_takes_it_back_are_nothing_in_every_column_that_is_summed(
    store: Store,
) -> None:
    for number, one in enumerate(STORY):
        book(store, number, one)

    summed = rows(store, "SELECT sum(sign), sum(total_usd), sum(duration_ms) FROM ledger FINAL")
    stands = rows(store, "SELECT count(), sum(total_usd), sum(duration_ms) FROM costs")
    assert summed == stands
    assert rows(store, "SELECT count() FROM ledger FINAL WHERE kind = 'reversal'")[0][0] > 0


def test_settling_again_posts_nothing(store: Store) -> None:
    for number, one in enumerate(STORY):
        book(store, number, one)

    again = store.settle(now_ns=NOON, since=EVERYTHING)

    assert again.entries == 0
    assert again.traces > 0


def test_what_one_batch_brought_needs_no_correction(store: Store) -> None:
    book(store, 0, *STORY)

    assert store.settle(now_ns=NOON, since=EVERYTHING).traces == 0
    assert rows(store, "SELECT count() FROM ledger") == [(1,)]


def test_booking_the_batches_again_after_a_correction_changes_nothing(store: Store) -> None:
    for number, one in enumerate(STORY):
        book(store, number, one)
    before = net(store)
    for number, one in enumerate((*reversed(STORY), *STORY)):
        book(store, 10 + number, one)

    assert net(store) == before


def test_an_agent_is_charged_until_the_calls_beneath_it_are_known(store: Store) -> None:
    agent = record(1, scope="agents", name="invoke_agent")
    book(store, 0, call(agent, cause="aggregate"))
    assert rows(store, "SELECT cause FROM costs") == [("aggregate",)]

    book(store, 1, call(record(2, parent=1), {"input": 600, "output": 200}))
    assert rows(store, "SELECT cause, span_id FROM costs") == [("first", record(2).span_id)]
    assert rows(
        store, "SELECT argMax(detail, found_at) FROM findings WHERE kind = 'uncovered_usage'"
    ) == [
        ('{"aggregate": {"input": 1000, "output": 200}, "beneath": {"input": 600, "output": 200}}',)
    ]

    book(store, 2, call(record(3, parent=1, start_ns=NOON + 2 * SECOND), {"input": 400}))
    (latest,) = rows(
        store, "SELECT argMax(detail, found_at) FROM findings WHERE kind = 'uncovered_usage'"
    )
    assert latest == (
        '{"aggregate": {"input": 1000, "output": 200}, "beneath": {"input": 1000, "output": 200}}',
    )


def test_an_id_that_turns_out_to_be_of_several_calls_gives_back_what_it_took(store: Store) -> None:
    book(store, 0, call(record(1), response_id=ID))
    book(store, 1, call(record(2, trace=OTHER), response_id=ID))
    assert len(net(store)) == 1

    book(store, 2, call(record(3, trace="c" * 32), {"input": 5, "output": 5}, response_id=ID))

    assert len(net(store)) == 3


def test_a_report_without_duration_is_one_with_the_call_that_has_just_ended(store: Store) -> None:
    ended = NOON + SECOND
    report = record(2, trace=OTHER, scope="logfire", start_ns=ended + 5000, end_ns=ended + 5000)
    book(store, 0, call(report))
    book(store, 1, call(record(1, scope="native")))

    assert len(net(store)) == 1


def test_two_settlers_at_once_post_the_same(store: Store) -> None:
    for batch in seal([STORY[0]], default_rates(), NOON, largest=100):
        store.book(batch)
    for batch in seal(STORY[1:], default_rates(), NOON + 1, largest=100):
        store.book(batch)
    store.settle(now_ns=NOON)
    before = net(store)
    posted = entries_of_trace(store, TRACE)

    store.settle(now_ns=NOON + 1, since=EVERYTHING)

    assert (net(store), entries_of_trace(store, TRACE)) == (before, posted)
    stands = standing(one for one in posted if one.call_id == STORY[0].account.call_id)  # type: ignore[union-attr]
    assert stands is None
    assert restate(posted, {}) == []


def test_who_is_an_authority_holds_until_somebody_says_otherwise(store: Store) -> None:
    gateway = record(4, trace=OTHER, scope="gateway", service="gateway")
    book(store, 0, call(record(1), response_id=ID, attribution=Attribution(team="billing")))
    book(
        store,
        1,
        call(
            gateway,
            SPLIT,
            response_id=ID,
            attribution=Attribution(team="platform"),
            sender="gateway",
        ),
    )
    assert len(net(store)) == 2

    store.settle(now_ns=NOON, since=EVERYTHING, authorities=["gateway"])
    assert len(net(store)) == 1
    store.settle(now_ns=NOON + 1, since=EVERYTHING)
    assert len(net(store)) == 1

    store.settle(now_ns=NOON + 2, since=EVERYTHING, authorities=[])
    assert len(net(store)) == 2


def test_what_a_copy_was_reported_to_cost_stays_with_the_call(store: Store) -> None:
    framework = sighting(WRAPPER)._replace(
        reported_usd=Decimal("0.01"), reported_by="gen_ai.usage.cost"
    )
    book(store, 0, call(INNER, SPLIT), told(BETWEEN))
    book(store, 1, told(WRAPPER, framework))

    asked = "SELECT span_id, reported_usd, reported_by FROM costs"
    assert rows(store, asked) == [(INNER.span_id, Decimal("0.01"), "gen_ai.usage.cost")]
