"""The store comes to what the pure function says of everything at once, however it came, and stays there."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from otel_costing.attribution import Attribution
from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.settling import EVERYTHING
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import AGGREGATE, LedgerEntry
from otel_costing.rates import default_rates
from otel_costing.settlement import settle
from otel_costing.skeleton import skeleton_of
from tests.calls import NOON, SECOND, record, sighting
from tests.clickhouse.tables import copies_kept, emptied, rows
from tests.random_truths import Truth, deliveries, truths

A_FEW_WORLDS = settings(
    max_examples=10,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
_NET = "SELECT call_id, total_usd, items.meter, items.quantity, team, session_id, workflow_run_id FROM costs ORDER BY call_id"


def take(store: Store, deliveries: Iterable[Sequence[Examined]], *, from_s: int) -> None:
    """Book and settle batch by batch, one a second."""
    for number, examined in enumerate(deliveries):
        at_ns = NOON + (from_s + number) * SECOND
        for batch in seal(examined, default_rates(), at_ns, largest=10_000):
            store.book(batch)
        store.settle(now_ns=at_ns)


def said_at_once(told: Sequence[Examined]) -> list[tuple[object, ...]]:
    """Return the net of everything known from the start, as the store would say it."""
    parents = {
        (one.skeleton.trace_id, one.skeleton.span_id): one.skeleton.parent_span_id for one in told
    }
    accounts = [one.account for one in told if one.account is not None]
    return sorted(_row(call.booked) for call in settle(accounts, parents).calls)


def _row(entry: LedgerEntry) -> tuple[object, ...]:
    return (
        entry.call_id,
        entry.total_usd,
        [item.meter for item in entry.items],
        [item.quantity for item in entry.items],
        entry.attribution.team,
        entry.attribution.session_id,
        entry.attribution.workflow_run_id,
    )


_TOTALS = (
    "SELECT sum(sign), sum(coalesce(total_usd, 0)) FROM ledger FINAL",
    "SELECT sum(sign), sum(coalesce(total_usd, 0)) FROM costs",
    "SELECT sum(calls), sum(coalesce(usd, 0)) FROM rollup_daily",
)
"""Calls and cost, by what they are read from."""


@A_FEW_WORLDS
@given(truth=truths(traces=1), data=st.data())
def test_the_net_is_that_of_everything_at_once_and_nothing_moves_it_again(
    store: Store, truth: Truth, data: st.DataObject
) -> None:
    ledger = emptied(store)
    take(ledger, data.draw(deliveries(truth.told, most=3)), from_s=60)
    net = rows(ledger, _NET)
    assert net == said_at_once(truth.told)

    assert ledger.settle(now_ns=NOON, since=EVERYTHING).entries == 0
    entries = rows(ledger, "SELECT count() FROM ledger")
    take(ledger, data.draw(deliveries(truth.told, most=2)), from_s=120)
    assert rows(ledger, _NET) == net
    assert rows(ledger, "SELECT count() FROM ledger") == entries
    assert copies_kept(ledger) == 0

    ledger.rebuild_rollups()
    of_ledger, of_costs, of_rollups = (rows(ledger, sql) for sql in _TOTALS)
    assert of_ledger == of_costs == of_rollups


def told(
    span: int,
    parent: int | None = None,
    *,
    team: str = "",
    cause: str = "first",
    small: bool = False,
) -> Examined:
    """Return a span that tells of a call; the later it comes the later it says it was received."""
    of_span = record(span, parent, scope=f"s{span}")
    usage = {"input": 5, "output": 5} if small else {"input": 1000, "output": 200}
    account = sighting(of_span, usage, cause=cause, attribution=Attribution(team=team))
    return Examined(skeleton_of(of_span, Attribution(team=team)), account)


def received(one: Examined, at_s: int) -> Examined:
    """Return the same, received so many seconds after noon."""
    assert one.account is not None
    return one._replace(account=one.account._replace(received_ns=NOON + at_s * SECOND))


def test_a_second_span_of_one_id_neither_takes_a_charge_away_nor_moves_it(store: Store) -> None:
    """It calls itself an agent of another team, and brings a call to stand beneath it."""
    take(store, [[received(told(1, team="billing"), 60)]], from_s=60)
    before = rows(store, _NET)
    again = told(1, team="free-riders", cause=AGGREGATE)

    take(store, [[received(again, 70), received(told(2, 1, small=True), 70)]], from_s=70)

    assert before[0] in rows(store, _NET)
    assert rows(store, "SELECT count() FROM ledger WHERE kind = 'reversal'") == [(0,)]


def test_an_agent_that_comes_after_its_calls_is_never_booked(store: Store) -> None:
    take(store, [[told(2, 1)], [told(1, cause=AGGREGATE)]], from_s=60)

    assert rows(store, "SELECT kind, cause FROM ledger") == [("charge", "first")]


def test_an_agent_of_a_trace_with_other_calls_is_charged_when_it_is_settled(store: Store) -> None:
    take(store, [[told(2, small=True)], [told(1, cause=AGGREGATE)]], from_s=60)

    assert rows(store, "SELECT kind, cause, revision FROM ledger ORDER BY cause") == [
        ("charge", "aggregate", 0),
        ("charge", "first", 0),
    ]
    assert store.settle(now_ns=NOON, since=EVERYTHING).entries == 0
