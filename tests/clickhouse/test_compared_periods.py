"""What was bought in two periods: the SQL says what the entries do."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings

from otel_costing.clickhouse.compared_periods import Period, bought
from otel_costing.clickhouse.store import Store
from otel_costing.comparison import Bought, Measured, Product
from otel_costing.instants import ns_of
from otel_costing.ledger import Item, LedgerEntry
from otel_costing.origins import paying, roots_of
from otel_costing.rollup import net, sum_of
from tests.calls import batch
from tests.clickhouse.random_ledgers import ROOTS, ledgers

BEFORE = Period(datetime(2026, 10, 20, tzinfo=UTC), datetime(2026, 11, 22, tzinfo=UTC))
AFTER = Period(datetime(2026, 11, 22, tzinfo=UTC), datetime(2026, 12, 10, tzinfo=UTC))


def measured(entries: Iterable[tuple[LedgerEntry, Item]], period: Period) -> Measured:
    items = [
        item
        for entry, item in entries
        if ns_of(period.since) <= entry.occurred_ns < ns_of(period.until)
    ]
    known = [item for item in items if item.amount_usd is not None]
    unpriced = sum(item.quantity for item in items if item.amount_usd is None)
    amount = sum_of(item.amount_usd for item in known)
    return Measured(sum(item.quantity for item in known), amount, unpriced)


def by_hand(entries: list[LedgerEntry], pays: str) -> set[Bought]:
    roots = roots_of(ROOTS)
    groups: dict[tuple[str | None, Product], list[tuple[LedgerEntry, Item]]] = defaultdict(list)
    for entry in net(entries):
        for item in entry.items:
            product = Product(entry.provider, entry.model, item.meter, item.unit)
            team = paying(entry, pays, roots).team or None
            groups[team, product].append((entry, item))
    found = (
        Bought((team,), product, measured(some, BEFORE), measured(some, AFTER))
        for (team, product), some in groups.items()
    )
    return {one for one in found if (one.before, one.after) != (Measured(), Measured())}


@settings(
    max_examples=4, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(entries=ledgers())
def test_each_product_is_summed_in_the_period_in_which_its_calls_ended(
    store: Store, entries: list[LedgerEntry]
) -> None:
    for table in ("ledger", "spans", "findings"):
        store.connection.command(f"TRUNCATE TABLE {table}")
    store.book(batch(entries, ROOTS, name=str(id(entries))))

    for pays in ("caller", "owner"):
        found = bought(store, BEFORE, AFTER, ["team"], pays=pays)
        assert {one for one in found if one.product.meter} == by_hand(entries, pays)


@pytest.mark.parametrize("name", ["hour", "month"])
def test_a_period_is_not_broken_down_by_time(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match=f"not compared by {name}"):
        bought(store, BEFORE, AFTER, ["team"], where=[(name, "x")])
