"""The alert rules that Grafana is provisioned with: each is asked as Grafana asks it, and fires when it should."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml

from dashboards.alert_rules import DATA_SOURCE_UID, FILE, text
from otel_costing.batch import BookedRate
from otel_costing.clickhouse.store import Store
from otel_costing.ledger import LedgerEntry, reversal
from tests.calls import SECOND, batch, entry
from tests.clickhouse.auditors import RATES
from tests.collector.sql_endpoint.conftest import Asked
from tests.dashboards.macros import expand

(GROUP,) = yaml.safe_load(FILE.read_text(encoding="utf-8"))["groups"]
RULES: dict[str, dict[str, Any]] = {rule["uid"]: rule for rule in GROUP["rules"]}
MINUTE, HOUR, DAY = 60, 3600, 86_400
CHEAP, DEAR = {"input": 1000}, {"output": 20_000_000}
"""The dear one costs 200 USD."""
each_rule = pytest.mark.parametrize("rule", RULES.values(), ids=RULES)


@pytest.fixture(scope="module")
def opened(collector: Asked) -> Iterator[Store]:
    """The ledger that the collector holds."""
    with Store.open(collector.dsn) as store:
        yield store


@pytest.fixture
def store(opened: Store) -> Store:
    """The same, without what these tests book."""
    for table in ("ledger", "rates", "batches"):
        opened.connection.command(f"TRUNCATE TABLE {table}")
    return opened


def call(span: int, usage: dict[str, int], *, ago_s: float, unpriced: str = "") -> LedgerEntry:
    ended_ns = time.time_ns() - int(ago_s * SECOND)
    return entry(span, usage, end_ns=ended_ns, unpriced=unpriced)._replace(received_ns=ended_ns)


def checked(*, days_ago: int) -> tuple[BookedRate, ...]:
    """Return the price of all calls here, as somebody checked it so many days ago."""
    day = datetime.now(UTC).date() - timedelta(days=days_ago)
    return tuple(one._replace(rate=one.rate._replace(checked=day.isoformat())) for one in RATES)


def firing(collector: Asked) -> list[str]:
    """Return the rules that are above their limits."""
    return [uid for uid in RULES if fires(collector, uid)]


def fires(collector: Asked, uid: str) -> bool:
    """Do what Grafana does with a rule: ask, take the last value, compare."""
    asked, reduced, compared = RULES[uid]["data"]
    now = datetime.now(UTC) + timedelta(seconds=1)
    sql = expand(
        asked["model"]["rawSql"],
        time_from=now - timedelta(seconds=asked["relativeTimeRange"]["from"]),
        time_to=now,
        variables={},
    )
    answer = json.loads(collector.told(sql, default_format="JSONCompact"))
    assert len(answer["meta"]) == 1
    assert reduced["model"]["reducer"] == "last"
    (evaluator,) = (one["evaluator"] for one in compared["model"]["conditions"])
    (limit,) = evaluator["params"]
    if not answer["data"]:
        assert RULES[uid]["noDataState"] == "OK"
        return False
    ((value,),) = answer["data"]
    return bool(float(value) > limit)


def test_the_file_is_what_is_made_of_the_rules() -> None:
    assert FILE.read_text(encoding="utf-8") == text(), "python -m dashboards.generate writes it"


@each_rule
def test_a_rule_asks_once_then_reduces_then_compares(rule: dict[str, Any]) -> None:
    asked, reduced, compared = rule["data"]

    assert asked["datasourceUid"] == asked["model"]["datasource"]["uid"] == DATA_SOURCE_UID
    assert (reduced["datasourceUid"], reduced["model"]["expression"]) == ("__expr__", "A")
    assert (compared["datasourceUid"], compared["model"]["expression"]) == ("__expr__", "B")
    assert rule["condition"] == compared["refId"] == "C"
    assert rule["annotations"].keys() == {"summary", "description"}


@each_rule
def test_no_rule_depends_on_a_dashboard(rule: dict[str, Any]) -> None:
    sql = rule["data"][0]["model"]["rawSql"]

    assert "${" not in sql
    assert "$__timeFilter(" in sql


@pytest.mark.usefixtures("store")
def test_an_empty_ledger_is_no_alarm(collector: Asked) -> None:
    assert firing(collector) == []


def test_a_cheap_call_that_was_booked_at_once_by_a_new_price_is_no_alarm(
    store: Store, collector: Asked
) -> None:
    store.book(batch([call(1, CHEAP, ago_s=5)], rates=checked(days_ago=1)))

    assert firing(collector) == []


@pytest.mark.parametrize(
    ("uid", "calls", "ago_s"),
    [("otel-costing-spend-hour", 1, HOUR), ("otel-costing-spend-day", 6, DAY)],
)
def test_spend_is_of_the_last_hour_or_day_alone(
    store: Store, collector: Asked, uid: str, calls: int, ago_s: int
) -> None:
    store.book(batch([call(one, DEAR, ago_s=ago_s + 60) for one in range(calls)]))
    assert not fires(collector, uid)

    store.book(batch([call(10 + one, DEAR, ago_s=ago_s - 60) for one in range(calls)]))
    assert fires(collector, uid)


def test_what_was_taken_back_is_not_spent(store: Store, collector: Asked) -> None:
    charge = call(1, DEAR, ago_s=5)
    store.book(batch([charge, reversal(charge, "duplicate")]))

    assert not fires(collector, "otel-costing-spend-hour")


def test_one_call_in_ten_without_a_price_is_an_alarm(store: Store, collector: Asked) -> None:
    store.book(batch([call(one, CHEAP, ago_s=5) for one in range(9)]))
    assert not fires(collector, "otel-costing-unpriced")

    store.book(batch([call(9, CHEAP, ago_s=5, unpriced="unknown_model")]))
    assert fires(collector, "otel-costing-unpriced")


@pytest.mark.parametrize("days_ago", [44, 46])
def test_prices_that_nobody_has_checked_for_45_days_are_an_alarm(
    store: Store, collector: Asked, days_ago: int
) -> None:
    store.book(batch([call(1, CHEAP, ago_s=5)], rates=checked(days_ago=days_ago)))

    assert fires(collector, "otel-costing-rates-age") is (days_ago > 45)


def test_prices_that_were_checked_again_are_no_alarm(store: Store, collector: Asked) -> None:
    store.book(batch([call(1, CHEAP, ago_s=DAY)], rates=checked(days_ago=46)))
    again = tuple(one._replace(rates_digest="f" * 32) for one in checked(days_ago=0))
    refreshed = call(2, CHEAP, ago_s=5)._replace(rates_digest="f" * 32)
    store.book(batch([refreshed], rates=again))

    assert not fires(collector, "otel-costing-rates-age")


def test_prices_that_no_call_stands_charged_by_are_no_alarm(store: Store, collector: Asked) -> None:
    charge = call(1, CHEAP, ago_s=5)
    store.book(batch([charge], rates=checked(days_ago=46)))
    assert fires(collector, "otel-costing-rates-age")

    store.book(batch([reversal(charge, "rate_correction")]))
    assert not fires(collector, "otel-costing-rates-age")


def test_calls_that_waited_long_for_their_booking_are_an_alarm(
    store: Store, collector: Asked
) -> None:
    store.book(batch([call(1, CHEAP, ago_s=4 * MINUTE)]))
    assert not fires(collector, "otel-costing-lag")

    store.book(batch([call(2 + one, CHEAP, ago_s=6 * MINUTE) for one in range(4)]))
    assert fires(collector, "otel-costing-lag")
