"""A clock that was ahead for a while, and was set right, keeps nothing from being settled."""

from __future__ import annotations

from otel_costing.batch import Examined, seal
from otel_costing.clickhouse.store import Store
from otel_costing.rates import default_rates
from tests.calls import NOON, SECOND, record
from tests.clickhouse.tables import rows
from tests.clickhouse.test_settling import SPLIT, call

_NOW = "now64(6)"
_AHEAD = "now64(6) + INTERVAL 2 HOUR"
_CLOCK = "ALTER TABLE {table} MODIFY COLUMN booked_at DateTime64(6, 'UTC') DEFAULT {clock}"
_NOTED_AHEAD = "INSERT INTO settlements (settled_until, settled_at) SELECT now64(6) + INTERVAL 3 HOUR, now64(6)"


def _set_clock(store: Store, clock: str) -> None:
    for table in ("ledger", "sightings", "spans"):
        store.connection.command(_CLOCK.format(table=table, clock=clock))


def _book(store: Store, number: int, *examined: Examined) -> None:
    for batch in seal(examined, default_rates(), NOON + number * SECOND, largest=100):
        store.book(batch)


def test_what_comes_after_the_clock_was_set_back_is_settled(dsn: str) -> None:
    framework = call(record(1, scope="framework"), SPLIT)
    native = call(record(2, parent=1, scope="native"), SPLIT)
    with Store.open(dsn) as store:
        _set_clock(store, _AHEAD)
        _book(store, 1, framework)
        store.connection.command(_NOTED_AHEAD)
        _set_clock(store, _NOW)
        _book(store, 2, native)

        store.settle(now_ns=NOON)

        assert rows(store, "SELECT sum(sign), uniqExact(call_id) FROM ledger FINAL") == [(1, 2)]
        assert rows(store, "SELECT count() FROM costs") == [(1,)]
        noted = rows(store, "SELECT countIf(settled_until > now64(6)), count() FROM settlements")
        assert noted == [(1, 2)]
