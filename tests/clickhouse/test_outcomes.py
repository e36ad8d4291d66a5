"""Outcomes in the ledger: booked once, of the run that they came of, and the SQL says what `unit_economics` says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.batch import SealedBatch, seal
from otel_costing.clickhouse.outcome_reports import margins
from otel_costing.clickhouse.store import Store
from otel_costing.instants import ns_of
from otel_costing.ledger import LedgerEntry, reversal
from otel_costing.outcomes import Outcome, by_key
from otel_costing.rates import default_rates
from otel_costing.unit_economics import SEVERAL
from otel_costing.unit_economics import margins as margins_of
from tests.achieved import of_run, outcome
from tests.calls import NOON, batch, entry, hex_id, skeleton
from tests.clickhouse.random_ledgers import HOUR, ROOTS, USAGES
from tests.clickhouse.tables import everything, rows

RUN = of_run("r1", origin_feature="answers", customer_id="acme")
BORDER = datetime(2026, 11, 22, 12, tzinfo=UTC)


def sealed(*outcomes: Outcome, received_ns: int = NOON) -> SealedBatch:
    (one,) = seal([], default_rates(), received_ns, largest=20_000, outcomes=outcomes)
    return one


@st.composite
def callers(draw: st.DrawFn) -> Attribution:
    """Draw who caused something, on either side."""
    source = draw(st.sampled_from(["baggage", "root", "none"]))
    said = Attribution(
        team=draw(st.sampled_from(["", "search"])),
        workflow_run_id=draw(st.sampled_from(["", "own"])),
        customer_id=draw(st.sampled_from(["", "acme", "h:1", "h:2"])),
        release=draw(st.sampled_from(["", "1", "2"])),
        origin_source=source,
    )
    said = said._replace(origin_feature=draw(st.sampled_from(["", "answers"])))
    if source == "none":
        return said
    return said._replace(
        origin_workflow_run_id=draw(st.sampled_from(["", "r1", "r2"])),
    )


@st.composite
def histories(draw: st.DrawFn) -> tuple[list[LedgerEntry], list[Outcome]]:
    """Draw calls, some taken back or without a price, and what came of them."""
    traces = st.integers(1, 5).map(lambda number: hex_id(number, 32))
    entries = []
    for number in range(draw(st.integers(0, 20))):
        one = entry(
            number,
            draw(USAGES),
            trace=draw(traces),
            end_ns=NOON + draw(st.integers(-3, 3)) * HOUR,
            attribution=draw(callers()),
        )
        entries.append(one)
        if draw(st.integers(0, 5)) == 0:
            entries.append(reversal(one, "duplicate"))
    told = {
        one.outcome_id: one
        for one in (
            outcome(
                draw(st.sampled_from(["", "ticket_resolved", "order"])),
                value=draw(st.sampled_from([None, "12.50", "-0.000000000001", "0"])),
                quantity=draw(st.sampled_from([None, 1, 3, -1])),
                success=draw(st.sampled_from([True, True, False, None])),
                occurred_ns=NOON + draw(st.integers(-3, 3)) * HOUR,
                trace=draw(st.just("") | traces),
                attribution=draw(callers()),
            )
            for _ in range(draw(st.integers(0, 15)))
        )
    }
    return entries, list(told.values())


@settings(
    max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    history=histories(),
    by=st.sampled_from([(), ("feature",), ("customer_id", "release", "team")]),
    name=st.sampled_from([None, None, "order"]),
    since=st.sampled_from([None, BORDER]),
)
def test_the_ledger_says_of_outcomes_what_is_said_in_memory(
    store: Store,
    history: tuple[list[LedgerEntry], list[Outcome]],
    by: tuple[str, ...],
    name: str | None,
    since: datetime | None,
) -> None:
    entries, told = history
    for table in ("ledger", "spans", "batches", "outcomes"):
        store.connection.command(f"TRUNCATE TABLE {table}")
    store.book(batch(entries, ROOTS, name="calls"))
    store.book(sealed(*told))

    since_ns = 0 if since is None else ns_of(since)
    expected = margins_of(entries, told, by, spans=ROOTS, since_ns=since_ns, name=name)
    assert margins(store, by, since=since, name=name) == expected


def test_an_outcome_is_read_back_as_it_was_said(store: Store) -> None:
    store.book(sealed(outcome(value="0.000000000001", attribution=RUN)))

    (row,) = rows(
        store,
        "SELECT name, quantity, value_usd, success, origin_workflow_run_id, customer_id, service FROM outcomes",
    )
    assert row == ("ticket_resolved", 1, Decimal("0.000000000001"), True, "r1", "acme", "assistant")


def test_what_nobody_says_or_can_read_is_null(store: Store) -> None:
    store.book(sealed(outcome(value=None, quantity=None, success=None)))

    assert rows(store, "SELECT quantity, value_usd, success FROM outcomes") == [(None, None, None)]


def test_an_outcome_without_a_time_came_about_when_it_was_told(store: Store) -> None:
    store.book(sealed(outcome(occurred_ns=0)))

    assert rows(store, "SELECT toUnixTimestamp64Nano(occurred_at) FROM outcomes") == [(NOON,)]


def test_booked_in_any_split_and_order_each_is_there_once(store: Store) -> None:
    pool = [outcome(value=str(number)) for number in range(4)]
    news = [store.book(sealed(*part)).outcomes for part in (pool[1:3], pool, pool[::-1])]
    store.connection.command("INSERT INTO outcomes SELECT * FROM outcomes")

    assert news == [2, 2, 0]
    assert rows(store, "SELECT count(), sum(value_usd) FROM outcome_runs") == [(4, Decimal(6))]


def test_a_batch_again_changes_nothing(store: Store) -> None:
    store.book(sealed(outcome()))
    before = everything(store)
    store.book(sealed(outcome()))

    assert everything(store) == before


def test_a_key_that_comes_with_another_content_keeps_the_first_and_is_a_finding(
    store: Store,
) -> None:
    keyed = outcome()._replace(outcome_key="ticket-1")
    for value in ("12.50", "12.500", "13"):
        said = by_key(keyed._replace(value_usd=Decimal(value)), "support", "")
        for _ in range(2):
            store.book(sealed(said))

    assert rows(store, "SELECT outcome_key, value_usd FROM outcomes") == [
        ("ticket-1", Decimal("12.50"))
    ]
    assert rows(store, "SELECT kind, JSONExtractString(detail, 'value_usd') FROM findings") == [
        ("outcome_conflict", "13")
    ]


def test_an_outcome_stands_beside_what_its_run_cost(store: Store) -> None:
    in_run = [entry(number, attribution=RUN) for number in (1, 2)]
    store.book(batch(in_run, name="calls"))
    store.book(sealed(outcome(trace="", attribution=RUN), outcome(trace="f" * 32)))

    asked = "SELECT run_id, calls, usd FROM outcome_costs ORDER BY run_id"
    # The other one is of a run that no call is known of.
    assert rows(store, asked) == [("f" * 32, 0, None), ("r1", 2, Decimal("0.009"))]


def test_an_outcome_that_names_a_trace_alone_is_of_the_run_of_its_calls(store: Store) -> None:
    store.book(batch([entry(1, attribution=RUN)], name="calls"))
    store.book(sealed(outcome()))

    assert rows(store, "SELECT run_id FROM outcome_runs") == [("r1",)]


def test_a_run_with_two_features_is_of_neither(store: Store) -> None:
    two = [entry(n, attribution=RUN._replace(origin_feature=f"f{n}")) for n in (1, 2)]
    store.book(batch(two, name="calls"))

    assert [one.values for one in margins(store, ["feature"])] == [(SEVERAL,)]


def test_a_run_that_goes_on_into_the_next_month_counts_whole_where_it_began(store: Store) -> None:
    days = (BORDER, BORDER + timedelta(days=20))
    calls = [entry(n, attribution=RUN, end_ns=ns_of(day)) for n, day in enumerate(days)]
    store.book(batch(calls, name="calls"))
    store.book(sealed(outcome(attribution=RUN, occurred_ns=ns_of(days[1]))))

    december = datetime(2026, 12, 1, tzinfo=UTC)
    (november,) = margins(store, [], until=december)
    assert (november.usd, november.value_usd) == (Decimal("0.009"), Decimal("12.5"))
    assert margins(store, [], since=december) == []


def test_the_root_of_the_trace_says_the_run_where_the_outcome_does_not(store: Store) -> None:
    root = skeleton(900, attribution=Attribution(workflow_run_id="of-root", feature="answers"))
    store.book(batch([], [root], name="root"))
    store.book(sealed(outcome(attribution=Attribution(workflow_run_id="own"))))

    asked = "SELECT run_id, origin_feature, origin_source FROM outcome_runs"
    assert rows(store, asked) == [("of-root", "answers", "root")]


@pytest.mark.parametrize(
    ("by", "what"),
    [(["model"], "cannot be broken down"), (["team", "team"], "twice"), (["team"] * 7, "at most")],
)
def test_what_cannot_be_asked_is_said_in_a_sentence(store: Store, by: list[str], what: str) -> None:
    with pytest.raises(ValueError, match=what):
        margins(store, by)


def test_what_a_request_says_of_a_trace_holds_against_its_root(store: Store) -> None:
    store.book(batch([], [skeleton(900, attribution=Attribution(feature="answers"))], name="root"))
    said = Attribution(origin_workflow="refunds", origin_feature="orders")
    store.book(sealed(outcome(attribution=said)))

    asked = "SELECT origin_workflow, origin_feature, origin_source FROM outcome_runs"
    assert rows(store, asked) == [("refunds", "orders", "root")]


def test_a_run_that_is_named_in_a_trace_without_calls_is_that_run(store: Store) -> None:
    webhook = skeleton(900, trace="d" * 32)
    store.book(batch([entry(1, attribution=RUN)], [webhook], name="calls"))
    store.book(sealed(outcome(trace="d" * 32, attribution=Attribution(workflow_run_id="r1"))))

    assert rows(store, "SELECT run_id, calls FROM outcome_costs") == [("r1", 1)]


def test_outcomes_that_name_nothing_are_no_run_together(store: Store) -> None:
    alone = [outcome(str(number), trace="", occurred_ns=NOON + number) for number in range(2)]
    store.book(sealed(*alone))

    assert rows(store, "SELECT uniqExact(run_id) FROM outcome_runs") == [(2,)]
    assert margins(store, []) == margins_of([], alone, [])
    (whole,) = margins(store, [])
    assert whole.runs == 2
