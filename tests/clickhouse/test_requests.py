"""A call that a request told of is found by the request's identity, whatever day a copy states."""

from __future__ import annotations

from collections.abc import Iterable

import pytest

from otel_costing.attribution import Attribution
from otel_costing.batch import SealedBatch, seal
from otel_costing.clickhouse.reports import entries_of_call
from otel_costing.clickhouse.requests import days_of_call
from otel_costing.clickhouse.store import Store
from otel_costing.kept_spans import KeptSpans, with_kept_spans
from otel_costing.rates import packaged_rates
from otel_costing.usage_events import UsageEvent, call_id_of_request, examine_event
from tests.clickhouse.tables import rows
from tests.faults.senders import USD

pytestmark = pytest.mark.usefixtures("engine")
NOON_NS = 1_795_348_800 * 10**9
DAY_NS = 86_400 * 10**9
CALL_ID = call_id_of_request("search", "", "order-1")


def batch(
    *events: UsageEvent, kept: KeptSpans = KeptSpans.ALL, received_ns: int = NOON_NS
) -> SealedBatch:
    examined = [examine_event(one, packaged_rates(), received_ns) for one in events]
    sealed = seal(examined, packaged_rates(), received_ns, largest=1000)
    (batch,) = with_kept_spans(sealed, examined, kept)
    return batch


def event(ended_ns: int = NOON_NS, **said: object) -> UsageEvent:
    usual: dict[str, object] = {
        "call_id": CALL_ID,
        "request_id": "order-1",
        "provider": "openai",
        "model": "gpt-4o",
        "usage": {"input": 1000, "output": 200},
        "started_ns": ended_ns,
        "ended_ns": ended_ns,
        "attribution": Attribution(team="search"),
    }
    return UsageEvent(**{**usual, **said})  # type: ignore[arg-type]  # fields of many types


@pytest.fixture
def store(dsn: str) -> Iterable[Store]:
    with Store.open(dsn) as opened:
        yield opened


COPIES = [
    event(),
    event(NOON_NS - 3 * DAY_NS),
    event(NOON_NS - 40 * DAY_NS),
    event(NOON_NS - DAY_NS, trace_id="a" * 32, span_id="b" * 16),
    event(1),
]


@pytest.mark.parametrize("kept", list(KeptSpans))
def test_copies_that_state_other_days_are_one_charge(store: Store, kept: KeptSpans) -> None:
    booked = [store.book(batch(copy, kept=kept)).booked for copy in (*COPIES, *COPIES)]

    assert booked == [1] + [0] * (2 * len(COPIES) - 1)
    assert rows(store, "SELECT count(), sum(total_usd) FROM ledger FINAL") == [(1, USD)]


def test_a_copy_that_states_another_content_on_another_day_is_a_conflict(store: Store) -> None:
    store.book(batch(event()))
    told = store.book(batch(event(NOON_NS - 3 * DAY_NS, usage={"input": 7})))

    assert (told.booked, told.conflicts) == (0, 1)


def test_copies_in_one_batch_are_one_charge(store: Store) -> None:
    told = store.book(batch(event(), event(NOON_NS - DAY_NS)))

    assert told.booked == 1
    assert rows(store, "SELECT sum(sign) FROM ledger") == [(1,)]


def test_booking_that_was_cut_short_after_the_day_was_noted_is_made_good(store: Store) -> None:
    store.connection.insert(
        "requests",
        {"call_id": [CALL_ID], "ended_on": [NOON_NS // DAY_NS], "batch_id": ["cut short"]},
        token="cut short",  # noqa: S106 - of a deduplicated insert
    )

    assert store.book(batch(event(NOON_NS - DAY_NS))).booked == 1
    assert store.book(batch(event())).booked == 0


def test_the_entries_of_a_call_are_found_with_its_days_and_without(store: Store) -> None:
    store.book(batch(event(NOON_NS - 3 * DAY_NS)))

    days = days_of_call(store.query, CALL_ID)
    assert len(days) == 1
    (entry,) = entries_of_call(store, CALL_ID, sorted(days))
    assert entries_of_call(store, CALL_ID) == [entry]
    assert entry.source_document == "order-1"
    assert entries_of_call(store, "of nobody") == []


def test_settling_leaves_requests_alone(store: Store) -> None:
    others = [
        event(call_id=call_id_of_request("search", "", str(n)), request_id=str(n))
        for n in range(20)
    ]
    store.book(batch(*others[:10]))
    store.book(batch(*others[10:], received_ns=NOON_NS + 1))

    report = store.settle(now_ns=NOON_NS + 2)

    assert report.corrections == 0
    assert rows(store, "SELECT sum(sign) FROM ledger") == [(20,)]
